"""An order whose payment nobody has told us of."""

import pytest

from billing.orders.models import Order
from tests.support.sandbox import Sandbox


@pytest.fixture
def _unheard(opened: Order, sandbox: Sandbox) -> None:
    """The order is paid, and we have not heard of it."""
    sandbox.press(opened)
