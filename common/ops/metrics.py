"""What Prometheus reads. With PROMETHEUS_MULTIPROC_DIR set, all processes that share the folder write there and one answer sums them up."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, start_http_server
from prometheus_client.core import REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

_CALLS = Counter("layerstore_dependency_calls_total", "Calls of other services.", ["dependency", "outcome"])
_CALL_SECONDS = Histogram(
    "layerstore_dependency_call_seconds",
    "Time until another service had answered, or had not.",
    ["dependency"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_collectors: list[Collector] = []


def collect_also(collector: Collector) -> None:
    """Ask the collector at each scrape of this process: for what is read when it is asked, and not counted when it happens."""
    _collectors.append(collector)


def exposition() -> bytes:
    """Return the metrics of all processes in Prometheus's text format."""
    return generate_latest(_registry())


def serve_metrics(listener: tuple[str, int]) -> None:
    """Serve `/metrics` for this process and those that it forks: where each process is a container of its own.

    Of several processes that share a container the first one serves; another one takes its place when it is started anew.

    Args:
        listener: the interface's address, and the port; 0 for nowhere.
    """
    address, port = listener
    if not port:
        return
    try:
        start_http_server(port, addr=address, registry=_registry())
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise


@contextmanager
def counted_call(dependency: str, *, away: tuple[type[Exception], ...]) -> Iterator[None]:
    """Count and time a call of another service: `answered`, or `away` if it raises one of these; any other exception is an answer."""
    began, outcome = time.perf_counter(), "answered"
    try:
        yield
    except away:
        outcome = "away"
        raise
    finally:
        _CALLS.labels(dependency, outcome).inc()
        _CALL_SECONDS.labels(dependency).observe(time.perf_counter() - began)


def _registry() -> CollectorRegistry:
    shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
    if not shared and not _collectors:
        return REGISTRY
    registry = CollectorRegistry()
    if shared:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    else:
        registry.register(REGISTRY)
    for collector in _collectors:
        registry.register(collector)
    return registry


def forget_process(pid: int) -> None:
    """Take away what a process that has ended said of itself as long as it lived."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # the library leaves it untyped
