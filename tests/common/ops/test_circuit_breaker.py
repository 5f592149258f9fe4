"""What hangs is left alone: by all but one when its time alone is over."""

import pytest

import common.ops.circuit_breaker
from common.ops.circuit_breaker import LEFT_ALONE_SECONDS, Dependency


class Alone(Exception):
    """It did not answer a moment ago."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(common.ops.circuit_breaker, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def oracle(clock: list[float]) -> Dependency:
    """One that has just said nothing, at its first address."""
    dependency = Dependency("oracle", silent=(TimeoutError,), alone=Alone)
    with pytest.raises(TimeoutError), dependency.asked("first", lost="answers"):
        raise TimeoutError
    return dependency


def asks(dependency: Dependency, address: str = "first") -> bool:
    try:
        with dependency.asked(address, lost="answers"):
            return True
    except Alone:
        return False


def test_nobody_asks_until_its_time_alone_is_over(oracle: Dependency, clock: list[float]) -> None:
    assert not asks(oracle)
    clock[0] += LEFT_ALONE_SECONDS - 0.1
    assert not asks(oracle)
    clock[0] += 0.1
    assert asks(oracle)


def test_while_one_asks_whether_it_is_back_the_others_go_on_leaving_it_alone(oracle: Dependency, clock: list[float]) -> None:
    clock[0] += LEFT_ALONE_SECONDS
    with oracle.asked("first", lost="answers"):
        assert not asks(oracle)

    assert asks(oracle)


def test_one_that_is_still_silent_is_left_alone_anew(oracle: Dependency, clock: list[float]) -> None:
    clock[0] += LEFT_ALONE_SECONDS
    with pytest.raises(TimeoutError), oracle.asked("first", lost="answers"):
        raise TimeoutError

    clock[0] += LEFT_ALONE_SECONDS - 0.1
    assert not asks(oracle)


def test_an_error_that_it_answers_with_is_an_answer(oracle: Dependency, clock: list[float]) -> None:
    clock[0] += LEFT_ALONE_SECONDS
    with pytest.raises(ZeroDivisionError), oracle.asked("first", lost="answers"):
        raise ZeroDivisionError

    assert asks(oracle)


def test_another_address_is_another_matter(oracle: Dependency) -> None:
    assert asks(oracle, "second")
    oracle.forget()
    assert asks(oracle)
