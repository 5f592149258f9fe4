"""Subscriptions from their price to their end, under the sandbox's test clock: tried, renewed, refused, recovered, canceled, over."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.journeys import (
    CARD,
    MAY_NOT,
    MAY_PULL,
    REFUSED_AT_RENEWAL,
    SELLER,
    await_row,
    buy,
    pay,
    pull_status,
    put_on_sale,
    sell_in_editions,
)
from tests.browser.looks import Watch
from tests.browser.test_buying import click
from tests.browser.world import World
from tests.support.trade import Trade
from tools.stack.catalogue.tidewater import DAYS, REDIS

Tabs = Callable[[str], tuple[Page, Watch]]
A_MONTH, A_YEAR = 32, 366  # days: longer than any
BY = "placed_by_id = (SELECT id FROM accounts_user WHERE username = '{who}')"
# What the scheduler queues once a minute.
ANNOUNCE = """
from billing.renewals.announcing import tell_subscribers
from billing.renewals.repricing import apply_price_change
from billing.subscriptions.price_models import PriceChange
tell_subscribers()
for change in PriceChange.objects.open().filter(subscription__placed_by__username="trier"):
    apply_price_change(change_id=change.pk)
"""


def test_a_subscription_is_renewed_refused_paid_again_and_ends_when_it_was_canceled(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("subscriber")
    path = put_on_sale(seller, world, DAYS, slug="days-by-the-month", amount="3.00", paid="month")
    tab.goto(world.url(path))
    click(tab, "Buy and pull")
    pay(tab, "€3.00")
    assert pull_status(world, "subscriber", DAYS) == MAY_PULL

    _take_another_card(tab, world, REFUSED_AT_RENEWAL)
    _later(world, A_MONTH)
    _await_state(world, "subscriber", "past_due")
    tab.goto(world.url("/subscriptions/"))
    expect(tab.get_by_role("table")).to_contain_text("Change the card or pay to keep pull access")
    assert pull_status(world, "subscriber", DAYS) == MAY_PULL  # the grace

    _take_another_card(tab, world, CARD)
    _press(tab, "Card and invoices")
    tab.get_by_role("row").filter(has_text="open").get_by_role("link").click()
    click(tab, "Pay €3.00 (TEST)")
    expect(tab.get_by_text("paid", exact=True)).to_be_visible()
    _await_state(world, "subscriber", "active")
    _await_orders(world, "subscriber", 300, 2)

    tab.goto(world.url("/subscriptions/"))
    _press(tab, "Cancel")
    expect(tab.get_by_role("table")).to_contain_text("is not charged again")
    _press(tab, "Do not cancel")
    expect(tab.get_by_role("table")).to_contain_text("Renews on")
    _press(tab, "Cancel")
    _later(world, A_MONTH)
    _await_state(world, "subscriber", "ended")
    tab.reload()
    expect(tab.get_by_role("table")).to_contain_text("Ended")
    assert pull_status(world, "subscriber", DAYS) == MAY_PULL  # what was paid for is not over by the shop's own clock
    _let_access_lapse(world, "subscriber")
    assert pull_status(world, "subscriber", DAYS) == MAY_NOT
    assert watch.complaints == []


def test_a_trial_becomes_a_yearly_subscription_that_is_renewed_at_the_announced_price_and_ends(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch), (late, _) = tabs(SELLER), tabs("trier"), tabs("patron")
    path = put_on_sale(seller, world, DAYS, slug="days-by-the-year", amount="30.00", paid="year", trial=14)
    for each, who in ((tab, "trier"), (late, "patron")):
        assert pull_status(world, who, DAYS) == MAY_NOT
        each.goto(world.url(path))
        click(each, "Try it for 14 days, no card")
        expect(each.get_by_text("Then the trial ends by itself.")).to_be_visible()
        assert pull_status(world, who, DAYS) == MAY_PULL
    _let_trial_end(world, "patron")
    assert pull_status(world, "patron", DAYS) == MAY_NOT
    late.goto(world.url(path))
    expect(late.get_by_text("You have had your trial of this product.")).to_be_visible()

    tab.goto(world.url(path))
    expect(tab.locator("#trial")).to_contain_text("the days left of the trial are added at its end")
    click(tab, "Buy and pull")
    pay(tab, "€30.00")
    seller.goto(world.url(path))
    click(seller, "Edit", "link")
    seller.get_by_role("textbox", name="Amount").fill("36.00")
    click(seller, "Set the price")
    expect(seller.get_by_text("Currently €36.00")).to_be_visible()
    seller.goto(world.url(f"/selling/subscriptions/?seller={SELLER}"))
    seller.get_by_role("link", name=re.compile(r"^Apply €36\.00 to subscribers\s*: Days By The Year$")).click()
    click(seller, "Tell them")
    expect(seller.get_by_text("Your subscribers are being told by mail.")).to_be_visible()
    world.stack.manage("shell", "-c", ANNOUNCE)
    tab.goto(world.url("/subscriptions/"))
    expect(tab.get_by_role("table")).to_contain_text("€36.00 from")

    _later(world, A_YEAR)
    _await_orders(world, "trier", 3_600, 1)
    tab.reload()
    _press(tab, "Cancel")
    expect(tab.get_by_role("table")).to_contain_text("is not charged again")
    _later(world, A_YEAR)
    _await_state(world, "trier", "ended")
    assert pull_status(world, "trier", DAYS) == MAY_PULL
    _let_access_lapse(world, "trier")
    assert pull_status(world, "trier", DAYS) == MAY_NOT
    assert watch.complaints == []


def test_a_subscription_to_a_smaller_edition_is_changed_to_a_larger_one_for_the_difference(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("patron")
    path = sell_in_editions(seller, world, DAYS, REDIS, slug="days-in-editions", amounts=("3.00", "8.00"), paid="month")
    buy(tab, world, f"{path}?edition=Standard", "€3.00")
    assert [pull_status(world, "patron", good) for good in (DAYS, REDIS)] == [MAY_PULL, MAY_NOT]

    tab.goto(world.url(path))
    click(tab, "Change your subscription to Pro", "link")
    tab.get_by_role("button", name=re.compile(r"^Pay €\d\.\d\d and change$")).click()

    expect(tab.get_by_text(re.compile(r"You have Days In Editions, Pro now\. €\d\.\d\d was charged"))).to_be_visible()
    expect(tab.get_by_role("row").filter(has_text="Days In Editions, Pro")).to_contain_text("€8.00")
    assert [pull_status(world, "patron", good) for good in (DAYS, REDIS)] == [MAY_PULL, MAY_PULL]
    assert watch.complaints == []


def _await_state(world: World, who: str, state: str) -> None:
    await_row(world, f"the subscription is {state}", f"SELECT 1 FROM billing_subscription WHERE {BY.format(who=who)} AND state = '{state}'")


def _later(world: World, days: int) -> None:
    """Set Stripe's clock forward; the shop hears of what comes of it by webhooks."""
    Trade(world.stack).sandbox("POST", "/clock/advance", {"days": days})


def _press(tab: Page, name: str) -> None:
    """Press the button of the one subscription, which names its product too."""
    tab.get_by_role("button", name=re.compile(rf"^{name}\s*: .")).click()


def _take_another_card(tab: Page, world: World, number: str) -> None:
    tab.goto(world.url("/subscriptions/"))
    _press(tab, "Card and invoices")
    tab.get_by_label("New card number").fill(number)
    click(tab, "Save this card (TEST)")
    click(tab, "Back to Layerstore", "link")


def _await_orders(world: World, who: str, amount: int, count: int) -> None:
    paid = f"SELECT 1 FROM billing_order WHERE {BY.format(who=who)} AND state = 'paid' AND amount = {amount} HAVING count(*) = {count}"
    await_row(world, f"periods paid: {count}", paid)


def _let_access_lapse(world: World, who: str) -> None:
    """Have what was paid for and the grace be over by the shop's own clock."""
    world.stack.sql(f"UPDATE billing_subscription SET access_until = now() WHERE {BY.format(who=who)}")
    world.stack.manage("shell", "-c", "from billing.renewals.services import end_lapsed_access; end_lapsed_access()")


def _let_trial_end(world: World, who: str) -> None:
    """Have the time of a trial be over by the shop's own clock."""
    theirs = f"holder_id = (SELECT id FROM accounts_account WHERE handle = '{who}')"
    world.stack.sql(f"UPDATE marketplace_trial SET ends_at = now() WHERE {theirs}")
    world.stack.sql(f"UPDATE marketplace_entitlement SET ends_at = now() WHERE {theirs} AND source_kind = 'trial'")
