"""Getting the worker's registry tokens from the token endpoint, as every client does: only that process reads a signing key."""

import time
from typing import Final

import httpx
from django.conf import settings
from django.utils import timezone

from common.ops.answer_cache import AnswerCache
from registry_auth.client.errors import RegistryAway, RegistryRefused
from registry_auth.client.identity import service_credentials

GIVES_NO_TOKEN: Final = "The token endpoint"  # noqa: S105  how sentences begin that say so
_TIMEOUT = httpx.Timeout(10, connect=2)
_MOST_CACHED = 16  # requests about one repository follow each other
_SPARE_SECONDS = 30  # of its life that a cached token must still have


class ServiceTokens:
    """One connection to the token endpoint. Close it."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        url = settings.LAYERSTORE_TOKEN_URL
        # The authorities are read where TLS needs them alone: it takes 20 ms of processor time, and each job has a client of its own.
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT, transport=transport, trust_env=False, verify=url.startswith("https:"))
        self._cache = AnswerCache[str](most=_MOST_CACHED)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def token_for(self, scope: str) -> str:
        """Return a token for one scope, `repository:acme/db:pull` for example.

        Raises:
            RegistryAway: the endpoint does not answer, or not with a token; it may do so later.
            RegistryRefused: it does not accept this scope.
        """
        now = time.time()
        cached = self._cache.get(scope, now=now)
        if cached is not None:
            return cached
        answer = self._request(scope)
        token, seconds = str(answer["token"]), int(answer["expires_in"])
        self._cache.put(scope, token, until=now + seconds - _SPARE_SECONDS)
        return token

    def _request(self, scope: str) -> dict[str, str | int]:
        ours = service_credentials(now=timezone.now())
        params = {"service": settings.LAYERSTORE_SERVICE, "scope": scope}
        try:
            response = self._http.get("/auth/token", params=params, auth=(ours.username, ours.secret))
        except httpx.HTTPError as error:
            raise RegistryAway(f"{GIVES_NO_TOKEN} did not answer: {type(error).__name__}.") from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise RegistryAway(f"{GIVES_NO_TOKEN} does not recognise us: LAYERSTORE_TOKEN_KEYS or the clocks of the two processes differ.")
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise RegistryRefused(f"The token endpoint does not accept the scope {scope}.")
        if not response.is_success:
            raise RegistryAway(f"{GIVES_NO_TOKEN} answered {response.status_code}.")
        return dict(response.json())
