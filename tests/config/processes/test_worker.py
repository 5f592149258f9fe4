"""Which lanes a worker runs, in compose, in the local stack, and by its arguments."""

import pytest

from config.jobs import LANES
from config.processes.worker import lanes_of
from tests.deploy.test_compose import SERVICES
from tools.stack import parts


def test_the_local_stack_and_compose_run_every_lane() -> None:
    assert set(parts.LANES) == set(LANES)
    assert SERVICES["worker"]["command"][-1] == "config.processes.worker"
    assert all(f"{lane}@$$(hostname)" in SERVICES["worker"]["healthcheck"]["test"][1] for lane in LANES)


def test_a_worker_runs_all_lanes_unless_some_are_named() -> None:
    assert lanes_of([]) == {name: lane.slots for name, lane in LANES.items()}
    assert lanes_of(["mail=4", "money"]) == {"mail": 4, "money": LANES["money"].slots}


@pytest.mark.parametrize("word", ["post", "mail=", "mail=0", "mail=many"])
def test_a_lane_that_does_not_exist_is_refused(word: str) -> None:
    with pytest.raises(SystemExit, match="say LANE or LANE=SLOTS"):
        lanes_of([word])
