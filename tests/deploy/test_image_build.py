"""The Dockerfile, built for real by a daemon of the test's own, on a base of this machine's own packages."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.support.daemon import Daemon, private_daemon
from tests.support.debian_base import write_base

ROOT = Path(settings.BASE_DIR)
BASE = "python:3.11-slim-bookworm"
SHOP = {
    "LAYERSTORE_PUBLIC_URL": "https://shop.layerstore.dev",
    "LAYERSTORE_SECRET_KEY": "s" * 64,
    "LAYERSTORE_TOKEN_KEYS": "t" * 64,
    "LAYERSTORE_EVENTS_SECRET": "e" * 64,
    "LAYERSTORE_DATABASE_URL": "postgresql://layerstore@/layerstore?host=/var/run/postgresql",
    "LAYERSTORE_REDIS_URL": "redis://redis:6379/0",
    "STRIPE_SECRET_KEY": "sk_live_of_nobody",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
    "LAYERSTORE_STRIPE_COUNTRY": "DE",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with private_daemon() as running:
        if running is None:
            pytest.skip("no docker daemon can build here: not root, or a container without the right to mount")
        archive = tmp_path_factory.mktemp("base") / "base.tar"
        write_base(archive)
        # pip's own list of authorities is not this machine's; a company's proxy stands only in the latter.
        imported = running.docker("import", "--change", "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt", str(archive), BASE)
        assert imported.returncode == 0, imported.stderr
        for official in ("nginx:1.28", "registry:3"):
            running.docker("tag", BASE, official)
        for target in ("shop", "demo", "edge", "registry"):
            # The first makes every stage.
            built = running.docker("build", "--network", "host", "--target", target, "--tag", target, str(ROOT), timeout=600)
            assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
        yield running


CONFINED = ("--read-only", "--cap-drop", "ALL")


def inside(
    daemon: Daemon, image: str, *command: str, confined: tuple[str, ...] = CONFINED, environment: Mapping[str, str] | None = None
) -> str:
    variables = [word for name, value in (environment or {}).items() for word in ("--env", f"{name}={value}")]
    result = daemon.docker("run", "--rm", "--network", "none", *confined, *variables, image, *command)
    return f"{result.stdout}{result.stderr}".strip() if result.returncode == 0 else f"status {result.returncode}: {result.stderr.strip()}"


def test_the_shop_runs_as_a_user_of_its_own(daemon: Daemon) -> None:
    assert inside(daemon, "shop", "id") == "uid=10001(layerstore) gid=10001(layerstore) groups=10001(layerstore)"


def test_the_image_holds_the_shop_and_nothing_else(daemon: Daemon) -> None:
    shop = {
        "accounts",
        "audit",
        "billing",
        "common",
        "config",
        "deploy",
        "manage.py",
        "marketplace",
        "locale",
        "outbox",
        "registry_auth",
        "static",
        "templates",
    }

    assert set(inside(daemon, "shop", "ls", "-A").split()) == shop
    assert set(inside(daemon, "demo", "ls", "-A").split()) == shop | {"tools"}
    assert inside(daemon, "shop", "find", "/srv", "-name", "*.pem", confined=("--user", "0")) == ""
    # What pip works in: the shop stands on the stage in which it did.
    assert inside(daemon, "shop", "find", "/root", "/tmp", "/var/tmp", "-mindepth", "1", confined=("--user", "0")) == ""


@pytest.mark.parametrize("module", ["flask", "aiosmtpd", "pytest"])
def test_no_library_of_the_demo_or_the_tests_is_in_the_shop(daemon: Daemon, module: str) -> None:
    assert f"No module named '{module}'" in inside(daemon, "shop", "python", "-c", f"import {module}")


def test_the_shop_cannot_write_its_own_code(daemon: Daemon) -> None:
    assert "Permission denied" in inside(daemon, "shop", "sh", "-c", "echo > manage.py", confined=())


def test_everything_the_shop_imports_is_there_and_a_safe_shop_has_no_fault(daemon: Daemon) -> None:
    assert "System check identified no issues" in inside(
        daemon, "shop", "python", "manage.py", "check", "--fail-level", "ERROR", environment=SHOP
    )


def test_an_unsafe_shop_is_refused_by_name(daemon: Daemon) -> None:
    answer = inside(
        daemon, "shop", "python", "manage.py", "check", environment=SHOP | {"LAYERSTORE_PUBLIC_URL": "http://shop.layerstore.dev"}
    )

    assert "layerstore.E001" in answer


def test_only_the_user_of_the_key_commands_may_open_the_authority(daemon: Daemon) -> None:
    folders = inside(daemon, "shop", "stat", "-c", "%n %U:%G %a", "/srv/keys", "/srv/keys/authority", "/srv/keys/leaves")

    assert folders.splitlines() == [
        "/srv/keys keys:layerstore 755",
        "/srv/keys/authority keys:layerstore 700",
        "/srv/keys/leaves keys:layerstore 2750",
    ]


def test_private_leaf_keys_reach_the_token_process_alone(daemon: Daemon) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]

    def run(name: str, *command: str, as_root: bool = False) -> str:
        volumes = tuple(word for volume in services[name]["volumes"] if volume.startswith("keys") for word in ("--volume", volume))
        user = "0" if as_root else services[name].get("user", "10001:10001")
        confined = ("--user", user) if as_root else (*CONFINED, "--user", user)
        return inside(daemon, "shop", *command, confined=(*confined, *volumes), environment=SHOP)

    assert run("keys", "python", "manage.py", "signing_keys", "init") == "Keys made."

    signs = "import pathlib, datetime, registry_auth.keys.ring as r; "
    signs += "print(r.KeyRing(pathlib.Path('/srv/keys')).signing_key(now=datetime.datetime.now(datetime.UTC)).kid)"
    assert run("token", "python", "-c", signs) in run("keys", "python", "manage.py", "signing_keys", "list")
    assert "Permission denied" in run("token", "ls", "/srv/keys/authority")
    for name in ("web", "worker", "inner", "scheduler", "migrate", "registry"):
        # Not even root finds more: what is not mounted is not there.
        assert sorted(run(name, "find", "/srv/keys", "-type", "f", as_root=True).split()) == [
            "/srv/keys/bundle.pem",
            "/srv/keys/jwks.json",
            "/srv/keys/keys.json",
        ]


EDGE = {
    "LAYERSTORE_PUBLIC_URL": "https://shop.layerstore.dev",
    "LAYERSTORE_WEB_ADDRESS": "127.0.0.1:8000",
    "LAYERSTORE_TOKEN_ADDRESS": "127.0.0.1:8001",
    "LAYERSTORE_REGISTRY_ADDRESS": "127.0.0.1:5000",
    "LAYERSTORE_TRUSTED_PROXY": "10.0.0.0/16, 192.0.2.0/24",
}
ITS_OWN = (*CONFINED, "--tmpfs", "/tmp:mode=1777")


def test_the_edge_serves_static_files_and_says_that_nobody_behind_it_answers_yet(daemon: Daemon) -> None:
    ask = "import urllib.request as r; from urllib.error import HTTPError; import sys\n"
    ask += "def get(path):\n    request = r.Request('http://127.0.0.1:8080' + path, headers={'Host': 'shop.layerstore.dev'})\n"
    ask += "    try: answer = r.urlopen(request)\n    except HTTPError as error: answer = error\n"
    ask += "    print(answer.status, answer.headers['Content-Type'], '<h1' in answer.read().decode())\n"
    ask += "for path in sys.argv[1:]: get(path)"
    serve = 'nginx -e stderr -c /tmp/nginx.conf & until grep -q . /tmp/nginx.pid 2>/dev/null; do sleep 0.1; done; id -u; exec python3 -c "$0" "$@"'

    said = inside(daemon, "edge", "sh", "-c", serve, ask, "/static/icon.svg", "/library/", confined=ITS_OWN, environment=EDGE)

    answers = [line for line in said.splitlines() if not line.startswith("{") and "[" not in line]
    assert answers == ["101", "200 image/svg+xml False", "503 text/html; charset=utf-8 True"]


def test_the_edge_looks_its_parts_up_again_while_it_runs_where_it_has_a_name_server(daemon: Daemon) -> None:
    named = EDGE | {"LAYERSTORE_RESOLVER": "169.254.169.253", "LAYERSTORE_WEB_ADDRESS": "web.layerstore.internal:8000"}

    filled = inside(daemon, "edge", "cat", "/tmp/layerstore.conf", confined=ITS_OWN, environment=named)

    assert "resolver 169.254.169.253 valid=10s;" in filled
    assert "{ zone layerstore_web 64k; server web.layerstore.internal:8000 resolve max_fails=0;" in filled
    assert "set_real_ip_from 10.0.0.0/16;\nset_real_ip_from 192.0.2.0/24;\n" in filled


def test_the_edge_does_not_start_without_its_address(daemon: Daemon) -> None:
    assert "name the one public address" in inside(daemon, "edge", confined=ITS_OWN)


def test_the_registrys_configuration_names_a_bucket_and_no_credential_of_aws(daemon: Daemon) -> None:
    environment = {
        "LAYERSTORE_PUBLIC_URL": "https://shop.layerstore.dev",
        "LAYERSTORE_REGISTRY_REGION": "eu-central-1",
        "LAYERSTORE_REGISTRY_BUCKET": "layers",
        "LAYERSTORE_REGISTRY_SECRET": "r" * 64,
        "LAYERSTORE_EVENTS_SECRET": "e" * 64,
        "LAYERSTORE_INNER_URL": "http://inner:8000",
        "LAYERSTORE_TRUSTED_KEYS": "/srv/keys/bundle.pem",
    }
    known = yaml.safe_load(inside(daemon, "registry", "cat", "/tmp/config.yml", confined=ITS_OWN, environment=environment))

    assert known["storage"]["s3"] == {"region": "eu-central-1", "bucket": "layers", "regionendpoint": None, "forcepathstyle": False}
    assert known["storage"]["redirect"] == {"disable": True}
    assert inside(daemon, "registry", "id", "-u", confined=ITS_OWN, environment=environment) == "10003"


def test_a_web_process_finds_the_names_of_static_files_in_its_image(daemon: Daemon) -> None:
    ask = "import django; django.setup(); from django.templatetags.static import static; print(static('icon.svg'))"

    assert inside(daemon, "shop", "python", "-c", ask, environment=SHOP).startswith("/static/icon.")


def test_what_a_web_process_loads_is_compiled_in_the_image(daemon: Daemon) -> None:
    ask = "import django, os, sys; django.setup(); import config.urls\n"
    ask += "found = [(getattr(m, '__file__', '') or '', getattr(m, '__cached__', '') or '') for m in [*sys.modules.values()]]\n"
    ask += "kept = [cached for file, cached in found if cached and file.startswith(('/opt/venv/', '/srv/'))]\n"
    ask += "print(len(kept), len([*filter(os.path.exists, kept)]))"

    loaded, compiled = map(int, inside(daemon, "shop", "python", "-c", ask, environment=SHOP).split())

    assert loaded > 1_000
    assert compiled > 0.9 * loaded  # the build has other settings, and asks for nothing that a visitor asks for


def test_the_demos_sandbox_starts(daemon: Daemon) -> None:
    assert inside(daemon, "demo", "python", "-m", "tools.sandbox", "--help").startswith("usage: sandbox")
