from collections.abc import Iterator

import pytest

from tests.support.stack import LiveStack, stack
from tests.support.trade import Trade

__all__ = ["stack"]


@pytest.fixture(scope="session")
def trade(stack: LiveStack) -> Iterator[Trade]:
    """The people of this session's stack."""
    trade = Trade(stack)
    yield trade
    trade.close()
