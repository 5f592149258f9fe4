"""The documents say what is: links lead somewhere, lists are complete, decisions are titles."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from billing.inbox.handlers import HANDLERS
from config.celery import all_jobs

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))


def anchors(document: Path) -> set[str]:
    """The anchors that hosts of repositories make of headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists() or file.suffix == ".png", target  # the picture is taken from a running demo
        assert not anchor or anchor in anchors(file), target


def test_the_readme_is_read_in_two_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.stem[:4])
def test_a_decisions_title_is_the_decision(decision: Path) -> None:
    number, _, slug = decision.stem.partition("-")
    text = decision.read_text(encoding="utf-8")
    title = text.splitlines()[0]

    assert title.startswith(f"# {number} ")
    assert re.sub(r"[^a-z0-9]+", "-", title.removeprefix(f"# {number} ").lower().replace("'", "").replace("’", "")) == slug
    assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(decision.stem[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_operators_are_told_every_webhook_we_listen_to() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    assert {event for event in HANDLERS if f"`{event}`" not in manual} == set()


def test_every_periodic_job_is_in_the_architecture() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert {name for name, job in all_jobs().items() if job.every and f"`{name}`" not in architecture} == set()


@pytest.mark.parametrize("fails", ["--dry-run", "--spare"])
def test_no_garbage_is_collected_by_hand_after_a_step_that_failed(fails: str, tmp_path: Path) -> None:
    """The commands themselves, run with a docker that prints half a list and fails where it is told to."""
    steps = Path(settings.BASE_DIR, "docs", "operations.md").read_text(encoding="utf-8").partition("    inside() {")
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "blob eligible for deletion: x"\ncase "$*" in *" {fails}"*) exit 1;; esac\n'
    )
    docker.chmod(0o755)
    (tmp_path / "sleep").write_text("#!/bin/sh\n")
    (tmp_path / "sleep").chmod(0o755)

    script = f"{steps[1]}{steps[2].partition(chr(10) * 2)[0]}"
    ended = subprocess.run(["sh", "-c", script], cwd=tmp_path, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=False)

    asked = (tmp_path / "asked").read_text().splitlines()
    assert ended.returncode == 1
    assert fails in asked[-1]
    assert not [line for line in asked if line.endswith("garbage-collect /tmp/config.yml")]
