"""What is counted of the registry's notifications."""

from prometheus_client import Counter

_ENVELOPES = Counter("layerstore_registry_envelopes_total", "Notifications from the registry.", ["outcome"])
_EVENTS = Counter("layerstore_registry_events_total", "Registry events that had their effect.", ["action"])


def note_envelope(*, outcome: str) -> None:
    """Count a notification: accepted, or why not."""
    _ENVELOPES.labels(outcome).inc()


def note_events(*, action: str, count: int) -> None:
    """Count events that had their effect."""
    _EVENTS.labels(action).inc(count)
