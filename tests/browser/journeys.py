"""What people do on the way from a price to a pull: the steps that the tests of each way to sell share."""

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.looks import ARTIFACTS
from tests.browser.test_buying import click
from tests.browser.world import World
from tests.support.trade import Trade, eventually
from tools.stack.catalogue.goods import Good
from tools.stack.catalogue.tidewater import NAMESPACE
from tools.stack.sale.people import Person, meet

CARD = "4242 4242 4242 4242"
REFUSED_AT_RENEWAL = "4000 0000 0000 0341"
SELLER = "mara"


def person(world: World, username: str) -> Person:
    """Return a buyer of `journey_rows`, with the token that they pull with."""
    found = meet(world.stack.instance, username, username.title())
    found.access_token = world.names[f"{username}_token"]
    found.browser.close()
    return found


def put_on_sale(tab: Page, world: World, *holds: Good, slug: str, amount: str, kind: str = "", paid: str = "", trial: int = 0) -> str:
    """Make a product with a price and publish it, as its seller; return its path.

    Args:
        kind: who decides what is paid, as the form says it; empty for the seller.
        paid: how often, as the form says it; empty for once.
        trial: days for which it can be tried.
    """
    write_page(tab, world, *holds, slug=slug)
    if kind:
        tab.get_by_label(kind).check()
    if paid:
        tab.get_by_label("Paid").select_option(paid)
    if trial:
        tab.get_by_label("Trial").fill(str(trial))
    tab.get_by_role("textbox", name="Amount").fill(amount)
    click(tab, "Set the price")
    return publish(tab, slug)


def write_page(tab: Page, world: World, *holds: Good, slug: str) -> None:
    """Make a draft that holds these images; its editor stays open."""
    tab.goto(world.url(f"/selling/products/new/?seller={SELLER}"))
    for good in holds:
        tab.get_by_label(f"{NAMESPACE}/{good.name}").check()
    tab.get_by_label("Title").fill(_titled(slug))
    tab.get_by_label("Address").fill(slug)
    tab.get_by_label("Description").fill("For those who ask.")
    tab.get_by_label("Refund window").fill("30")
    click(tab, "Save draft")


def publish(tab: Page, slug: str) -> str:
    """Publish the draft whose editor is open, and end on its page; return its path."""
    click(tab, "Publish")
    expect(tab.get_by_role("heading", level=1)).to_have_text(_titled(slug))
    return f"/{NAMESPACE}/{slug}"


def sell_in_editions(tab: Page, world: World, standard: Good, more: Good, *, slug: str, amounts: tuple[str, str], paid: str = "") -> str:
    """Publish a product as its seller: Standard holds one image, Pro both; return its path.

    Args:
        amounts: the price of Standard, and of Pro.
        paid: "month" or "year"; empty for once.
    """
    write_page(tab, world, standard, more, slug=slug)
    click(tab, "Sell it in editions", "link")
    tab.get_by_label(f"{NAMESPACE}/{more.name}").uncheck()
    _add_edition(tab, "Standard", amounts[0], paid)
    click(tab, "Add an edition", "link")
    _add_edition(tab, "Pro", amounts[1], paid)
    return publish(tab, slug)


def _add_edition(tab: Page, name: str, amount: str, paid: str) -> None:
    tab.get_by_label("Name", exact=True).fill(name)
    if paid:
        tab.get_by_label("Paid").select_option(paid)
    tab.get_by_role("textbox", name="Amount").fill(amount)
    click(tab, "Add the edition")


def _titled(slug: str) -> str:
    return slug.replace("-", " ").title()


def pay(tab: Page, amount: str, card: str = CARD) -> str:
    """Pay on Stripe's page and come back to the order; return its path."""
    tab.get_by_label("Card number").fill(card)
    click(tab, f"Pay {amount} (TEST)")
    tab.wait_for_url("**/orders/*/")
    expect(tab.get_by_text("Paid. You may pull now.")).to_be_visible()
    return tab.url.partition("/orders/")[2].strip("/")


def buy(tab: Page, world: World, path: str, amount: str) -> str:
    """Buy a product from its page; return the order's id."""
    tab.goto(world.url(path))
    click(tab, "Buy and pull")
    return pay(tab, amount)


MAY_PULL, MAY_NOT = 200, 403


def pull_status(world: World, username: str, good: Good) -> int:
    """Ask for a token and then for the manifest, as a client does that pulls one of the seller's images; return the last answer's status."""
    assert good.recipe is not None
    recipe, trade = good.recipe(), Trade(world.stack)
    try:
        token = trade.registry_token(f"repository:{recipe.repository}:pull", person(world, username))
    except httpx.HTTPStatusError as refused:
        return refused.response.status_code
    return trade.manifest_status(recipe.repository, token, recipe.tag)


def await_row(world: World, what: str, query: str) -> None:
    """Wait until a query finds a row: what the worker does next is on no page yet."""
    eventually(lambda: world.stack.sql(query), what)


def keep_pdf(tab: Page, link: Locator, name: str) -> None:
    """Fetch the file that a link leads to, and keep it beside the pictures."""
    answer = tab.request.get(str(link.evaluate("link => link.href")))
    assert answer.body().startswith(b"%PDF-"), answer.text()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    (ARTIFACTS / f"{name}.pdf").write_bytes(answer.body())
