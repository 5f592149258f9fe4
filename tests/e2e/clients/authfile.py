"""podman, buildah and skopeo."""

import json
from functools import cached_property
from pathlib import Path

from tests.e2e.clients.tool import Shown, Tool, pair
from tools.stack.recipes import Recipe


class AuthFile(Tool):
    """podman, buildah and skopeo: one library, one file of credentials, one way to say each thing."""

    says_not_signed_in = "invalid username/password"
    says_wrong = "invalid username/password: unauthorized: {wrong}"
    says_for_sale = "403 (Forbidden)"

    def forget(self) -> None:
        self._file.write_text("{}")

    def remember(self, username: str, secret: str) -> None:
        self._file.write_text(json.dumps({"auths": {self.host: {"auth": pair(username, secret)}}}))

    def remember_identity(self, username: str, token: str) -> None:
        self._file.write_text(json.dumps({"auths": {self.host: {"auth": pair(username, ""), "identitytoken": token}}}))

    def sign_in(self, username: str, secret: str) -> Shown:
        words = ("login", "--tls-verify=false", "--authfile", str(self._file), "--username", username, "--password-stdin", self.host)
        return self.shown(self.run(*self.command, *words, text=secret))

    @property
    def command(self) -> tuple[str, ...]:
        return (self.name, "--root", f"{self.folder}/store", "--runroot", f"{self.folder}/run", "--storage-driver", "vfs")

    @property
    def _file(self) -> Path:
        return self.own / "auth.json"

    @cached_property
    def _trust(self) -> tuple[str, ...]:
        policy = self.folder / "policy.json"
        policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        return ("--tls-verify=false", f"--signature-policy={policy}")

    def push(self, recipe: Recipe, reference: str) -> Shown:
        recipe.write(self.folder / "context")
        built = self.run(*self.command, "build", "--isolation", "chroot", "--tag", reference, str(self.folder / "context"))
        assert built.returncode == 0, built.stdout
        return self._push(reference, reference)

    def push_on(self, recipe: Recipe, source: str, reference: str) -> Shown:
        return self._push(source, reference)

    def pull(self, reference: str) -> Shown:
        self.run(*self.command, "rmi", "--all", "--force")
        result = self.run(*self.command, "pull", *self._trust, f"--authfile={self._file}", reference)
        listed = self.run(*self.command, "images", "--format={{.Digest}}", reference).stdout.strip()
        return self.shown(result, listed)

    def _push(self, image: str, reference: str) -> Shown:
        digest = self.folder / "digest"
        words = ("push", *self._trust, f"--authfile={self._file}", f"--digestfile={digest}", image, f"docker://{reference}")
        result = self.run(*self.command, *words)
        return self.shown(result, digest.read_text() if result.returncode == 0 else "")


class Podman(AuthFile):
    name = "podman"


class Buildah(AuthFile):
    name = "buildah"


class Skopeo(AuthFile):
    """skopeo, whose store is a layout."""

    name = "skopeo"

    @property
    def command(self) -> tuple[str, ...]:
        return ("skopeo",)

    def push(self, recipe: Recipe, reference: str) -> Shown:
        return self._copy("dest", f"oci:{self.layout(recipe)}:{recipe.tag}", f"docker://{reference}")

    def push_on(self, recipe: Recipe, source: str, reference: str) -> Shown:
        return self.push(recipe, reference)

    def pull(self, reference: str) -> Shown:
        return self._copy("src", f"docker://{reference}", f"dir:{self.own / 'pulled'}")

    def _copy(self, side: str, source: str, target: str) -> Shown:
        digest = self.folder / "digest"
        words = ("copy", f"--authfile={self._file}", f"--{side}-tls-verify=false", f"--digestfile={digest}", source, target)
        result = self.run("skopeo", "--insecure-policy", *words)
        return self.shown(result, digest.read_text() if result.returncode == 0 else "")
