"""The protocol without a client."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

from tests.e2e.clients.tool import Shown, Tool
from tools.stack.docker import Result
from tools.stack.recipes import Recipe

MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


class Curl(Tool):
    """The bare protocol, by hand."""

    name = "curl"
    says_not_signed_in = says_wrong = "{wrong}"
    says_for_sale = "{for_sale}"
    user: tuple[str, ...] = ()

    def forget(self) -> None:
        self.user = ()

    def remember(self, username: str, secret: str) -> None:
        self.user = ("--user", f"{username}:{secret}")

    def sign_in(self, username: str, secret: str) -> Shown:
        self.remember(username, secret)
        return self.shown(self._token())

    def push(self, recipe: Recipe, reference: str) -> Shown:
        return self._push(recipe, reference, source=None)

    def push_on(self, recipe: Recipe, source: str, reference: str) -> Shown:
        return self._push(recipe, reference, source=self._repository(source))

    def pull(self, reference: str) -> Shown:
        repository, tag = self._repository(reference), reference.rpartition(":")[2]
        answer = self._token(f"repository:{repository}:pull")
        if answer.returncode:
            return self.shown(answer)
        bearer = self._bearer(answer)
        manifest = self._curl(*bearer, "--header", f"Accept: {MANIFESTS}", self._url(repository, f"manifests/{tag}"))
        if manifest.returncode:
            return self.shown(manifest)
        described = json.loads(manifest.stdout)
        for blob in (described["config"], *described["layers"]):
            file = self.own / "blob"
            got = self._curl(*bearer, "--output", str(file), self._url(repository, f"blobs/{blob['digest']}"))
            if got.returncode or digest_of(file.read_bytes()) != blob["digest"]:
                return Shown(worked=False, said=f"blob {blob['digest']} did not come: {got.stdout}")
        return self.shown(manifest, digest_of(manifest.stdout.encode()))

    def _push(self, recipe: Recipe, reference: str, source: str | None) -> Shown:
        repository, tag = self._repository(reference), reference.rpartition(":")[2]
        scopes = [f"repository:{repository}:pull,push", *([f"repository:{source}:pull"] if source else [])]
        bearer = self._bearer(self._token(*scopes))
        layout = self.layout(recipe)
        digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
        manifest = self._blob(layout, digest)
        described = json.loads(manifest.read_text())
        for blob in (described["config"], *described["layers"]):
            mount = f"?mount={blob['digest']}&from={source}" if source else ""
            begun = self._curl(*bearer, "--request", "POST", "--include", self._url(repository, f"blobs/uploads/{mount}"))
            if begun.returncode:
                return self.shown(begun)
            place = re.search(r"(?im)^location: (\S+)", begun.stdout)
            if place and " 201 " not in begun.stdout.splitlines()[0]:
                url = f"{self.instance.url}{place[1]}{'&' if '?' in place[1] else '?'}digest={blob['digest']}"
                octets = ("--header", "Content-Type: application/octet-stream")
                self._curl(*bearer, *octets, "--upload-file", str(self._blob(layout, blob["digest"])), url)
        kind = ("--header", f"Content-Type: {described['mediaType']}")
        return self.shown(self._curl(*bearer, *kind, "--upload-file", str(manifest), self._url(repository, f"manifests/{tag}")), digest)

    @staticmethod
    def _blob(layout: Path, digest: str) -> Path:
        return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _repository(self, reference: str) -> str:
        return reference.removeprefix(f"{self.host}/").rpartition(":")[0]

    def _url(self, repository: str, rest: str) -> str:
        return f"{self.instance.url}/v2/{repository}/{rest}"

    def _token(self, *scopes: str) -> Result:
        fields = [word for scope in scopes for word in ("--data-urlencode", f"scope={scope}")]
        return self._curl(*self.user, "--get", "--data", "service=layerstore", *fields, f"{self.instance.url}/auth/token")

    @staticmethod
    def _bearer(answer: Result) -> tuple[str, str]:
        return "--header", f"Authorization: Bearer {json.loads(answer.stdout)['token']}"

    def _curl(self, *arguments: str) -> Result:
        result = self.run("curl", "--silent", "--show-error", "--fail-with-body", "--noproxy", "*", *arguments)
        # With a refusal comes curl's own line; what we say is the message in the body.
        said = re.search(r'"message":\s*"([^"]*)"', result.stdout) if result.returncode else None
        return subprocess.CompletedProcess(result.args, result.returncode, said[1] if said else result.stdout)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
