"""From a seller's code, a seller's offer and a code of the shop's own to what the buyer pulls, by clicking alone."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.journeys import buy, pay
from tests.browser.looks import Watch
from tests.browser.test_buying import click, copied, sign_up_from_here
from tests.browser.world import World
from tests.support.trade import Trade, silent
from tools.stack.catalogue import tidewater
from tools.stack.catalogue.goods import Good
from tools.stack.sale.people import Person, meet


def test_a_code_is_made_followed_and_paid_an_offer_is_accepted_and_the_shop_gives_a_discount_of_its_own(
    visitor: Page, world: World, tabs: Callable[[str], tuple[Page, Watch]]
) -> None:
    seller, _ = tabs("mara")
    seller.goto(world.url("/selling/discounts/"))
    click(seller, "New code", "link")
    seller.get_by_label("Code").fill("by-the-browser")
    seller.get_by_label("Percent off").fill("50")
    seller.get_by_label("For which products").fill("tidewater/redis-steady")
    click(seller, "Make this code")
    expect(seller.get_by_role("table")).to_contain_text("BY-THE-BROWSER")

    tab, who = visitor, meet(world.stack.instance, "dora", "Dora")
    tab.goto(world.url("/tidewater/redis-steady?code=by-the-browser"))
    expect(tab.get_by_role("status").filter(has_text="With the code")).to_contain_text("€29.00")
    click(tab, "Sign in to buy", "link")
    sign_up_from_here(tab, who)
    expect(tab.locator(".amount").first).to_contain_text("€14.50")  # the code came along
    click(tab, "Buy and pull")
    pay(tab, "€14.50")
    expect(tab.get_by_role("article")).to_contain_text("BY-THE-BROWSER")

    click(tab, "Access tokens", "link")
    tab.get_by_label("Name", exact=True).fill("laptop")
    click(tab, "Create token")
    who.access_token = tab.locator("#token-secret").inner_text()
    tab.goto(world.url("/library/"))
    command = copied(tab, tab.locator(".cmd").filter(has_text="docker pull").first)
    trade = Trade(world.stack)
    assert trade.docker(who).pull(command.removeprefix("docker pull "), silent) == world.names["redis_digest"]

    seller.goto(world.url("/selling/offers/new/"))
    seller.get_by_label("Product").fill("tidewater/postgres-toolbox")
    seller.get_by_label("For whom").fill(who.email)
    seller.get_by_label("Price for them").fill("7.50")
    seller.get_by_label("Last day").fill("2027-11-30")
    click(seller, "Send this offer")
    expect(seller.get_by_role("table")).to_contain_text(who.email)

    tab.goto(f"{world.stack.instance.sandbox_url}/mailbox/?to={who.email}")
    mail = tab.get_by_role("listitem").filter(has_text="€7.50")
    while not mail.count():  # the worker sends it in a moment
        tab.reload()
    mail.get_by_role("link").first.click()
    tab.locator("a[href*='/billing/offers/']").first.click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("An offer")
    click(tab, "Accept and pay")
    pay(tab, "€7.50")

    staff, _ = tabs("ines")
    staff.goto(world.url("/admin/billing/discount/add/"))
    staff.get_by_label("Code").fill("of-the-house")
    staff.get_by_label("Percent").fill("50")
    staff.get_by_label("Reason").fill("The shop is a year old.")
    click(staff, "Make a code of the shop's own")
    expect(staff.get_by_text("OF-THE-HOUSE").first).to_be_visible()
    buy(tab, world, "/tidewater/working-days?code=of-the-house", "€10.80")  # never more than our fee
    assert all(_pulls(trade, who, good) for good in (tidewater.POSTGRES, tidewater.DAYS))


def _pulls(trade: Trade, who: Person, good: Good) -> bool:
    """Whether the registry gives somebody the manifest of an image."""
    recipe = good.recipe()  # type: ignore[misc]  # it has one
    token = trade.registry_token(f"repository:{recipe.repository}:pull", who)
    return trade.manifest_status(recipe.repository, token, recipe.tag) == 200
