"""What is counted of the registry's notifications."""

from prometheus_client import Counter, Gauge

_ENVELOPES = Counter("layerstore_registry_envelopes_total", "Notifications from the registry.", ["outcome"])
_EVENTS = Counter("layerstore_registry_events_total", "Registry events that had their effect.", ["action"])
_STREAMED = Counter("layerstore_stream_accepted_events_total", "Events that the listener took, by the way they went.", ["way"])
_WINDOWS = Counter("layerstore_stream_windows_total", "Windows of the event stream, by outcome.", ["outcome"])
_REPEATED = Counter("layerstore_stream_repeated_events_total", "Events of the stream that were known already.")
_DEAD = Counter("layerstore_stream_dead_letters_total", "Messages that no version of ours wrote.")
_MISSED = Counter("layerstore_stream_missed_events_total", "Events that Kafka deleted before they were read.")
_LAG = Gauge("layerstore_stream_lag_events", "Events that wait in a partition.", ["partition"], multiprocess_mode="livemostrecent")
_COMMITTED = Gauge(
    "layerstore_stream_last_commit_timestamp_seconds",
    "When a partition was last counted, or found to have nothing that waits.",
    ["partition"],
    multiprocess_mode="livemostrecent",
)


def note_envelope(*, outcome: str) -> None:
    """Count a notification: accepted, or why not."""
    _ENVELOPES.labels(outcome).inc()


def note_events(*, action: str, count: int) -> None:
    """Count events that had their effect."""
    _EVENTS.labels(action).inc(count)


def note_streamed(*, way: str, count: int) -> None:
    """Count events that the listener took: to Kafka, or to the inbox while Kafka is away."""
    _STREAMED.labels(way).inc(count)


def note_window(*, outcome: str) -> None:
    """Count a window: committed, or begun again and why."""
    _WINDOWS.labels(outcome).inc()


def note_repeated(count: int) -> None:
    """Count repetitions in the stream."""
    _REPEATED.inc(count)


def note_unreadable(count: int) -> None:
    """Count messages that cannot be read."""
    _DEAD.inc(count)


def note_missed(count: int) -> None:
    """Count events that are lost to the topic's retention."""
    _MISSED.inc(count)


def note_lag(*, partition: int, events: int) -> None:
    """Record how many events wait in a partition."""
    _LAG.labels(partition).set(events)


def note_committed(partition: int) -> None:
    """Record that a partition is counted up to now."""
    _COMMITTED.labels(partition).set_to_current_time()
