"""What Prometheus sees. With PROMETHEUS_MULTIPROC_DIR set, all processes of the stack write there and one answer sums them up."""

import os
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector

_TOKEN_ANSWERS = Counter("layerstore_token_answers_total", "Answers of the token endpoint.", ["outcome"])
_TOKEN_SECONDS = Histogram(
    "layerstore_token_seconds", "Time to answer a token request.", buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
)
_ENVELOPES = Counter("layerstore_registry_envelopes_total", "Notifications from the registry.", ["outcome"])
_EVENTS = Counter("layerstore_registry_events_total", "Registry events that had their effect.", ["action"])


@cache
def _answers(outcome: str) -> Counter:
    return _TOKEN_ANSWERS.labels(outcome)


def note_token_answer(*, outcome: str, seconds: float) -> None:
    """Count an answer of the token endpoint."""
    _answers(outcome).inc()
    _TOKEN_SECONDS.observe(seconds)


def note_envelope(*, outcome: str) -> None:
    """Count a notification: accepted, or why not."""
    _ENVELOPES.labels(outcome).inc()


def note_events(*, action: str, count: int) -> None:
    """Count events that had their effect."""
    _EVENTS.labels(action).inc(count)


def exposition() -> bytes:
    """Return the metrics of all processes in Prometheus's text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return generate_latest(registry)
