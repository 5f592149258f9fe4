"""The first step of a composed shop, and the start of each part: run as they run there, in a folder of the test's."""

import os
import re
import stat
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
START = ROOT / "deploy" / "compose" / "start"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
SHOP = {
    "LAYERSTORE_PUBLIC_URL": "https://shop.layerstore.dev/",
    "LAYERSTORE_SECRET_KEY": "it's a $ecret & | \\ more",
    "LAYERSTORE_TOKEN_KEYS": "one,two",
    "LAYERSTORE_EVENTS_SECRET": "events",
    "LAYERSTORE_REGISTRY_SECRET": "registry",
    "LAYERSTORE_EMAIL_URL": "smtp://mail:25",
    "LAYERSTORE_CURRENCIES": "",
    "LAYERSTORE_PORT": "8080",
    "LAYERSTORE_SANDBOX_PORT": "10080",
    "STRIPE_SECRET_KEY": "sk_of_stripe",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_stripe",
    "HOME": "/root",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("shop", "registry", "edge"):
        (tmp_path / part).mkdir()
    return tmp_path


def read_back(file: Path) -> dict[str, str]:
    """What a shell makes of the file."""
    text = subprocess.run(["sh", "-ac", f". {file}; env -0"], env={}, capture_output=True, text=True, check=True).stdout
    return {
        name: value for name, _, value in (line.partition("=") for line in text.split("\0") if line) if name not in {"PWD", "_", "OLDPWD"}
    }


def test_the_shop_sees_its_settings_unchanged(step: ModuleType, folder: Path) -> None:
    step.hand_out(step.completed(step.shop_settings(SHOP)), folder)

    seen = read_back(folder / "shop" / "environment")
    assert seen["LAYERSTORE_SECRET_KEY"] == SHOP["LAYERSTORE_SECRET_KEY"]
    assert seen["LAYERSTORE_PUBLIC_URL"] == "https://shop.layerstore.dev"
    assert seen["DJANGO_SETTINGS_MODULE"] == "config.settings.production"
    assert not {"LAYERSTORE_CURRENCIES", "HOME", "LAYERSTORE_REGISTRY_SECRET", "LAYERSTORE_PORT", "STRIPE_API_BASE"} & set(seen)


def test_registry_and_edge_see_only_the_settings_they_need(step: ModuleType, folder: Path) -> None:
    step.hand_out(step.completed(step.shop_settings(SHOP)), folder)

    assert set(read_back(folder / "registry" / "environment")) == set(step.REGISTRY)
    assert read_back(folder / "edge" / "environment") == {
        "LAYERSTORE_PUBLIC_URL": "https://shop.layerstore.dev",
        "LAYERSTORE_PUBLIC_HOST": "shop.layerstore.dev",
        "LAYERSTORE_PUBLIC_SCHEME": "https",
    }


@pytest.mark.parametrize(
    ("trust", "file"),
    [("", "bundle.pem"), ("rootcertbundle", "bundle.pem"), ("jwks", "jwks.json")],
    ids=["unset", "rootcertbundle", "jwks"],
)
def test_shop_and_registry_agree_on_what_is_trusted(step: ModuleType, folder: Path, trust: str, file: str) -> None:
    step.hand_out(step.completed(step.shop_settings(SHOP | {"LAYERSTORE_REGISTRY_TRUST": trust})), folder)

    shop, registry = (read_back(folder / part / "environment") for part in ("shop", "registry"))
    assert shop["LAYERSTORE_REGISTRY_TRUST"] == registry["LAYERSTORE_REGISTRY_TRUST"] == (trust or "rootcertbundle")
    assert registry["LAYERSTORE_TRUSTED_KEYS"] == f"/srv/keys/{file}"


def test_an_unknown_way_to_trust_is_refused(step: ModuleType) -> None:
    with pytest.raises(SystemExit, match="LAYERSTORE_REGISTRY_TRUST: hope is neither of rootcertbundle, jwks"):
        step.completed(step.shop_settings(SHOP | {"LAYERSTORE_REGISTRY_TRUST": "hope"}))


def test_files_with_secrets_are_closed_to_others(step: ModuleType, folder: Path) -> None:
    step.hand_out(step.completed(step.shop_settings(SHOP)), folder)

    modes = {part: stat.S_IMODE((folder / part / "environment").stat().st_mode) for part in ("shop", "registry", "edge")}
    assert modes == {"shop": 0o640, "registry": 0o640, "edge": 0o644}


def test_a_demo_makes_its_secrets_once(step: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "DEMO_SECRETS", tmp_path / "secrets.json")

    first, second = (step.demo_settings({"LAYERSTORE_PORT": "8090", "LAYERSTORE_SANDBOX_PORT": "10090"}) for _ in range(2))

    assert first == second
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert first["LAYERSTORE_PUBLIC_URL"] == "http://127.0.0.1:8090"
    assert first["LAYERSTORE_SANDBOX_URL"] == "http://127.0.0.1:10090"
    assert first["STRIPE_SECRET_KEY"].startswith("sk_test_")


def ask_for_settings(environment: dict[str, str], demo: Path) -> subprocess.CompletedProcess[str]:
    """Run the step's own command; `sleep` and `python` are stood in for, so that it ends at once and says what it would do."""
    (shell, flags, script) = SERVICES["settings"]["command"]
    script = script.replace("$$", "$").replace("/srv/demo", str(demo)).replace("exec python", "echo python").replace("sleep 1", ":")
    empty = dict.fromkeys(SERVICES["settings"]["environment"], "")
    return subprocess.run([shell, flags, script], env=os.environ | empty | environment, capture_output=True, text=True, check=False)


def test_without_variables_it_says_what_to_set_and_how(tmp_path: Path) -> None:
    result = ask_for_settings({}, tmp_path)

    assert result.returncode == 2
    assert "LAYERSTORE_PUBLIC_URL: put LAYERSTORE_PUBLIC_URL=https://your.shop into .env, or start with --profile demo" in result.stderr


@pytest.mark.parametrize("name", [name for name in SHOP if name.endswith(("KEY", "KEYS", "SECRET"))])
def test_each_missing_secret_is_named(tmp_path: Path, name: str) -> None:
    result = ask_for_settings(SHOP | {name: ""}, tmp_path)

    assert result.returncode == 2
    assert f"{name}: put it into .env" in result.stderr


def test_with_all_variables_it_goes_on_as_a_shop(tmp_path: Path) -> None:
    assert ask_for_settings(SHOP, tmp_path).stdout == "python deploy/compose/settings.py shop\n"


def test_a_demo_is_asked_for_once_for_each_start(tmp_path: Path) -> None:
    (tmp_path / "wanted").touch()

    assert ask_for_settings({}, tmp_path).stdout.splitlines()[0] == "python deploy/compose/settings.py demo"
    assert ask_for_settings({}, tmp_path).returncode == 2


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(START), *arguments], env=os.environ | environment, capture_output=True, text=True, check=False)


def test_a_part_starts_with_its_settings_and_its_filled_templates(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("LAYERSTORE_SERVICE='it'\\''s & \\ | odd'\n")
    (tmp_path / "template").write_text("${LAYERSTORE_SERVICE} at ${LAYERSTORE_LISTEN}, $host\n")

    target = tmp_path / "target"
    result = start(f"{tmp_path}/environment", f"{tmp_path}/template={target}", "--", "cat", str(target), LAYERSTORE_LISTEN="8080")

    assert (result.stdout, result.returncode) == ("it's & \\ | odd at 8080, $host\n", 0)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_placeholder_without_a_value_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "environment").touch()
    (tmp_path / "template").write_text("fine\nlisten ${LAYERSTORE_NOT_THERE};\nallow ${each LAYERSTORE_NOBODY};\n")

    result = start(f"{tmp_path}/environment", f"{tmp_path}/template={tmp_path}/target", "--", "echo", "started")

    assert result.returncode == 1
    assert "2:listen ${LAYERSTORE_NOT_THERE};\n3:allow ${each LAYERSTORE_NOBODY};\n" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("part", ["nginx", "registry"])
def test_every_placeholder_of_the_shared_templates_is_filled(step: ModuleType, part: str) -> None:
    service = SERVICES[part]
    known = set(service["environment"]) | set(step.EDGE if part == "nginx" else step.REGISTRY)
    templates = [argument.partition("=")[0] for argument in service["command"] if ".template=" in argument]

    assert templates
    for template in templates:
        text = (ROOT / template.replace("/etc/layerstore", "deploy")).read_text(encoding="utf-8")
        assert set(re.findall(r"\$\{(?:each )?(LAYERSTORE_[A-Z_]+)\}", text)) - known == set()


def test_nginx_accepts_what_it_is_started_with(tmp_path: Path) -> None:
    service = SERVICES["nginx"]
    (tmp_path / "environment").write_text("".join(f"{name}='{value}'\n" for name, value in service["environment"].items()))
    here = {
        "LAYERSTORE_PUBLIC_URL": "https://shop.layerstore.dev",
        "LAYERSTORE_PUBLIC_HOST": "shop.layerstore.dev",
        "LAYERSTORE_PUBLIC_SCHEME": "https",
    }
    places = {name: f"127.0.0.1:{8690 + index}" for index, name in enumerate(service["environment"]) if name.endswith("_ADDRESS")}
    places |= {"LAYERSTORE_RUN": str(tmp_path), "LAYERSTORE_LOG": str(tmp_path), "LAYERSTORE_LISTEN": "127.0.0.1:8689"}
    places |= {"LAYERSTORE_TRUSTED_PROXY": "10.0.0.0/8, 192.0.2.1", "LAYERSTORE_RESOLVER": "127.0.0.1"}
    with (tmp_path / "environment").open("a") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in (here | places).items())
    templates = [
        argument.replace("/etc/layerstore", f"{ROOT}/deploy").replace("=/tmp", f"={tmp_path}")
        for argument in service["command"]
        if ".template=" in argument
    ]

    result = start(f"{tmp_path}/environment", *templates, "--", "nginx", "-e", "stderr", "-t", "-c", f"{tmp_path}/nginx.conf")

    assert "test is successful" in result.stderr, result.stderr
