from celery import Celery
from prometheus_client.core import REGISTRY

from common.ops.task_metrics import watch_tasks


@Celery(set_as_current=False).task(name="test.shelve")  # not among the shop's own
def shelve(*, fail: bool) -> None:
    if fail:
        raise ValueError("no room")


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"task": "test.shelve", **labels}) or 0.0


def test_runs_of_a_task_are_counted_by_how_they_end():
    watch_tasks()
    before = {state: value("layerstore_task_runs_total", state=state) for state in ("SUCCESS", "FAILURE")}

    for fail in (False, True, False):
        shelve.apply(kwargs={"fail": fail})

    assert {state: value("layerstore_task_runs_total", state=state) - before[state] for state in before} == {"SUCCESS": 2.0, "FAILURE": 1.0}
    assert value("layerstore_task_seconds_count") == sum(before.values()) + 3
    assert value("layerstore_task_last_success_timestamp_seconds") > 1.7e9
