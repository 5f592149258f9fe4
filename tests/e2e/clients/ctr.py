"""containerd."""

import tarfile
from pathlib import Path

from tests.e2e.clients.tool import DIGEST, Shown, Tool
from tools.stack.docker import Result
from tools.stack.recipes import Recipe


class Ctr(Tool):
    """containerd's ctr, which is given credentials with each command, and asks by POST first."""

    name = "ctr"
    signs_in = False
    says_wrong = "401 Unauthorized"
    says_for_sale = "403 Forbidden"
    socket = Path()
    mounts = True
    user: tuple[str, ...] = ()

    def forget(self) -> None:
        self.user = ()

    def remember(self, username: str, secret: str) -> None:
        self.user = ("--user", f"{username}:{secret}")

    def remember_identity(self, username: str, token: str) -> None:
        self.user = ("--refresh", token)

    def push(self, recipe: Recipe, reference: str) -> Shown:
        archive = self.folder / "image.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(self.layout(recipe), arcname="")
        self._ctr("images", "import", "--no-unpack", "--index-name", "imported", str(archive))
        return self.push_on(recipe, "imported", reference)

    def push_on(self, recipe: Recipe, source: str, reference: str) -> Shown:
        self._ctr("images", "tag", "--force", source, reference)
        return self.shown(self._ctr("images", "push", "--plain-http", *self.user, reference), self._digest(reference))

    def pull(self, reference: str) -> Shown:
        self._ctr("images", "rm", "--sync", reference)
        # Unpacking needs the right to mount; fetching the same content does not.
        verb = ("images", "pull", "--snapshotter", "native") if self.mounts else ("content", "fetch")
        return self.shown(self._ctr(*verb, "--plain-http", *self.user, reference), self._digest(reference))

    def _digest(self, reference: str) -> str:
        found = DIGEST.search(self._ctr("images", "ls", f"name=={reference}").stdout)
        return found[0] if found else ""

    def _ctr(self, *arguments: str) -> Result:
        return self.run("ctr", "--address", str(self.socket), "--namespace", "matrix", *arguments)
