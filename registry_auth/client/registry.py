"""Using the registry as its owner: catalogue, tags, manifests, blobs, deletion. Never called inside a transaction.

Source: OCI distribution-spec 1.1 and distribution's API ("Listing Repositories", pagination by `Link`). Its content was written by
strangers, so every response that is read into memory has a limit, and listings are streamed.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Self
from urllib.parse import quote

import httpx
import ijson
from django.conf import settings
from ijson.common import JSONError

from common.ops.metrics import counted_call
from common.ops.tracing import span
from marketplace.images.oci import MANIFEST_TYPES, SHA256
from registry_auth.client.errors import RegistryAway, RegistryFailed, RegistryRefused
from registry_auth.client.tokens import ServiceTokens

DEPENDENCY = "registry"  # its name in `common.db.outages`
TAKES_NO_CONNECTION = "The registry takes no connection"
LARGEST_DOCUMENT = 4 * 1024 * 1024  # distribution's own limit of a manifest
PAGE = 100
_TIMEOUT = httpx.Timeout(10, connect=2)
_LONGEST_DOCUMENT = 20  # seconds until a manifest or configuration has arrived, however slowly its bytes come
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class RegistryManifest:
    """A manifest as the registry stores it; the digest is that of the content."""

    digest: str
    media_type: str
    content: bytes


class RegistryClient:
    """One connection to the registry, with a token for each request. Use as a context manager.

    Raises (everywhere):
        RegistryAway: no connection, or no token.
        RegistryFailed: no response in time, half of one, or a status that may pass: this request may succeed later.
        RegistryRefused: a response that repeating the request will not change.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None, *, token_transport: httpx.BaseTransport | None = None) -> None:
        self._tokens = ServiceTokens(token_transport)
        url = settings.LAYERSTORE_REGISTRY_URL
        # The authorities are read where TLS needs them alone: it takes 20 ms of processor time, and each job has a client of its own.
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT, transport=transport, trust_env=False, verify=url.startswith("https:"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._tokens.close()

    def repositories(self) -> Iterator[str]:
        """Yield the names of all repositories that anything was uploaded to, page by page."""
        return self._listing(f"/v2/_catalog?n={PAGE}", "registry:catalog:*", "repositories.item")

    def answers(self) -> None:
        """Make the smallest request that needs a token and the storage."""
        next(self.repositories(), None)

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the repository's tags; none if the registry has no such repository."""
        return self._listing(f"/v2/{repository}/tags/list?n={PAGE}", _scope(repository, "pull"), "tags.item")

    def manifest(self, repository: str, reference: str) -> RegistryManifest | None:
        """Return a manifest by tag or digest; None if there is none."""
        path = f"/v2/{repository}/manifests/{quote(reference, safe=':')}"
        with self._exchange("GET", path, _scope(repository, "pull"), accept=", ".join(MANIFEST_TYPES)) as response:
            if response is None:
                return None
            content = _whole(response)
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            if re.fullmatch(SHA256, reference) and digest != reference:
                raise RegistryRefused(f"The registry's content of {reference} has another digest.")
            return RegistryManifest(digest, response.headers.get("Content-Type", "").partition(";")[0].strip(), content)

    def manifest_digest(self, repository: str, reference: str) -> str | None:
        """Return the digest that a tag points at; None if there is no such tag. Transfers no manifest."""
        path = f"/v2/{repository}/manifests/{quote(reference, safe=':')}"
        with self._exchange("HEAD", path, _scope(repository, "pull"), accept=", ".join(MANIFEST_TYPES)) as response:
            return None if response is None else response.headers.get("Docker-Content-Digest")

    def blob(self, repository: str, digest: str) -> bytes | None:
        """Return a small blob, an image's configuration for example; None if there is none."""
        with self._exchange("GET", f"/v2/{repository}/blobs/{quote(digest, safe=':')}", _scope(repository, "pull")) as response:
            return None if response is None else _whole(response)

    def blob_size(self, repository: str, digest: str) -> int | None:
        """Return the bytes of a blob that can be pulled from the repository; None if there is none. Transfers no blob."""
        path = f"/v2/{repository}/blobs/{quote(digest, safe=':')}"
        with self._exchange("HEAD", path, _scope(repository, "pull")) as response:
            return None if response is None else int(response.headers.get("Content-Length", 0))

    def delete_manifest(self, repository: str, digest: str) -> None:
        """Delete a manifest with all tags that point at it; it is no error if there is none."""
        with self._exchange("DELETE", f"/v2/{repository}/manifests/{quote(digest, safe=':')}", _scope(repository, "delete", "pull")):
            pass

    def _listing(self, path: str, scope: str, items: str) -> Iterator[str]:
        following: str | None = path
        while following is not None:
            with self._exchange("GET", following, scope) as response:
                if response is None:
                    return
                yield from ijson.items(_Stream(response), items)
                following = _next_page(response)

    @contextmanager
    def _exchange(self, method: str, path: str, scope: str, *, accept: str = "*/*") -> Iterator[httpx.Response | None]:
        """Send one request and yield the response, or None for 404."""
        headers = {"Authorization": f"Bearer {self._tokens.token_for(scope)}", "Accept": accept}
        request = f"{method} {path}"
        try:
            with (
                span("registry", method=method),
                counted_call("registry", away=(httpx.HTTPError,)),
                self._http.stream(method, path, headers=headers) as response,
            ):
                yield None if response.status_code == HTTPStatus.NOT_FOUND else _accepted(response, request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise RegistryAway(f"{TAKES_NO_CONNECTION}: {type(error).__name__}.") from error
        except httpx.TimeoutException as error:
            raise RegistryFailed("gives no answer in time", request=request) from error
        except (httpx.HTTPError, JSONError) as error:
            raise RegistryFailed("broke off its answer", request=request) from error


class _Stream:
    """A response's body as the file that ijson reads."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.iter_bytes(64 * 1024)

    def read(self, size: int = -1) -> bytes:
        return b"" if size == 0 else next(self._chunks, b"")


def _accepted(response: httpx.Response, request: str) -> httpx.Response:
    if response.is_success:
        return response
    # 401 is about our token and not about what was requested: while the authority changes, the next token is a good one.
    if response.is_server_error or response.status_code in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAUTHORIZED}:
        raise RegistryFailed(f"answered {response.status_code}", request=request)
    raise RegistryRefused(f"The registry answered {response.status_code} to {request}.")


def _whole(response: httpx.Response) -> bytes:
    content, end = bytearray(), monotonic() + _LONGEST_DOCUMENT
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LARGEST_DOCUMENT:
            raise RegistryRefused("A document in the registry is larger than any manifest or configuration.")
        if monotonic() > end:
            raise RegistryFailed("trickles its answer", request=response.request.url.path)
    return bytes(content)


def _next_page(response: httpx.Response) -> str | None:
    match = _NEXT.search(response.headers.get("Link", ""))
    # Only path and query are used: the host is always ours, whatever the link says.
    return None if match is None else httpx.URL(match[1]).raw_path.decode("ascii")


def _scope(repository: str, *actions: str) -> str:
    return f"repository:{repository}:{','.join(actions)}"
