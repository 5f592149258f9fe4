"""What a seller and a buyer do with images, by the docker client or by skopeo: log in, publish, pull."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tools.stack.docker import Docker, Result, run, shown
from tools.stack.oci import write_layout
from tools.stack.packages import find_program
from tools.stack.problems import Problem
from tools.stack.recipes import Recipe

Show = Callable[[str], None]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Refused(Exception):
    """The registry said no. Carries the client's own words."""


class Client(Protocol):
    """One person's client: it keeps that person's credentials apart from the user's own and from everybody else's."""

    @property
    def name(self) -> str:
        """The command's name."""
        ...

    def login(self, host: str, username: str, token: str, show: Show) -> str:
        """Log in with an access token, given on standard input. Returns the client's answer; raises Refused."""
        ...

    def publish(self, recipe: Recipe, reference: str, context: Path, show: Show) -> str:
        """Build an image and push it. Returns the digest that the registry took; raises Refused."""
        ...

    def pull(self, reference: str, show: Show) -> str:
        """Pull an image that is not there yet. Returns its digest; raises Refused."""
        ...

    def pasted(self, host: str, username: str, token: str, reference: str) -> list[str]:
        """Return the lines with which a person does the same by hand on this machine."""
        ...


@dataclass(frozen=True, slots=True)
class DockerClient:
    """The docker client on a daemon that works here."""

    docker: Docker
    name: str = "docker"

    def login(self, host: str, username: str, token: str, show: Show) -> str:
        result = self._run(show, "login", "--username", username, "--password-stdin", host, text=token)
        return last_word(result)

    def publish(self, recipe: Recipe, reference: str, context: Path, show: Show) -> str:
        recipe.write(context)
        self._run(show, "build", "--tag", reference, str(context))
        shutil.rmtree(context)
        result = self._run(show, "push", reference)
        # Removed, so that a later pull has to fetch it.
        self.docker.run("rmi", reference)
        return digest_in(result)

    def pull(self, reference: str, show: Show) -> str:
        self.docker.run("rmi", reference)
        return digest_in(self._run(show, "pull", reference))

    def pasted(self, host: str, username: str, token: str, reference: str) -> list[str]:
        return [
            f"export DOCKER_HOST={self.docker.host} DOCKER_CONFIG={self.docker.config.with_name('you')}",
            f"echo {token} | docker login --username {username} --password-stdin {host}",
            f"docker pull {reference}",
        ]

    def _run(self, show: Show, *arguments: str, text: str | None = None) -> Result:
        show(shown(["docker", *arguments]))
        return checked(self.docker.run(*arguments, text=text))


@dataclass(frozen=True, slots=True)
class SkopeoClient:
    """skopeo, which needs neither a daemon nor rights: images are folders in OCI layout."""

    folder: Path
    base: Mapping[str, str] = field(default_factory=dict)
    name: str = "skopeo"

    @property
    def authfile(self) -> Path:
        """Where the credentials are."""
        return self.folder / "auth.json"

    def login(self, host: str, username: str, token: str, show: Show) -> str:
        arguments = ("login", "--authfile", str(self.authfile), "--tls-verify=false", "--username", username, "--password-stdin", host)
        return last_word(self._run(show, *arguments, text=token))

    def publish(self, recipe: Recipe, reference: str, context: Path, show: Show) -> str:
        layout = context.with_name(context.name + ".oci")
        recipe.write(context)
        write_layout(recipe, context, layout)
        digest = self._copy(show, "--dest-tls-verify=false", f"oci:{layout}:{recipe.tag}", f"docker://{reference}")
        shutil.rmtree(context)
        shutil.rmtree(layout)
        return digest

    def pull(self, reference: str, show: Show) -> str:
        target = self.folder / "pulled"
        shutil.rmtree(target, ignore_errors=True)
        return self._copy(show, "--src-tls-verify=false", f"docker://{reference}", f"oci:{target}:pulled")

    def pasted(self, host: str, username: str, token: str, reference: str) -> list[str]:
        return [
            f"export REGISTRY_AUTH_FILE={self.folder.with_name('you.json')}",
            f"echo {token} | skopeo login --tls-verify=false --username {username} --password-stdin {host}",
            f"skopeo --insecure-policy copy --src-tls-verify=false docker://{reference} oci:pulled:latest",
        ]

    def _copy(self, show: Show, tls: str, source: str, target: str) -> str:
        file = self.folder / "digest"
        self._run(show, "--insecure-policy", "copy", "--authfile", str(self.authfile), tls, "--digestfile", str(file), source, target)
        return file.read_text().strip()

    def _run(self, show: Show, *arguments: str, text: str | None = None) -> Result:
        show(shown(["skopeo", *arguments]))
        return checked(run([find_program("skopeo") or "skopeo", *arguments], text=text, environment=self.base))


def checked(result: Result) -> Result:
    """Return a result that went well.

    Raises:
        Refused: it did not.
    """
    if result.returncode:
        raise Refused(last_word(result))
    return result


def last_word(result: Result) -> str:
    """Return the last line of what a client wrote: the one that says how it went."""
    lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def digest_in(result: Result) -> str:
    """Return the digest that a push or a pull names.

    Raises:
        Problem: none is named; this client's output differs from that of the ones we know.
    """
    found = DIGEST.findall(result.stdout.rpartition("igest: ")[2])
    if not found:
        raise Problem(f"The client named no digest: {last_word(result)}", do="run the command by hand and report what it says.")
    return str(found[0])
