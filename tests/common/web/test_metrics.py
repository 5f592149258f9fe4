import pytest
from django.test import Client
from prometheus_client.core import REGISTRY

pytestmark = pytest.mark.django_db


def answered(view: str, method: str, status: int) -> float:
    labels = {"view": view, "method": method, "status": str(status)}
    return REGISTRY.get_sample_value("layerstore_http_requests_total", labels) or 0.0


def timed(view: str) -> float:
    return REGISTRY.get_sample_value("layerstore_http_request_seconds_count", {"view": view}) or 0.0


@pytest.mark.parametrize(
    ("path", "method", "counted"),
    [
        ("/", "GET", ("marketplace:home", "GET", 200)),
        ("/help/docker/", "HEAD", ("marketplace:help_docker", "HEAD", 200)),
        ("/no/such/address/at/all/", "GET", ("none", "GET", 404)),
        ("/", "BREW", ("marketplace:home", "other", 405)),
    ],
)
def test_a_request_is_counted_by_view_method_and_status(path: str, method: str, counted: tuple[str, str, int]):
    before, before_timed = answered(*counted), timed(counted[0])

    Client().generic(method, path)

    assert answered(*counted) == before + 1
    assert timed(counted[0]) == before_timed + 1


def test_an_address_that_a_stranger_chose_is_no_label():
    Client().get("/chosen-by-a-stranger/and-long/")

    labels = {sample.labels.get("view") for family in REGISTRY.collect() if "http_request" in family.name for sample in family.samples}
    assert not [view for view in labels if view and "stranger" in view]
