"""A circuit that is open lets nobody through; when its time is over it lets one."""

import pytest

import common.ops.circuit_breaker
from common.ops.circuit_breaker import OPEN_SECONDS, CircuitBreaker


class Refused(Exception):
    """The circuit is open."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(common.ops.circuit_breaker, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def breaker(clock: list[float]) -> CircuitBreaker:
    """Guards a dependency that has just not answered at its first address."""
    breaker = CircuitBreaker("oracle", timeouts=(TimeoutError,), refusal=Refused)
    with pytest.raises(TimeoutError), breaker.call("first", lost="answers"):
        raise TimeoutError
    return breaker


def may_call(breaker: CircuitBreaker, address: str = "first") -> bool:
    try:
        with breaker.call(address, lost="answers"):
            return True
    except Refused:
        return False


def test_an_open_circuit_lets_nobody_call_until_its_time_is_over(breaker: CircuitBreaker, clock: list[float]) -> None:
    assert not may_call(breaker)
    clock[0] += OPEN_SECONDS - 0.1
    assert not may_call(breaker)
    clock[0] += 0.1
    assert may_call(breaker)


def test_while_one_caller_tries_a_half_open_circuit_lets_no_other_call(breaker: CircuitBreaker, clock: list[float]) -> None:
    clock[0] += OPEN_SECONDS
    with breaker.call("first", lost="answers"):
        assert not may_call(breaker)

    assert may_call(breaker)


def test_a_dependency_that_is_still_silent_opens_the_circuit_again(breaker: CircuitBreaker, clock: list[float]) -> None:
    clock[0] += OPEN_SECONDS
    with pytest.raises(TimeoutError), breaker.call("first", lost="answers"):
        raise TimeoutError

    clock[0] += OPEN_SECONDS - 0.1
    assert not may_call(breaker)


def test_an_error_that_it_answers_with_is_an_answer(breaker: CircuitBreaker, clock: list[float]) -> None:
    clock[0] += OPEN_SECONDS
    with pytest.raises(ZeroDivisionError), breaker.call("first", lost="answers"):
        raise ZeroDivisionError

    assert may_call(breaker)


def test_another_address_is_another_matter(breaker: CircuitBreaker) -> None:
    assert may_call(breaker, "second")
    breaker.close()
    assert may_call(breaker)
