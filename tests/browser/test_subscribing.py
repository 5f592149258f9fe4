"""A subscription from its price to its end, under the sandbox's test clock: renewed, refused, recovered, canceled, over."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.journeys import CARD, MAY_NOT, MAY_PULL, REFUSED_AT_RENEWAL, SELLER, await_row, pay, pull_status, put_on_sale
from tests.browser.looks import Watch
from tests.browser.test_buying import click
from tests.browser.world import World
from tests.support.trade import Trade
from tools.stack.catalogue.tidewater import DAYS

Tabs = Callable[[str], tuple[Page, Watch]]
A_MONTH = 32  # days: longer than any
MINE = "placed_by_id = (SELECT id FROM accounts_user WHERE username = 'subscriber')"


def test_a_subscription_is_renewed_refused_paid_again_and_ends_when_it_was_canceled(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("subscriber")
    path = put_on_sale(seller, world, slug="days-by-the-month", holds=DAYS.name, amount="3.00", paid="month")
    tab.goto(world.url(path))
    click(tab, "Buy and pull")
    pay(tab, "€3.00")
    assert pull_status(world, "subscriber", DAYS) == MAY_PULL

    _take_another_card(tab, world, REFUSED_AT_RENEWAL)
    _a_month_later(world)
    _await_state(world, "past_due")
    tab.goto(world.url("/subscriptions/"))
    expect(tab.get_by_role("table")).to_contain_text("Change the card or pay to keep pull access")
    assert pull_status(world, "subscriber", DAYS) == MAY_PULL  # the grace

    _take_another_card(tab, world, CARD)
    _press(tab, "Card and invoices")
    tab.get_by_role("row").filter(has_text="open").get_by_role("link").click()
    click(tab, "Pay €3.00 (TEST)")
    expect(tab.get_by_text("paid", exact=True)).to_be_visible()
    _await_state(world, "active")
    await_row(world, "a second order", f"SELECT 1 FROM billing_order WHERE {MINE} AND state = 'paid' HAVING count(*) = 2")

    tab.goto(world.url("/subscriptions/"))
    _press(tab, "Cancel")
    expect(tab.get_by_role("table")).to_contain_text("is not charged again")
    _press(tab, "Do not cancel")
    expect(tab.get_by_role("table")).to_contain_text("Renews on")
    _press(tab, "Cancel")
    _a_month_later(world)
    _await_state(world, "ended")
    tab.reload()
    expect(tab.get_by_role("table")).to_contain_text("Ended")
    assert pull_status(world, "subscriber", DAYS) == MAY_PULL  # what was paid for is not over by the shop's own clock
    world.stack.sql(f"UPDATE billing_subscription SET access_until = now() WHERE {MINE}")
    world.stack.manage("shell", "-c", "from billing.renewals.services import end_lapsed_access; end_lapsed_access()")
    assert pull_status(world, "subscriber", DAYS) == MAY_NOT
    assert watch.complaints == []


def _await_state(world: World, state: str) -> None:
    await_row(world, f"the subscription is {state}", f"SELECT 1 FROM billing_subscription WHERE {MINE} AND state = '{state}'")


def _a_month_later(world: World) -> None:
    """Set Stripe's clock forward; the shop hears of what comes of it by webhooks."""
    Trade(world.stack).sandbox("POST", "/clock/advance", {"days": A_MONTH})


def _press(tab: Page, name: str) -> None:
    """Press the button of the one subscription, which names its product too."""
    tab.get_by_role("button", name=re.compile(rf"^{name}\s*: .")).click()


def _take_another_card(tab: Page, world: World, number: str) -> None:
    tab.goto(world.url("/subscriptions/"))
    _press(tab, "Card and invoices")
    tab.get_by_label("New card number").fill(number)
    click(tab, "Save this card (TEST)")
    click(tab, "Back to Layerstore", "link")
