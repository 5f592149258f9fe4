"""What goes wrong with notifications."""

from common.errors import DomainError


class MalformedEnvelope(DomainError):
    """The body is not a notification. 400."""

    code = "malformed_envelope"
    status = 400


class UnreadableMessage(DomainError):
    """A message of the event stream is none of ours. 400."""

    code = "unreadable_message"
    status = 400


class StreamTrouble(Exception):
    """A consumer of the event stream has to begin again from what is committed. Nothing was committed."""


class PartitionLost(StreamTrouble):
    """Another consumer has taken a partition."""


class CountedByInbox(StreamTrouble):
    """The inbox has applied an event of this window in the meantime."""


class StreamAway(Exception):
    """Kafka has not acknowledged what it was sent."""


class TopicMissing(Exception):
    """The topic is missing and may not be made."""
