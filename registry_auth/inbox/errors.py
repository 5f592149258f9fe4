"""What goes wrong with notifications."""

from common.errors import DomainError


class MalformedEnvelope(DomainError):
    """The body is not a notification. 400."""

    code = "malformed_envelope"
    status = 400
