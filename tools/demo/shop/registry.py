"""Pushing to the registry as a client does: a token for the repository, then blobs, then manifests. No docker needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from marketplace.images.oci import MANIFEST_TYPES
from tools.demo.shop.images import Version
from tools.stack.problems import Problem

_TIMEOUT = 60


@dataclass(slots=True)
class Pusher:
    """One client of the registry, for one seller at a time.

    Attributes:
        base: the public address of the shop.
        service: as the registry's tokens name it.
        digests: blobs that were pushed, by repository, so that none is pushed twice.
    """

    base: str
    service: str
    http: httpx.Client = field(init=False)
    digests: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.base, timeout=_TIMEOUT, trust_env=False)

    def push(self, repository: str, versions: Sequence[Version], *, username: str, secret: str) -> int:
        """Push versions, oldest first, and return how many manifests that were.

        Raises:
            Problem: the registry or the token endpoint refuses.
        """
        if not versions:
            return 0
        headers = {"Authorization": f"Bearer {self.token(repository, 'pull,push', username=username, secret=secret)}"}
        count = 0
        for version in versions:
            for blob in version.blobs.values():
                self._push_blob(repository, blob.digest, blob.content, headers)
            for push in version.pushes:
                kind = {"Content-Type": push.manifest.media_type}
                url = f"/v2/{repository}/manifests/{push.reference}"
                self._done(self.http.put(url, content=push.manifest.content, headers=headers | kind))
                count += 1
        return count

    def token(self, repository: str, actions: str, *, username: str, secret: str) -> str:
        """Return a registry token for one repository.

        Raises:
            Problem: the endpoint refuses.
        """
        params = {"service": self.service, "scope": f"repository:{repository}:{actions}"}
        return str(self._done(self.http.get("/auth/token", params=params, auth=(username, secret))).json()["token"])

    def pull(self, repository: str, digest: str, *, username: str, secret: str) -> bytes:
        """Return a manifest by its digest, as somebody who may pull it gets it.

        Raises:
            Problem: they may not, or it is not there.
        """
        token = self.token(repository, "pull", username=username, secret=secret)
        headers = {"Authorization": f"Bearer {token}", "Accept": ", ".join(MANIFEST_TYPES)}
        return self._done(self.http.get(f"/v2/{repository}/manifests/{digest}", headers=headers)).content

    def _push_blob(self, repository: str, digest: str, content: bytes, headers: dict[str, str]) -> None:
        pushed = self.digests.setdefault(repository, set())
        if digest in pushed:
            return
        begun = self._done(self.http.post(f"/v2/{repository}/blobs/uploads/", headers=headers))
        binary = {"Content-Type": "application/octet-stream"}
        url = httpx.URL(begun.headers["Location"]).copy_add_param("digest", digest)
        self._done(self.http.put(url, content=content, headers=headers | binary))
        pushed.add(digest)

    @staticmethod
    def _done(response: httpx.Response) -> httpx.Response:
        if not response.is_success:
            request = response.request
            raise Problem(
                f"{request.method} {request.url} was answered {response.status_code}: {response.text[:300]}",
                do="look at var/log/registry.log.",
            )
        return response
