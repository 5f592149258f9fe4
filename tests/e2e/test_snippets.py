"""What the pages of credentials print, run as printed: by docker, docker-compose, kubectl, skopeo and the shells of two CI services.

What cannot be run here is read as the program would read it: Helm's values, and the action and the service containers of the CI files.
Where no docker daemon runs, a few lines of shell that call skopeo are the command docker.
"""

import base64
import html
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.trade import SILENT, Trade
from tools.stack.browser import Page
from tools.stack.environment import plain_environment
from tools.stack.packages import find_program
from tools.stack.sale.people import TOKEN

STAND_IN = """#!/bin/sh -eu
case "$1" in
login) shift; exec skopeo login --tls-verify=false --authfile "$DOCKER_CONFIG/config.json" "$@" ;;
pull) exec skopeo --insecure-policy copy --quiet --src-tls-verify=false --authfile "$DOCKER_CONFIG/config.json" "docker://$2" "dir:$(mktemp -d)" ;;
esac
"""
KINDS = ("credential", "robot")


@dataclass(frozen=True, slots=True)
class Server:
    """A machine on which somebody pastes what the page printed.

    Attributes:
        printed: the snippets by their names.
        references: what they pull.
        other: an image of the same holder that this credential is not for.
    """

    folder: Path
    username: str
    secret: str
    printed: dict[str, str]
    references: list[str]
    other: str
    docker_host: str | None

    def run(self, script: str, *, shell: str = "sh", stdin: str = "", **variables: str) -> str:
        """Run a script as it stands, in the folder, and return what it said; fails with it.

        A login to the shop is the only credential that there is, and only if the script, or one before it, has signed in.
        """
        environment = plain_environment(os.environ) | {"HOME": str(self.folder), "KUBECONFIG": os.devnull, **variables}
        environment |= {"DOCKER_CONFIG": str(self.folder / "docker"), "PATH": f"{self.folder / 'bin'}:{environment['PATH']}"}
        if self.docker_host:
            environment["DOCKER_HOST"] = self.docker_host
        done = subprocess.run(
            [shell, "-eu", "-c", script],
            cwd=self.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        assert self.secret not in done.stdout + done.stderr
        return done.stdout

    def forget(self) -> None:
        """Take away the login and the images: what comes next has to fetch them by itself."""
        (self.folder / "docker" / "config.json").unlink(missing_ok=True)
        if self.docker_host:
            self.run(f"docker rmi --force {' '.join(self.references)} >/dev/null 2>&1 || true")

    def has_pulled(self) -> bool:
        """Whether docker holds every image; where skopeo plays it, its exit status has said so."""
        return self.docker_host is None or bool(self.run(f"docker image inspect {' '.join(self.references)}"))

    def skopeo_pulls(self, reference: str, authfile: Path) -> bool:
        """Whether a client without a daemon pulls with such a file of credentials."""
        target = self.folder / "pulled"
        command = [find_program("skopeo") or "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--authfile", str(authfile)]
        done = subprocess.run([*command, f"docker://{reference}", f"dir:{target}"], capture_output=True, check=False, timeout=120)
        return done.returncode == 0


@pytest.fixture(scope="module")
def pages(trade: Trade) -> dict[str, tuple[Page, str, list[str], str]]:
    """The page of a pull credential, and that of a robot: each with its user name, its images, and one that it is not for."""
    namespace = "snippets"
    seller = trade.seller(namespace)
    clerk = trade.docker(seller)
    wares = [trade.sell(seller, trade.good(namespace, name), clerk) for name in ("one", "two", "other")]
    buyer, owner = trade.person(), trade.person()
    handle = trade.organisation("snippet-crew", owner)
    for sold in wares:
        trade.buy(buyer, sold)
        trade.buy(owner, sold, organisation=handle)
    ids = [trade.stack.sql(f"SELECT id FROM marketplace_image WHERE repository = '{sold.repository}'")[0] for sold in wares[:2]]
    references = [sold.reference for sold in wares[:2]]
    made = {}
    for kind, person, path, username in (
        ("credential", buyer, "/library/credential/", buyer.username),
        ("robot", owner, f"/account/organisations/{handle}/robots/", f"{handle}+ci"),
    ):
        page = person.browser.look(path)
        page = person.browser.submit(page, page.form("name", "images"), SILENT, {"name": "ci", "images": ids})
        made[kind] = page, username, references, wares[2].reference
    return made


@pytest.fixture
def server(request: pytest.FixtureRequest, trade: Trade, pages: dict[str, Any], tmp_path: Path) -> Iterator[Server]:
    """A fresh machine with nothing but the page of one kind of credential."""
    page, username, references, other = pages[request.param]
    printed = {name: html.unescape(text) for name, text in re.findall(r'<code data-snippet="(\w+)">(.*?)</code>', page.html, re.DOTALL)}
    secret = TOKEN.search(page.html)
    assert secret is not None, page.text
    server = Server(tmp_path, username, secret[0], printed, references, other, trade.stack.docker_host)
    for name in ("docker", "bin"):
        (tmp_path / name).mkdir()
    if server.docker_host is None:
        print("NO DOCKER DAEMON RUNS HERE: skopeo stands in for docker")  # noqa: T201  said aloud
        (tmp_path / "bin" / "docker").write_text(STAND_IN)
        (tmp_path / "bin" / "docker").chmod(0o755)
    keep = re.search(r"<code>(install -m 600 .*?)</code>", page.html)
    assert keep is not None
    server.run(html.unescape(keep[1]), stdin=f"{server.secret}\n")
    assert (tmp_path / "layerstore.token").stat().st_mode & 0o777 == 0o600
    yield server
    server.forget()


each_kind = pytest.mark.parametrize("server", KINDS, indirect=True)


@each_kind
def test_docker_logs_in_and_pulls(server: Server) -> None:
    server.run(server.printed["docker"])

    assert server.has_pulled()
    assert not server.skopeo_pulls(server.other, server.folder / "docker" / "config.json")


@each_kind
def test_compose_pulls(server: Server) -> None:
    (server.folder / "compose.yaml").write_text(server.printed["compose"])
    server.run(server.printed["docker"].splitlines()[0])

    services = yaml.safe_load(server.run("docker-compose config"))["services"]

    assert [service["image"] for service in services.values()] == server.references
    if server.docker_host:
        server.run("docker-compose pull")
    assert server.has_pulled()


@each_kind
def test_kubernetes_gets_a_secret_with_which_a_pods_images_are_pulled(server: Server) -> None:
    secret = yaml.safe_load(server.run(f"{server.printed['secret']} --dry-run=client --output=yaml"))
    pod = yaml.safe_load(server.printed["pod"])

    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert pod["spec"]["imagePullSecrets"] == [{"name": secret["metadata"]["name"]}]
    assert [container["image"] for container in pod["spec"]["containers"]] == server.references
    assert len({container["name"] for container in pod["spec"]["containers"]}) == 2
    config = server.folder / "docker" / "config.json"
    config.write_bytes(base64.b64decode(secret["data"][".dockerconfigjson"]))
    (login,) = json.loads(config.read_text())["auths"].values()
    assert base64.b64decode(login["auth"]).decode() == f"{server.username}:{server.secret}"
    for reference in server.references:
        server.run(f"docker pull {reference}")
        assert server.skopeo_pulls(reference, config)
    assert server.has_pulled()
    assert not server.skopeo_pulls(server.other, config)


@each_kind
def test_helms_values_name_the_secret_and_an_image_that_is_there(server: Server) -> None:
    server.run(server.printed["docker"].splitlines()[0])

    values = yaml.safe_load(server.printed["helm"])

    assert values["imagePullSecrets"] == yaml.safe_load(server.printed["pod"])["spec"]["imagePullSecrets"]
    server.run(f"docker pull {values['image']['repository']}:{values['image']['tag']}")


@each_kind
def test_the_steps_of_github_actions_pull(server: Server) -> None:
    login, *steps = yaml.safe_load(server.printed["github"])

    # The action runs exactly this (docker/login-action, src/docker.ts); the expression is filled in by the runner.
    assert login["uses"] == "docker/login-action@v3"
    given = {name: value.replace("${{ secrets.LAYERSTORE_TOKEN }}", server.secret) for name, value in login["with"].items()}
    server.run(
        'docker login --password-stdin --username "$USERNAME" "$REGISTRY"',
        stdin=given["password"],
        USERNAME=given["username"],
        REGISTRY=given["registry"],
    )
    for step in steps:
        server.run(step["run"], shell="bash")

    assert server.has_pulled()


@each_kind
def test_the_job_of_gitlab_pulls(server: Server) -> None:
    job = yaml.safe_load(server.printed["gitlab"])["pull"]

    assert job["services"] == ["docker:27-dind"]
    server.run("\n".join(job["script"]), LAYERSTORE_TOKEN=server.secret)

    assert server.has_pulled()
