"""What was given up is told to the stream's dead-letter topic as well: a row says so, and a consumer of the stream does it."""

from django.conf import settings

from registry_auth.inbox.models import DeadLetter, RegistryEnvelope


def note_given_up(envelope: RegistryEnvelope) -> None:
    """Let the dead-letter topic be told of an envelope, if there is a stream."""
    if settings.LAYERSTORE_EVENTS == "kafka":
        DeadLetter.objects.get_or_create(envelope=envelope)
