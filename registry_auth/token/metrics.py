"""What is counted of the token endpoint."""

from functools import cache

from prometheus_client import Counter, Histogram

_TOKEN_ANSWERS = Counter("layerstore_token_answers_total", "Answers of the token endpoint.", ["outcome"])
_TOKEN_SECONDS = Histogram(
    "layerstore_token_seconds", "Time to answer a token request.", buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
)


@cache
def _answers(outcome: str) -> Counter:
    return _TOKEN_ANSWERS.labels(outcome)


def note_token_answer(*, outcome: str, seconds: float) -> None:
    """Count an answer of the token endpoint."""
    _answers(outcome).inc()
    _TOKEN_SECONDS.observe(seconds)
