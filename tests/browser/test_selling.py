"""A member becomes a seller, and an image a product, by clicking alone; only the push is docker's."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, sign_in
from tests.browser.journeys import MAY_PULL, await_row, buy, pull_status
from tests.browser.looks import Watch
from tests.browser.test_buying import click, copied
from tests.browser.world import World
from tests.support.trade import Trade, silent
from tools.stack.pictures import memory_under_its_limit, picture
from tools.stack.sale.people import Person, meet


@pytest.fixture
def member(chromium: Browser, world: World) -> Iterator[Page]:
    """The tab of a member who has not begun to sell; whatever a page complains of fails the test."""
    context = chromium.new_context(viewport=DESK)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.stack.url)
    sign_in(context, world, "maker")
    page = context.new_page()
    watch = Watch(page, (world.stack.url, world.stack.instance.sandbox_url))
    watch.expect(422)  # a name that is refused
    yield page
    context.close()
    assert watch.complaints == []


def test_a_member_becomes_a_seller_publishes_sells_and_is_paid_out_by_clicking_alone(
    member: Page, world: World, tabs: Callable[[str], tuple[Page, Watch]]
) -> None:
    tab, host = member, world.stack.instance.host
    tab.goto(f"{world.stack.url}/selling/")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Start selling")
    tab.get_by_label("Shop name").fill("Maker’s Works")
    tab.get_by_label("Namespace").fill("makerworks")
    click(tab, "Choose this namespace")

    expect(tab.get_by_role("heading", level=1)).to_have_text("Reserve a name")
    answer = tab.locator("#availability")
    tab.get_by_label("Image name").fill("Not A Name")
    expect(answer).to_contain_text("lower-case")
    click(tab, "Reserve")
    expect(tab.get_by_label("Image name")).to_have_value("Not A Name")
    expect(tab.get_by_label("Image name")).to_have_attribute("aria-invalid", "true")
    tab.get_by_label("Image name").fill("box")
    expect(answer).to_contain_text("makerworks/box is free")
    click(tab, "Reserve makerworks/box")

    expect(tab.get_by_role("heading", level=1)).to_have_text("makerworks/box")
    push = copied(tab, tab.locator(".cmd").filter(has_text="docker push").first)
    assert push == f"docker push {host}/makerworks/box:1.0"
    expect(tab.get_by_text("No tag yet")).to_be_visible()
    digest = pushed(world, push.rpartition(" ")[2])
    expect(tab.get_by_role("row", name="1.0")).to_contain_text(digest[7:19])  # by itself: nobody reloaded

    click(tab, "Reserve a name", "link")
    tab.get_by_label("Image name").fill("box")
    expect(answer).to_have_text("You hold makerworks/box already.")

    describe_and_price(tab)
    click(tab, "Payouts", "link")
    click(tab, "Connect to Stripe")
    click(tab, "Complete onboarding (TEST)")
    expect(tab.get_by_text("Ready", exact=True)).to_be_visible()

    click(tab, "Overview", "link")
    click(tab, "A box", "link")
    click(tab, "Publish")
    expect(tab.get_by_role("heading", level=1)).to_have_text("A box")
    assert tab.url == f"{world.stack.url}/makerworks/box"
    expect(tab.locator(".amount")).to_contain_text("€12.50")
    sell_and_be_paid_out(tab, tabs("patron")[0], world)
    tab.goto(f"{world.stack.url}/makerworks/box")

    click(tab, "Edit", "link")
    click(tab, "Withdraw")
    expect(tab.get_by_text("A box is withdrawn.")).to_be_visible()


def describe_and_price(tab: Page) -> None:
    """Make the page of the product, with the preview beside it, a picture and a price."""
    click(tab, "New product", "link")
    tab.get_by_label("makerworks/box").check()
    tab.get_by_label("Title").fill("A box")
    tab.get_by_label("Address").fill("box")
    tab.get_by_label("Description").fill("## Inside\n\nNothing, yet.")
    expect(tab.locator("#preview-title")).to_have_text("A box")
    expect(tab.locator("#preview-page").get_by_role("heading", name="Inside")).to_be_visible()
    click(tab, "Save draft")
    expect(tab.get_by_role("button", name="Publish")).to_be_disabled()

    tab.locator("input[type=file]").set_input_files(
        {"name": "box.png", "mimeType": "image/png", "buffer": picture("Box", "a test", memory_under_its_limit)}
    )
    tab.get_by_label("What it shows").fill("A box.")
    click(tab, "Add the picture")
    expect(tab.get_by_role("img", name="A box.")).to_be_visible()
    tab.get_by_role("textbox", name="Amount").fill("12.50")
    click(tab, "Set the price")
    expect(tab.get_by_text("Currently €12.50.")).to_be_visible()


def sell_and_be_paid_out(tab: Page, buyer: Page, world: World) -> None:
    """Sell it once, pull it, and see at the bank what is left of the price after the fee."""
    trade = Trade(world.stack)
    buy(buyer, world, "/makerworks/box", "€12.50")
    assert pull_status(world, "patron", trade.good("makerworks", "box")) == MAY_PULL

    trade.sandbox("POST", "/clock/advance", {"days": 7})  # until it is available, paid out and has arrived
    await_row(world, "it is paid out", "SELECT 1 FROM billing_payout WHERE status = 'paid' AND amount = 1125 AND currency = 'eur'")
    tab.goto(f"{world.stack.url}/selling/balance/")
    expect(tab.get_by_role("table", name="The newest payouts")).to_contain_text("€11.25")


def pushed(world: World, reference: str) -> str:
    """Push a small image as the member, with docker or what stands in for it."""
    trade = Trade(world.stack)
    maker: Person = meet(world.stack.instance, "maker", "Maker")
    maker.access_token = world.names["maker_token"]
    recipe = trade.good("makerworks", "box").recipe
    assert recipe is not None
    digest = trade.docker(maker).publish(recipe(), reference, world.stack.instance.var / "run" / "box", silent)
    maker.browser.close()
    return digest
