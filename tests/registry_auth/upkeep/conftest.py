"""A registry that the test writes as a table."""

import re

import httpx
import pytest

from marketplace.images.oci import INDEX, MANIFEST
from registry_auth.client.registry import RegistryClient
from tests.support.registry import OciImage, digest_of, index_of

MINE = OciImage(["one"])


class RegistryTable:
    """A registry of the test's making: tags and blobs by repository; `failing` holds repositories, or single references in one.

    `requests` records each request as method and path, without the leading `/v2/`.
    """

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.only_layers: list[str] = []
        self.types: dict[str, str] = {}
        self.failing: dict[str, int] = {}
        self.requests: list[str] = []

    def hold_index(self, repository: str, *images: OciImage) -> str:
        """Keep an index of images, but not these; return its digest."""
        index = index_of(list(images))
        self.tags.setdefault(repository, {})
        self.blobs[digest_of(index)] = index
        self.types[digest_of(index)] = INDEX
        return digest_of(index)

    def hold(self, repository: str, tag: str, image: OciImage = MINE) -> None:
        self.tags.setdefault(repository, {})[tag] = image.manifest
        self.blobs |= {**image.blobs, image.digest: image.manifest}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.requests.append(f"{request.method} {path.removeprefix('/v2/')}")
        if path == "/v2/_catalog":
            return httpx.Response(self.failing.get("_catalog", 200), json={"repositories": sorted([*self.tags, *self.only_layers])})
        found = re.fullmatch(r"/v2/(.+)/(tags|manifests|blobs)/(.+)", path)
        assert found
        repository, kind, reference = found.groups()
        if status := self.failing.get(repository) or self.failing.get(f"{repository}:{reference}"):
            return httpx.Response(status)
        tags = self.tags.get(repository)
        if kind == "tags":
            return httpx.Response(404) if tags is None else httpx.Response(200, json={"tags": sorted(tags)})
        if request.method == "DELETE":
            self.tags[repository] = {tag: content for tag, content in (tags or {}).items() if digest_of(content) != reference}
            self.blobs.pop(reference, None)
            return httpx.Response(202)
        content = (tags or {}).get(reference) or self.blobs.get(reference)
        if content is None:
            return httpx.Response(404)
        digest = digest_of(content)
        headers = {"Content-Type": self.types.get(digest, MANIFEST), "Docker-Content-Digest": digest}
        return httpx.Response(200, content=content, headers=headers)


@pytest.fixture
def table() -> RegistryTable:
    return RegistryTable()


@pytest.fixture
def registry(table, token_transport) -> RegistryClient:
    return RegistryClient(transport=httpx.MockTransport(table.answer), token_transport=token_transport)
