"""Building, pushing and pulling: the docker client on a daemon of ours, or skopeo where no daemon can run."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stack.packages import find_program

Result = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Docker:
    """A docker client with credentials of its own, on one daemon."""

    host: str
    config: Path
    base: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the client. The classic builder is there in every version; buildx is a package of its own."""
        return {**self.base, "DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.config), "DOCKER_BUILDKIT": "0"}

    def run(self, *arguments: str, text: str | None = None, folder: Path | None = None) -> Result:
        """Run one docker command; never raises for its status."""
        return run([find_program("docker") or "docker", *arguments], text=text, environment=self.environment, folder=folder)

    def works(self, scratch: Path) -> bool:
        """Tell whether the daemon can do what the sale needs: a daemon without the right to mount answers, but cannot build."""
        scratch.mkdir(parents=True, exist_ok=True)
        (scratch / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
        tag = "layerstore-probe:works"
        built = self.run("build", "--quiet", "--tag", tag, str(scratch))
        if built.returncode:
            return False
        self.run("rmi", tag)
        return True


def run(command: Sequence[str], *, text: str | None, environment: Mapping[str, str], folder: Path | None = None) -> Result:
    """Run a client with its output captured, both streams in order."""
    return subprocess.run(
        command,
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=dict(environment),
        cwd=folder,
        check=False,
    )


def user_daemon(environment: Mapping[str, str]) -> str | None:
    """Return the address of a daemon on this machine that the user may use already, without a network between."""
    host = environment.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    usable = host.startswith("unix://") and os.access(host.removeprefix("unix://"), os.R_OK | os.W_OK)
    return host if usable else None


def shown(command: Sequence[str]) -> str:
    """Return a command as a user would type it."""
    return shlex.join(command)
