"""What must not get into the repository: paths of a machine, addresses of a package index, secrets; and what must stay readable."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LONGEST_FILE = 400  # lines; look again at 300
BINARY = {".ttf", ".ttc", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".woff2", ".db", ".gz", ".pdf"}
# Homes and workplaces of people and machines.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|work|mnt|workspace)/[a-z]\w*/")
PACKAGE_INDEX = re.compile(
    r"files\.pythonhosted\.org|pypi\.org/simple|^--(?:extra-)?index-url|\"resolved\":|registry\.npmjs\.org", re.MULTILINE
)
SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:EC |RSA |OPENSSH )?PRIVATE KEY-----\n[A-Za-z0-9+/]{20}"),
    "a live key of Stripe": re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,}"),
    "a webhook secret of Stripe": re.compile(r"\bwhsec_[0-9A-Za-z]{24,}"),
    "an access token of ours": re.compile(r"\bls[pr]_[0-9A-Za-z]{49}\b"),
    "a key of a cloud": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36}\b"),
}


def tracked() -> list[Path]:
    """Every text file that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file() and Path(name).suffix not in BINARY]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in tracked()}


def found(texts: dict[str, str], pattern: re.Pattern[str]) -> dict[str, list[str]]:
    here = str(Path(__file__).relative_to(ROOT))
    return {name: hits for name, text in texts.items() if name != here and (hits := pattern.findall(text))}


def test_no_path_of_a_machine(texts: dict[str, str]) -> None:
    assert found(texts, MACHINE_PATH) == {}
    assert found(texts, re.compile(re.escape(f"{ROOT}/"))) == {}


def test_no_address_of_a_package_index(texts: dict[str, str]) -> None:
    assert found(texts, PACKAGE_INDEX) == {}


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret(texts: dict[str, str], kind: str) -> None:
    assert found(texts, SECRETS[kind]) == {}


def test_no_file_outgrows_its_reader(texts: dict[str, str]) -> None:
    ours = {
        name: text
        for name, text in texts.items()
        if name.endswith((".py", ".html", ".css", ".js")) and not name.startswith("tests/") and "vendor/" not in name
    }

    assert {name: length for name, text in ours.items() if (length := text.count("\n")) > LONGEST_FILE} == {}


def test_every_dependency_is_locked_with_its_hash(texts: dict[str, str]) -> None:
    for name in ("base", "cluster", "sandbox", "demo", "dev"):
        pins = re.findall(r"^([a-z0-9._-]+(?:\[[a-z,]+\])?)==", texts[f"requirements/{name}.txt"], re.MULTILINE)
        hashed = re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==[^\n]*\\\n    --hash=sha256:", texts[f"requirements/{name}.txt"], re.MULTILINE)
        assert len(hashed) == len(pins) > 0


def test_what_npm_brings_is_locked_by_its_hash_and_without_an_address(texts: dict[str, str]) -> None:
    text = texts["tools/bench/lighthouse/package-lock.json"]
    parts = {name: part for name, part in json.loads(text)["packages"].items() if name}

    assert "node_modules/lighthouse" in parts
    assert {name for name, part in parts.items() if not part.get("integrity", "").startswith("sha512-")} == set()
    assert "://" not in text
    assert '"latest"' not in text


def test_one_version_of_a_dependency_for_all(texts: dict[str, str]) -> None:
    def pins(name: str) -> dict[str, str]:
        found = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\\\n]+)", texts[f"requirements/{name}.txt"], re.MULTILINE)
        return {f"{package} {version.partition(';')[2].strip()}": version.partition(";")[0].strip() for package, version in found}

    assert pins("base").items() | pins("sandbox").items() <= pins("demo").items() <= pins("dev").items()
    assert pins("base").items() <= pins("cluster").items() <= pins("dev").items()


def test_every_dependency_has_its_reason(texts: dict[str, str]) -> None:
    (reasons,) = (text for name, text in texts.items() if name.endswith("each-dependency-is-chosen-for-its-field.md"))
    asked = {
        re.split(r"[\[<>=]", line)[0]
        for name in ("base", "cluster", "sandbox", "demo", "dev")
        for line in texts[f"requirements/{name}.in"].splitlines()
        if line and not line.startswith(("#", "-"))
    }

    assert {name for name in asked if f"| {name} |" not in reasons} == set()
