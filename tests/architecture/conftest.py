"""What tests that ask many addresses share."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse


@pytest.fixture
def refusals_of_status_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer what is refused, or is not there, without the page that says so: that takes longer than to refuse, and has tests of its own."""
    for status in (403, 404):
        monkeypatch.setattr(f"config.urls.handler{status}", _status_alone(status))


def _status_alone(status: int) -> Callable[..., HttpResponse]:
    def answer(_request: HttpRequest, exception: Exception) -> HttpResponse:
        return HttpResponse(status=status)

    return answer
