from collections.abc import Generator, Iterator

import pytest

from stack.sale.people import Person
from tests.support.stack import LiveStack, stack
from tests.support.trade import Trade

__all__ = ["stack"]


@pytest.fixture(scope="session")
def trade(stack: LiveStack) -> Iterator[Trade]:
    """The people of this session's stack."""
    trade = Trade(stack)
    yield trade
    trade.close()


@pytest.fixture(scope="session")
def staff(trade: Trade) -> Person:
    """Somebody of the house."""
    person = trade.person()
    trade.stack.manage(
        "shell",
        "-c",
        f"from accounts.models import User; User.objects.filter(username='{person.username}').update(is_staff=True, is_superuser=True)",
    )
    return person


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what worker and scheduler said last beside a failure on the stack."""
    report = yield
    trade = getattr(item, "funcargs", {}).get("trade")
    if report.failed and isinstance(trade, Trade):
        report.sections += [(f"{part}.log", trade.stack.log(part)[-4_000:]) for part in ("worker", "scheduler", "web")]
    return report
