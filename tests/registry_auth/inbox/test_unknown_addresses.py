import pytest
from django.test import Client


@pytest.mark.parametrize("address", ["/", "/nothing/is/here", "/metrics/"])
def test_the_inner_listener_answers_an_unknown_address_in_text(inner_client: Client, address: str) -> None:
    answer = inner_client.get(address)

    assert (answer.status_code, answer["Content-Type"], answer.content) == (404, "text/plain", b"Not found\n")
