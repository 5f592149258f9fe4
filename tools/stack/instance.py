"""One instance of the stack: where its data lies, which addresses it has, which secrets it made for itself."""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.stack.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
LOWEST, HIGHEST = 1024, 28767  # plus 4000 stays below 32768, where outgoing connections may hold a port
SOCKET_PATH_LIMIT = 107  # unix(7)


@dataclass(frozen=True)
class Instance:
    """The addresses and folders of one stack. Two instances with another port and another folder share nothing.

    Attributes:
        copies: how many of each part of which there may be several behind one address: one here, more to see one of them die.
    """

    port: int
    var: Path
    copies: int = 1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Instance":
        """Read LAYERSTORE_PORT and LAYERSTORE_VAR.

        Raises:
            Problem: the port is no number, or outside the range in which all five ports are safe.
        """
        text = environment.get("LAYERSTORE_PORT") or "8080"
        if not (text.isascii() and text.isdigit()) or not LOWEST <= int(text) <= HIGHEST:
            do = f"set it to a number from {LOWEST} to {HIGHEST}: the inner parts take that + 1000, 2000, 3000 and 4000."
            raise Problem(f"LAYERSTORE_PORT is {text!r}.", do=do)
        return cls(port=int(text), var=Path(environment.get("LAYERSTORE_VAR") or ROOT / "var").resolve())

    @property
    def ports(self) -> dict[str, int]:
        """Every TCP port of the stack by the part that listens there, all on 127.0.0.1."""
        parts = ("nginx", "registry", "sandbox", "inner", "mail")
        return {part: self.port + 1000 * index for index, part in enumerate(parts)}

    @property
    def host(self) -> str:
        """The one public host: what a browser shows and what an image name begins with."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The public origin, without a final slash."""
        return f"http://{self.host}"

    @property
    def registry_url(self) -> str:
        """The registry's own address, behind the edge."""
        return f"http://127.0.0.1:{self.ports['registry']}"

    @property
    def sandbox_url(self) -> str:
        """Stripe's stand-in and the mailbox page."""
        return f"http://127.0.0.1:{self.ports['sandbox']}"

    @property
    def inner_url(self) -> str:
        """The listener that nginx does not know: registry events and metrics."""
        return f"http://127.0.0.1:{self.ports['inner']}"

    @cached_property
    def sockets(self) -> Path:
        """The short private folder of this instance's sockets; var/ may lie too deep for the limit of 107 bytes."""
        name = "layerstore-" + hashlib.sha256(str(self.var).encode()).hexdigest()[:8]
        if os.geteuid() == 0 and os.access("/run", os.W_OK):
            return Path("/run") / name
        base = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"  # noqa: S108 - the folder below is checked to be ours alone
        return Path(base) / name

    def socket(self, name: str) -> Path:
        """The path of a part's socket."""
        return self.sockets / f"{name}.sock"

    def copied(self, part: str) -> list[str]:
        """Return the names of a part's copies; the first has the part's own."""
        return [part, *(f"{part}-{number}" for number in range(2, self.copies + 1))]

    def log(self, part: str) -> Path:
        """The log file of a part."""
        return self.var / "log" / f"{part}.log"

    @property
    def unfinished_restore(self) -> Path:
        """A file that is there while a restore puts its parts in place: what lies beside it is of two shops."""
        return self.var / "restore-unfinished"

    def make_folders(self) -> None:
        """Make var/ and the sockets' folder, readable by nobody else.

        Raises:
            Problem: the sockets' folder is somebody else's.
        """
        make_private(self.var)
        for name in ("run", "redis", "registry", "media", "static", "keys", "sandbox", "clients", "metrics"):
            (self.var / name).mkdir(mode=0o700, exist_ok=True)
        self.sockets.mkdir(mode=0o711, exist_ok=True)
        status = self.sockets.lstat()
        if self.sockets.is_symlink() or status.st_uid != os.geteuid():
            raise Problem(
                f"{self.sockets} belongs to another user.", do=f"remove it, or set LAYERSTORE_VAR to another folder than {self.var}."
            )

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The instance's random secrets, made once and kept in var/secrets.json, readable by its owner alone."""
        file = self.var / "secrets.json"
        if file.exists():
            return dict(json.loads(file.read_text()))
        made = {
            "secret_key": secrets.token_urlsafe(48),
            "token_key": secrets.token_urlsafe(48),
            "events_secret": secrets.token_urlsafe(32),
            "registry_secret": secrets.token_urlsafe(32),
            "stripe_secret_key": f"sk_test_{secrets.token_hex(16)}",
            "stripe_webhook_secret": f"whsec_{secrets.token_hex(24)}",
        }
        write_private(file, json.dumps(made, indent=2) + "\n")
        return made


def make_private(var: Path) -> None:
    """Make var/ and its logs. Others may pass through var/, for PostgreSQL's user must, but read nothing in it."""
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    (var / "log").mkdir(mode=0o700, exist_ok=True)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, replacing an old one in one step."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    fresh.replace(file)
