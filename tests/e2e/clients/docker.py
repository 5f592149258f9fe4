"""docker, with an identity token and with a password."""

import json
from collections.abc import Mapping

from tests.e2e.clients.tool import DIGEST, Shown, Tool, pair
from tools.stack.docker import Result
from tools.stack.recipes import Recipe


class Docker(Tool):
    """docker as it is: `docker login` gets an identity token, keeps that instead of the password, and asks by POST ever after."""

    name = "docker"
    says_not_signed_in = says_wrong = "unauthorized: {wrong}"
    says_for_sale = "denied: {for_sale}"
    daemon = ""

    def forget(self) -> None:
        self._write({})

    def remember(self, username: str, secret: str) -> None:
        self._write({self.host: {"auth": pair(username, ""), "identitytoken": secret}})

    def remember_identity(self, username: str, token: str) -> None:
        self._write({self.host: {"auth": pair(username, ""), "identitytoken": token}})

    def _write(self, auths: Mapping[str, Mapping[str, str]]) -> None:
        (self.own / "config.json").write_text(json.dumps({"auths": auths}))

    def sign_in(self, username: str, secret: str) -> Shown:
        return self.shown(self._docker("login", "--username", username, "--password-stdin", self.host, text=secret))

    def push(self, recipe: Recipe, reference: str) -> Shown:
        recipe.write(self.folder / "context")
        built = self._docker("build", "--quiet", "--tag", reference, str(self.folder / "context"))
        assert built.returncode == 0, built.stdout
        return self._moved("push", reference)

    def push_on(self, recipe: Recipe, source: str, reference: str) -> Shown:
        self._docker("tag", source, reference)
        return self._moved("push", reference)

    def pull(self, reference: str) -> Shown:
        self._docker("rmi", reference)
        return self._moved("pull", reference)

    def _moved(self, verb: str, reference: str) -> Shown:
        result = self._docker(verb, reference)
        found = DIGEST.search(result.stdout.rpartition("igest: ")[2])
        return self.shown(result, found[0] if found else "")

    def _docker(self, *arguments: str, text: str | None = None) -> Result:
        return self.run("docker", *arguments, text=text, DOCKER_HOST=self.daemon, DOCKER_CONFIG=str(self.own), DOCKER_BUILDKIT="0")


class DockerWithPassword(Docker):
    """docker with credentials that were written into its file, as pipelines do: it asks by GET, with the password, each time."""

    name = "docker with password"
    signs_in = False

    def remember(self, username: str, secret: str) -> None:
        self._write({self.host: {"auth": pair(username, secret)}})
