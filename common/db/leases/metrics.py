"""What is counted of leases."""

from prometheus_client import Counter

_LEASES = Counter(
    "layerstore_job_leases_total",
    "Times that a periodic job asked for its lease (granted, held by somebody else, store away), and times that it lost it.",
    ["job", "outcome"],
)


def note_lease(job: str, outcome: str) -> None:
    """Count what became of a job's question for its lease: granted, held, away; and lost, for a grant that did not last."""
    _LEASES.labels(job, outcome).inc()
