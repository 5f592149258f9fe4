"""Money that goes back: by the buyer, by the seller, by staff, and by the buyer's bank, each to its end at the registry."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.journeys import MAY_NOT, MAY_PULL, SELLER, await_row, buy, keep_pdf, pull_status
from tests.browser.looks import Watch
from tests.browser.test_buying import click
from tests.browser.world import World
from tools.stack.catalogue.goods import Good
from tools.stack.catalogue.tidewater import DAYS, NAMESPACE, POSTGRES, REDIS

Tabs = Callable[[str], tuple[Page, Watch]]
STAFF = "ines"
PRICES: tuple[tuple[Good, str], ...] = ((REDIS, "€29.00"), (POSTGRES, "€19.00"), (DAYS, "€12.00"))


def test_each_of_the_three_gives_money_back_and_only_all_of_it_ends_the_pull(world: World, tabs: Tabs) -> None:
    (tab, watch), (seller, _), (staff, _) = tabs("refunded"), tabs(SELLER), tabs(STAFF)
    bought = {good: buy(tab, world, f"/{NAMESPACE}/{good.name}", amount) for good, amount in PRICES}

    _seller_refunds(seller, world, bought[REDIS], amount="9.00")
    _await_order(world, bought[REDIS], "partially_refunded")
    assert pull_status(world, "refunded", REDIS) == MAY_PULL
    tab.goto(world.url(f"/orders/{bought[REDIS]}/"))
    expect(tab.get_by_role("article")).to_contain_text("€20.00")
    keep_pdf(tab, tab.get_by_role("listitem").filter(has_text="Credit note").get_by_role("link", name="PDF"), "credit-note")
    _seller_refunds(seller, world, bought[REDIS], amount="")

    staff.goto(world.url(f"/admin/billing/order/{bought[POSTGRES]}/change/"))
    click(staff, "Refund")
    staff.get_by_label("Reason").fill("It did not start on their machine.")
    click(staff, "Refund")
    expect(staff.get_by_text("refund – done")).to_be_visible()

    tab.goto(world.url(f"/orders/{bought[DAYS]}/"))
    click(tab, "Give it back", "link")
    click(tab, "Give it back for €12.00")
    expect(tab.get_by_text("is being given back").first).to_be_visible()
    assert pull_status(world, "refunded", DAYS) == MAY_NOT  # paused until each pull before has been counted
    # That takes a quarter of an hour, which is over here.
    world.stack.sql(f"UPDATE billing_refund SET created_at = now() - interval '1 hour', due_at = now() WHERE order_id = '{bought[DAYS]}'")

    for good, order in bought.items():
        _await_order(world, order, "refunded")
        assert pull_status(world, "refunded", good) == MAY_NOT
    assert watch.complaints == []


def test_a_dispute_pauses_the_pull_is_answered_and_ends_as_the_bank_decides(world: World, tabs: Tabs) -> None:
    (tab, watch), (seller, _), (staff, _) = tabs("disputer"), tabs(SELLER), tabs(STAFF)
    lost, won = (buy(tab, world, f"/{NAMESPACE}/{good.name}", amount) for good, amount in ((DAYS, "€12.00"), (REDIS, "€29.00")))
    assert pull_status(world, "disputer", REDIS) == MAY_PULL
    found = [_dispute(tab, world, order) for order in (won, lost)]  # the newest charge is the first on the page of the bank
    _await_order(world, won, "disputed")
    _await_order(world, lost, "disputed")
    assert [pull_status(world, "disputer", good) for good in (REDIS, DAYS)] == [MAY_NOT, MAY_NOT]
    _decide(tab, world, found[1], "Seller loses")

    tab.goto(world.url(f"/orders/{won}/"))
    expect(tab.get_by_role("main")).to_contain_text("bank")
    seller.goto(world.url(f"/selling/disputes/{found[0]}/?seller={SELLER}"))
    seller.get_by_role("textbox", name="What you know").fill("I helped them to set it up.")
    click(seller, "Save")
    staff.goto(world.url(f"/admin/billing/dispute/{found[0]}/change/"))
    expect(staff.get_by_role("main")).to_contain_text("I helped them to set it up.")
    click(staff, "Send the evidence")
    staff.get_by_label("Reason").fill("The pulls say it all.")
    click(staff, "Send the evidence")
    await_row(world, "the bank has it", f"SELECT 1 FROM billing_dispute WHERE id = '{found[0]}' AND status = 'under_review'")
    _decide(tab, world, found[0], "Seller wins")
    _await_order(world, won, "paid")
    assert pull_status(world, "disputer", REDIS) == MAY_PULL

    _await_order(world, lost, "charged_back")
    assert pull_status(world, "disputer", DAYS) == MAY_NOT
    taken = f"SELECT 1 FROM billing_transferreversal WHERE dispute_id = '{found[1]}' AND state = 'succeeded'"
    await_row(world, "it is taken back from the seller", taken)
    seller.goto(world.url(f"/selling/disputes/{found[1]}/?seller={SELLER}"))
    expect(seller.get_by_role("main")).to_contain_text("€12.00 was taken back from your balance")
    assert watch.complaints == []


def _seller_refunds(seller: Page, world: World, order: str, *, amount: str) -> None:
    seller.goto(world.url(f"/selling/orders/{order}/?seller={SELLER}"))
    seller.get_by_role("link", name="Refund", exact=True).click()
    seller.get_by_label("Amount").fill(amount)
    seller.get_by_label("Reason").fill("We said that it runs on older machines.")
    click(seller, "Give the money back")


def _dispute(tab: Page, world: World, order: str) -> str:
    """Have the bank dispute the newest charge that it has not yet, which is that of the order; return the dispute's id."""
    tab.goto(f"{world.stack.instance.sandbox_url}/sandbox/")
    tab.get_by_role("button", name="Open dispute").first.click()
    query = f"SELECT id FROM billing_dispute WHERE order_id = '{order}'"
    await_row(world, "the shop has heard of the dispute", query)
    (found,) = world.stack.sql(query)
    return found


def _decide(tab: Page, world: World, dispute: str, button: str) -> None:
    tab.goto(f"{world.stack.instance.sandbox_url}/sandbox/")
    tab.get_by_role("row").filter(has_text=dispute[:14]).get_by_role("button", name=button).click()


def _await_order(world: World, order: str, state: str) -> None:
    await_row(world, f"the order is {state}", f"SELECT 1 FROM billing_order WHERE id = '{order}' AND state = '{state}'")
