"""Alerts and dashboard: what they ask for is what our processes say."""

import json
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import timezone
from prometheus_client.core import REGISTRY
from pytest_django import Settings

from common.ops.metrics import exposition
from config.processes.waiting import WaitingCollector
from registry_auth.keys.store import KeyStore

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
PANELS = json.loads((DEPLOY / "grafana" / "layerstore.json").read_text())["panels"]
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
MODULES = (
    "billing.orders.metrics",
    "common.db.leases.metrics",
    "common.ops.task_metrics",
    "common.web.metrics",
    "registry_auth.inbox.metrics",
    "registry_auth.token.metrics",
)
FROM_PROMETHEUS = {"up"}


def promtool(*arguments: str | Path) -> str:
    result = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def expressions() -> Iterator[str]:
    for panel in PANELS:
        for target in panel["targets"]:
            yield target["expr"]


def known() -> set[str]:
    """Return every series that our processes can have, by its name in an answer to Prometheus."""
    for module in MODULES:
        import_module(module)
    families = [*REGISTRY.collect(), *WaitingCollector().collect()]
    ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
    return {f"{family.name}{end}" for family in families for end in ends.get(family.type, [])}


def test_each_alert_is_valid_and_fires_for_what_it_is_about():
    assert f"{len(RULES)} rules found" in promtool("check", "rules", ALERTS)
    assert "SUCCESS" in promtool("test", "rules", DEPLOY / "prometheus" / "alerts_test.yml")
    firing = re.findall(r'alertname="(\w+)"', (DEPLOY / "prometheus" / "alerts_test.yml").read_text())
    assert sorted(set(firing)) == sorted(rule["alert"] for rule in RULES)


def test_the_scrape_configuration_is_valid():
    promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_what_to_do_and_how_soon(rule: dict[str, Any]):
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["do"].endswith(".")


@pytest.mark.django_db
def test_alerts_and_dashboard_ask_for_what_exists(settings: Settings, tmp_path: Path):
    settings.LAYERSTORE_KEYS_DIR = tmp_path / "keys"
    KeyStore(settings.LAYERSTORE_KEYS_DIR).init(now=timezone.now())
    texts = [*(rule["expr"] for rule in RULES), *expressions()]

    asked = {name for text in texts for name in re.findall(r"\b(?:layerstore_\w+|up)\b(?=[{\[) ]|$)", text)}

    assert len(asked) > 15
    assert asked - known() - FROM_PROMETHEUS == set()


def test_the_dashboards_expressions_are_valid(tmp_path: Path):
    rules = [{"record": f"panel:{number}", "expr": re.sub(r"\$__\w+", "5m", text)} for number, text in enumerate(expressions())]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))

    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_panels_do_not_overlap():
    places = [
        (x, y)
        for panel in PANELS
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))


def test_an_exposition_is_text_that_prometheus_reads():
    assert subprocess.run(["promtool", "check", "metrics"], input=exposition(), capture_output=True, check=False).stderr == b""
