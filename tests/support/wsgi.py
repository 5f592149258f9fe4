"""Asking a WSGI application as its server does: in the test's own process, or over a port. Django handles none of its requests."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication
from wsgiref.validate import validator

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.test.testcases import LiveServerThread


class WsgiClient(Client):
    """Django's test client before a WSGI application; both sides of each exchange are checked against PEP 3333."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self.handler = _Handler(application)


class _Handler(ClientHandler):
    """Stands where the test client has Django's handlers."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = validator(application)

    def __call__(self, environ: dict[str, Any]) -> Any:  # the stubs' own type is not one that a test could make
        request = WSGIRequest(environ)
        began: list[tuple[str, list[tuple[str, str]]]] = []
        request.environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read())  # Django's stand-in fails at its end, where a server's ends

        def start(status: str, headers: list[tuple[str, str]], _error: object = None, /) -> Callable[[bytes], object]:
            began.append((status, headers))
            return _write_nothing

        with closing(cast("Generator[bytes]", self._application(request.environ, start))) as body:
            content = b"".join(body)
        ((status, headers),) = began
        response = HttpResponse(content, status=int(status[:3]), headers=dict(headers))
        setattr(response, "wsgi_request", request)  # noqa: B010  the test client reads it, the types do not know it
        return response


def _write_nothing(_content: bytes) -> None:
    """Stand for the `write` of PEP 3333, which ours does not use."""
    raise NotImplementedError


@contextmanager
def serving(applications: Mapping[str, WSGIApplication]) -> Iterator[str]:
    """Serve each application for all paths that begin with its key, and Django's own addresses beside them; yield the server's URL.

    Needs a test whose rows are committed: each request has a thread and a database connection of its own.
    """

    def beside(django: WSGIApplication) -> WSGIApplication:
        def answer(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
            named = [application for below, application in applications.items() if environ["PATH_INFO"].startswith(below)]
            return [*named, django][0](environ, start)

        return answer

    thread = LiveServerThread("127.0.0.1", cast("type[WSGIHandler]", beside))  # it is only called
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    try:
        if thread.error:
            raise thread.error
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
