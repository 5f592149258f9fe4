"""What a client is to the matrix. It keeps its images in a store that all its users share, as on one machine, and each person's credentials apart."""

import base64
import os
import re
from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.stack.docker import Result, run
from tools.stack.environment import plain_environment
from tools.stack.instance import Instance
from tools.stack.oci import write_layout
from tools.stack.recipes import Recipe

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client said at the end.

    Attributes:
        said: its last line, without the time.
        digest: of the image that came or went; empty where it failed.
    """

    worked: bool
    said: str
    digest: str = ""


class Tool(ABC):
    """One client.

    Attributes:
        name: in the matrix.
        signs_in: it has a command for that; the others are given credentials by file or with each command.
        says_not_signed_in: what its user reads of wrong credentials, signing in.
        says_wrong: of wrong credentials, pulling.
        says_for_sale: of an image that is for sale and not theirs. In all three, braces hold the token endpoint's own words.
    """

    name: str
    says_not_signed_in: str
    says_wrong: str
    says_for_sale: str
    signs_in = True
    person = "nobody"

    def __init__(self, instance: Instance, folder: Path) -> None:
        self.instance, self.folder, self.host = instance, folder, instance.host
        self.environment: dict[str, str] = plain_environment(os.environ) | {"HOME": str(folder)}
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, person: str) -> Self:
        """Return the same client on the same store, with a person's credentials, none at first."""
        other = copy(self)
        other.person = person
        other.forget()
        return other

    @property
    def own(self) -> Path:
        """The folder of the person's credentials."""
        folder = self.folder / "people" / self.person
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @abstractmethod
    def forget(self) -> None:
        """Have no credentials."""

    @abstractmethod
    def remember(self, username: str, secret: str) -> None:
        """Have credentials without asking anybody, as a file that somebody brought."""

    def remember_identity(self, username: str, token: str) -> None:
        """Have an identity token, as `docker login` leaves one in the file that podman and others read too."""
        raise NotImplementedError

    def sign_in(self, username: str, secret: str) -> Shown:
        """Sign in by the client's own command."""
        raise NotImplementedError

    @abstractmethod
    def push(self, recipe: Recipe, reference: str) -> Shown:
        """Make an image and push it."""

    @abstractmethod
    def push_on(self, recipe: Recipe, source: str, reference: str) -> Shown:
        """Push what was pushed or pulled as `source` under another name: the moment in which layers are mounted."""

    @abstractmethod
    def pull(self, reference: str) -> Shown:
        """Pull an image that is not there."""

    def layout(self, recipe: Recipe) -> Path:
        """Write the image as an OCI layout."""
        target = self.folder / "layouts" / recipe.repository.replace("/", "-")
        if not target.exists():
            recipe.write(self.folder / "context")
            target.parent.mkdir(exist_ok=True)
            write_layout(recipe, self.folder / "context", target)
        return target

    def run(self, *command: str, text: str | None = None, **environment: str) -> Result:
        return run(command, text=text, environment=self.environment | environment)

    @staticmethod
    def shown(result: Result, digest: str = "") -> Shown:
        lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
        said = re.sub(r'^time="[^"]*" ', "", lines[-1]) if lines else ""
        return Shown(result.returncode == 0, said, digest if result.returncode == 0 else "")


def pair(username: str, secret: str) -> str:
    """Return the `auth` of a client's file of credentials."""
    return base64.b64encode(f"{username}:{secret}".encode()).decode()
