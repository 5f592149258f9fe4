"""What is no notification."""

from common.errors import DomainError


class MalformedEnvelope(DomainError):
    """A notification that is none. 400."""

    code = "malformed_envelope"
    status = 400
