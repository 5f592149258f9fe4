"""Files for disputes, as the SDK sends them."""

import io
from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox

PDF = b"%PDF-1.7 a receipt"


def upload(sandbox: Sandbox, content: bytes, *, purpose: str = "dispute_evidence", key: str = "", **params: Any) -> Any:
    file = io.BytesIO(content)
    file.name = "receipt.pdf"
    client: Any = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": sandbox.url, "files": sandbox.url}, max_network_retries=0)
    options = {"idempotency_key": key} if key else {}
    return client.v1.files.create({"purpose": purpose, "file": file, **params}, options)


def test_a_file_is_uploaded_once_for_a_key_and_sent_with_evidence(sandbox: Sandbox) -> None:
    made, again = (upload(sandbox, PDF, key="once") for _ in range(2))
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")

    assert (made.filename, made.size, made.type, again.id) == ("receipt.pdf", len(PDF), "pdf", made.id)
    assert sandbox.api.files.retrieve(made.id).purpose == "dispute_evidence"
    dispute = sandbox.api.disputes.update(opened["id"], {"evidence": {"receipt": made.id}, "submit": True})
    assert (dispute.status, dispute.evidence.receipt) == ("under_review", made.id)


def test_what_is_no_file_for_a_dispute_is_refused(sandbox: Sandbox) -> None:
    for content, params in (
        (b"no picture", {}),
        (PDF + bytes(5_000_000), {}),
        (PDF, {"purpose": "business_logo"}),
        (PDF, {"file_link_data": {"create": True}}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            upload(sandbox, content, **params)
    answer = sandbox.http.post(
        "/v1/files", data={"purpose": "dispute_evidence", "file": "x"}, headers={"authorization": "Bearer sk_test_sandbox"}
    )
    assert (answer.status_code, sandbox.api.files.list().data) == (400, [])


def test_evidence_names_no_file_that_was_not_uploaded(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")

    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.disputes.update(opened["id"], {"evidence": {"receipt": "file_1nobody"}, "submit": True})

    assert caught.value.param == "evidence[receipt]"
    assert sandbox.api.disputes.retrieve(opened["id"]).status == "needs_response"
