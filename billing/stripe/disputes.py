"""Answering disputes, and taking a seller's part back after one is lost (docs.stripe.com/api/disputes, /api/transfer_reversals)."""

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

import stripe

from billing.stripe import client
from billing.stripe.fields import metadata_value
from common.money import Money

if TYPE_CHECKING:
    from stripe.params import DisputeUpdateParamsEvidence, TransferReversalCreateParams

LONGEST_FIELD: Final = 20_000  # characters (Stripe, "The evidence object")
LONGEST_EVIDENCE: Final = 150_000  # of all fields together (Stripe, "Update a dispute")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is sent to a bank, by Stripe's names of its fields: texts in English, none longer than `LONGEST_FIELD`.

    Attributes:
        access_activity_log: when, from where and with what the buyer has pulled what they bought.
        uncategorized_text: receipt, mails, what the seller says, and the licence.
    """

    access_activity_log: str
    customer_email_address: str
    customer_name: str
    customer_purchase_ip: str
    product_description: str
    service_date: str
    uncategorized_text: str


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """What is taken back of a transfer; our fee goes back to the seller in proportion. `key` is the attempt's idempotency key."""

    reversal_id: UUID
    transfer_id: str
    amount: Money
    with_fee: bool
    key: str


def submit_evidence(dispute_id: str, evidence: Evidence, *, files: Mapping[str, bytes], key: str) -> None:
    """Send evidence to the bank. Banks look at one submission: there is no second.

    Args:
        files: PDFs by Stripe's names of the fields that take one, of 4.5 MB together at most.
        key: the attempt's idempotency key. Stripe repeats for a day what it answered to a key, refusals too.

    Raises:
        StripeRefused: it is too late, or the dispute is decided.
    """
    texts = {name: text for name, text in asdict(evidence).items() if text}
    with client.api("disputes") as v1:
        uploaded = {name: _upload(v1, name, pdf, key=f"{key}-{name}") for name, pdf in files.items()}
        fields = cast("DisputeUpdateParamsEvidence", texts | uploaded)
        v1.disputes.update(dispute_id, {"evidence": fields, "submit": True}, {"idempotency_key": key})


def _upload(v1: stripe.V1Services, name: str, pdf: bytes, *, key: str) -> str:
    """Give Stripe a file (docs.stripe.com/api/files/create); return its id."""
    file = io.BytesIO(pdf)
    file.name = f"{name}.pdf"
    return v1.files.create({"purpose": "dispute_evidence", "file": file}, {"idempotency_key": key}).id


def was_answered(dispute_id: str) -> bool:
    """Whether any evidence has reached the bank."""
    with client.api("disputes") as v1:
        return v1.disputes.retrieve(dispute_id).evidence_details.submission_count > 0


def reversal_made(request: ReversalRequest) -> str:
    """Return the id of the reversal that this request has already led to; empty if it has not."""
    with client.api("transfers") as v1:
        made = v1.transfers.reversals.list(request.transfer_id, {"limit": 100}).auto_paging_iter()
        return next((each.id for each in made if metadata_value(each.metadata, "reversal_id") == str(request.reversal_id)), "")


def reverse_transfer(request: ReversalRequest) -> str:
    """Take a part of a transfer back from its account; return Stripe's id.

    Raises:
        StripeAccountGone: the account is no longer connected to us.
        StripeRefused: the account does not have enough, for example.
    """
    params: TransferReversalCreateParams = {"amount": request.amount.minor, "metadata": {"reversal_id": str(request.reversal_id)}}
    if request.with_fee:
        params["refund_application_fee"] = True
    with client.api("transfers") as v1:
        return v1.transfers.reversals.create(request.transfer_id, params, {"idempotency_key": request.key}).id
