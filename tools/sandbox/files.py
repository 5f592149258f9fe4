"""Files that are uploaded: what they are called, how large they are and what for. What is in them is not kept.

Source: https://docs.stripe.com/api/files, https://docs.stripe.com/file-upload
"""

from dataclasses import dataclass
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest

LARGEST = 5_000_000  # bytes of a file of evidence
KINDS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG": "png"}
OF_EVIDENCE = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A part of a form that is a file."""

    name: str
    content: bytes


def create_file(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """Take a file for a dispute.

    Raises:
        InvalidRequest: no file, one of another kind or too large, or a purpose that the sandbox does not play.
    """
    upload = params["file"]
    if not isinstance(upload, Upload):
        raise InvalidRequest("Invalid file: send it as multipart/form-data.", param="file")
    if params["purpose"] != "dispute_evidence":
        raise InvalidRequest("The sandbox plays purpose=dispute_evidence only.", param="purpose")
    if "file_link_data" in params:
        raise InvalidRequest("The sandbox does not play file_link_data.", param="file_link_data")
    kind = next((name for beginning, name in KINDS.items() if upload.content.startswith(beginning)), None)
    if kind is None:
        raise InvalidRequest("Invalid file: must be one of pdf, jpg, or png for this purpose.", param="file")
    if len(upload.content) > LARGEST:
        raise InvalidRequest(f"The file is too large: at most {LARGEST} bytes.", param="file")
    return act.make("file", filename=upload.name, purpose=params["purpose"], size=len(upload.content), type=kind)


def require_files(act: Act, evidence: dict[str, Any]) -> None:
    """Make sure that what evidence names as a file was uploaded for it.

    Raises:
        NotFound: it was not.
    """
    for name in OF_EVIDENCE:
        if evidence.get(name):
            act.find("file", evidence[name], f"evidence[{name}]", "file upload")
