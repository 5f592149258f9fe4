"""Requests to servers that a test has started: on loopback, past any proxy, and without TLS."""

from typing import Any

import httpx

WITHOUT_CERTIFICATES = httpx.create_ssl_context(verify=False, trust_env=False)  # one for all: httpx makes one for each request


def ask(method: str, url: str | httpx.URL, **request: Any) -> httpx.Response:
    """Send a request on a connection of its own, as `httpx.request` does, but load no certificates: that takes a hundred times as long."""
    return httpx.request(method, url, trust_env=False, verify=WITHOUT_CERTIFICATES, **request)
