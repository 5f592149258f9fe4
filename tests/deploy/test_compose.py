"""docker-compose.yml: safe by construction, complete, and readable by both generations of compose."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from django.conf import settings

from config import env

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STEPS = {"settings", "keys", "migrate", "demo"}
BY_HAND = {"backup", "restore"}
REQUIRED = {
    "LAYERSTORE_PUBLIC_URL",
    "LAYERSTORE_SECRET_KEY",
    "LAYERSTORE_TOKEN_KEYS",
    "LAYERSTORE_EVENTS_SECRET",
    "LAYERSTORE_REGISTRY_SECRET",
    "LAYERSTORE_EMAIL_URL",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
}
# Only a demo has them: its own settings say them.
DEMO = {"LAYERSTORE_MAILBOX_URL", "LAYERSTORE_SANDBOX_URL", "STRIPE_API_BASE"}


def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run compose of either generation without one variable of ours."""
    found = shutil.which("docker-compose")
    command = [found] if found else ["docker", "compose"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run(
        [*command, "--file", str(ROOT / "docker-compose.yml"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "profile", [pytest.param((), id="shop"), *(pytest.param(("--profile", name), id=name) for name in ("demo", "kafka"))]
)
def test_compose_reads_it_without_any_variable(profile: tuple[str, ...]) -> None:
    result = compose(*profile, "config", "--quiet")

    assert (result.returncode, result.stderr) == (0, "")


def test_the_parts_are_official_images_and_ours() -> None:
    images = {service["image"] for service in SERVICES.values()}

    assert images == {"layerstore", "layerstore-demo", "postgres:17", "redis:7.4", "registry:3", "nginx:1.28", "apache/kafka:4.1.0"}


def test_only_the_edge_is_published_and_the_sandbox_beside_it_in_a_demo() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {
        "nginx": ["${LAYERSTORE_BIND:-127.0.0.1}:${LAYERSTORE_PORT:-8080}:8080"],
        "sandbox": ["127.0.0.1:${LAYERSTORE_SANDBOX_PORT:-10080}:8000"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_each_part_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "privileged" not in service
    # Ours run as the user of the image; the official ones would begin as root.
    assert service["image"].startswith("layerstore") or service["user"] not in {"root", "0"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - STEPS - BY_HAND - {"key-renewal"}))
def test_each_process_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_health_check_of_the_edge_names_the_shops_host_so_that_web_answers() -> None:
    test = SERVICES["nginx"]["healthcheck"]["test"]

    assert test[0] == "CMD-SHELL"
    assert ". /srv/settings/edge/environment && curl --fail " in test[1]
    assert '--header "Host: $$LAYERSTORE_PUBLIC_HOST" http://127.0.0.1:8080/healthz' in test[1]


@pytest.mark.parametrize("name", sorted(STEPS | BY_HAND))
def test_a_step_runs_once(name: str) -> None:
    assert "restart" not in SERVICES[name]


@pytest.mark.parametrize("name", ["web", "token", "inner", "worker", "scheduler", "events"])
def test_nothing_starts_before_the_migrations(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_demo_alone_has_the_sandbox() -> None:
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]} == {"demo", "sandbox"}
    assert SERVICES["sandbox"]["build"]["target"] == "demo"
    assert all(service["build"]["target"] == "shop" for service in SERVICES.values() if service["image"] == "layerstore")


def test_the_event_streams_parts_start_only_when_they_are_asked_for_and_nothing_else_waits_for_them() -> None:
    asked_for = {name for name, service in SERVICES.items() if service.get("profiles") == ["kafka"]}

    assert asked_for == {"kafka", "events"}
    assert [name for name in set(SERVICES) - asked_for if asked_for & set(SERVICES[name].get("depends_on", ()))] == []
    assert SERVICES["kafka"]["networks"] == ["data"]  # nobody from outside reaches it
    assert SERVICES["events"]["command"][:2] == ["deploy/compose/start", "/srv/settings/shop/environment"]
    assert "settings-shop:/srv/settings/shop:ro" in SERVICES["events"]["volumes"]


def test_the_database_listens_on_no_network() -> None:
    assert SERVICES["postgres"]["network_mode"] == "none"
    assert COMPOSE["networks"]["data"] == {"internal": True}


def mounted(name: str) -> dict[str, str]:
    """Which volumes of keys a part has, at what place and how."""
    places = (volume.partition(":") for volume in SERVICES[name].get("volumes", ()))
    return {volume: place for volume, _, place in places if volume.startswith("keys")}


def test_the_leaves_are_for_the_token_process_and_the_authority_for_the_key_commands() -> None:
    everything = {"keys": "/srv/keys", "keys-authority": "/srv/keys/authority", "keys-leaves": "/srv/keys/leaves"}

    assert mounted("keys") == mounted("key-renewal") == everything
    assert mounted("token") == {"keys": "/srv/keys:ro", "keys-leaves": "/srv/keys/leaves:ro"}
    assert {name for name in SERVICES if set(mounted(name)) - {"keys"}} == {"keys", "key-renewal", "token"} | BY_HAND


@pytest.mark.parametrize("name", ["web", "inner", "worker", "scheduler", "migrate", "registry"])
def test_every_other_part_sees_only_certificates_and_public_keys(name: str) -> None:
    assert mounted(name) == {"keys": "/srv/keys:ro"}


def test_no_secret_has_a_default() -> None:
    defaults = re.findall(r"(?<!\$)\$\{([A-Z_]+)(:?[-?][^}]*)?\}", TEXT)

    assert {name: default for name, default in defaults if re.search("KEY|SECRET|PASSWORD|URL", name) and default != ":-"} == {}


def test_a_missing_value_is_asked_for_with_a_way_to_get_it() -> None:
    asked = dict(re.findall(r'"\$\$\{([A-Z_]+):\?([^}]+)\}"', "\n".join(SERVICES["settings"]["command"])))

    assert set(asked) == REQUIRED
    assert all(len(how) > 20 for how in asked.values())


def variables_read() -> set[str]:
    """Every variable that a process of a shop reads."""
    return {variable.name for variable in env.declared().values()}


def set_by_compose_itself(step: ModuleType) -> set[str]:
    """What follows from docker-compose.yml: where the parts are, and the folders of the image."""
    image = re.findall(r"(LAYERSTORE_[A-Z_]+)=/", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return set(step.PARTS) | set(image)


def test_every_setting_that_is_read_can_be_set(step: ModuleType) -> None:
    assert variables_read() - set_by_compose_itself(step) - DEMO == variables_read() & set(SERVICES["settings"]["environment"])


def test_every_setting_that_is_set_reaches_every_process_that_reads_it(step: ModuleType, tmp_path: Path) -> None:
    for part in ("shop", "registry", "edge"):
        (tmp_path / part).mkdir()
    given = {name: f"https://{name.lower()}.example" for name in SERVICES["settings"]["environment"]} | {
        "LAYERSTORE_REGISTRY_TRUST": "jwks"
    }

    step.hand_out(step.completed(step.shop_settings(given)), tmp_path)

    shop, registry = (
        dict(line.split("=", 1) for line in (tmp_path / part / "environment").read_text().splitlines()) for part in ("shop", "registry")
    )
    assert {name: value for name, value in shop.items() if name in given} == {name: given[name] for name in variables_read() & set(given)}
    assert {name: value for name, value in registry.items() if name in given} == {
        name: given[name] for name in set(step.REGISTRY) & set(given)
    }
    for name in ("web", "token", "inner", "worker", "scheduler", "keys", "key-renewal", "migrate"):
        assert "settings-shop:/srv/settings/shop:ro" in SERVICES[name]["volumes"]
        assert SERVICES[name]["command"][:2] == ["deploy/compose/start", "/srv/settings/shop/environment"]


def test_the_shop_is_no_superuser_of_its_database() -> None:
    postgres = SERVICES["postgres"]
    rules = [line.split() for line in (ROOT / "deploy/compose/pg_hba.conf").read_text().splitlines() if not line.startswith("#")]

    assert "POSTGRES_USER" not in postgres["environment"]
    assert "hba_file=/etc/layerstore/pg_hba.conf" in postgres["command"]
    assert "./deploy/compose/pg_hba.conf:/etc/layerstore/pg_hba.conf:ro" in postgres["volumes"]
    assert "./deploy/compose/owner.sql:/docker-entrypoint-initdb.d/owner.sql:ro" in postgres["volumes"]
    # Without a password the shop's processes are the shop's role; who is the superuser is asked of the kernel.
    assert rules == [["local", "layerstore", "layerstore", "trust"], ["local", "all", "postgres", "peer"]]
    assert "CREATE ROLE layerstore LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;" in (ROOT / "deploy/compose/owner.sql").read_text()


def test_what_compose_alone_reads_is_documented() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    assert {name for name in REQUIRED if f"`{name}`" not in manual} == set()
