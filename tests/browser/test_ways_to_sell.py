"""Ways to sell beside a plain price, each once from the price to the pull: pay what you want, a bundle, access given by its seller."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.journeys import MAY_NOT, MAY_PULL, SELLER, buy, keep_pdf, pay, person, pull_status, put_on_sale
from tests.browser.looks import Watch
from tests.browser.test_buying import click
from tests.browser.world import World
from tests.support.trade import Trade, silent
from tools.stack.catalogue.tidewater import DAYS, NAMESPACE, POSTGRES, REDIS, SHELF

Tabs = Callable[[str], tuple[Page, Watch]]


def _say_who(tab: Page, world: World, name: str) -> None:
    """Fill in who stands on invoices."""
    tab.goto(world.url("/orders/billing-details/"))
    tab.get_by_label("Name", exact=True).fill(name)
    tab.get_by_label("Address").fill("Hafenstraße 12\n20359 Hamburg\nGermany")
    click(tab, "Save")


def test_who_pays_what_they_want_gets_an_invoice_over_that_and_pulls(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("payer")
    path = put_on_sale(seller, world, slug="redis-as-you-like", holds=REDIS.name, amount="5.00", kind="Buyers pay what they want")
    _say_who(seller, world, "Tidewater Data GmbH")
    _say_who(tab, world, "Paying & Sons")

    watch.expect(422)
    tab.goto(world.url(path))
    tab.get_by_label("You pay").fill("4.99")
    click(tab, "Buy and pull")
    expect(tab.get_by_label("You pay")).to_have_attribute("aria-invalid", "true")  # and nothing was ordered
    watch.expect(200)
    tab.get_by_label("You pay").fill("12.34")
    click(tab, "Buy and pull")
    order = pay(tab, "€12.34")
    expect(tab.get_by_role("article")).to_contain_text("€12.34")
    keep_pdf(tab, tab.get_by_role("link", name="PDF"), "invoice")
    tab.get_by_role("link", name="Invoice").click()
    for said in ("Tidewater Data GmbH", "Paying & Sons", "20359 Hamburg", "€12.34"):
        expect(tab.get_by_role("article")).to_contain_text(said)

    buyer, trade = person(world, "payer"), Trade(world.stack)
    recipe = REDIS.recipe()  # type: ignore[misc]  # it has one
    reference = f"{world.stack.instance.host}/{recipe.repository}:{recipe.tag}"
    assert trade.docker(buyer).pull(reference, silent) == world.names["redis_digest"]
    assert pull_status(world, "payer", POSTGRES) == MAY_NOT
    seller.goto(world.url(f"/selling/orders/{order}/?seller={SELLER}"))
    expect(seller.get_by_role("main")).to_contain_text("€12.34")
    assert watch.complaints == []


def test_a_bundle_is_paid_once_and_each_of_its_images_is_pulled(world: World, tabs: Tabs) -> None:
    tab, watch = tabs("bundler")
    assert pull_status(world, "bundler", DAYS) == MAY_NOT

    buy(tab, world, f"/{NAMESPACE}/{SHELF.name}", "€45.00")

    assert {pull_status(world, "bundler", good) for good in (REDIS, POSTGRES, DAYS)} == {MAY_PULL}
    tab.goto(world.url(f"/{NAMESPACE}/{SHELF.name}"))
    expect(tab.get_by_role("link", name="In your library").first).to_be_visible()
    assert watch.complaints == []


def test_what_a_seller_gives_is_claimed_by_the_mailed_link_pulled_and_taken_back(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("receiver")
    seller.goto(world.url(f"/selling/gifts/?seller={SELLER}"))
    form = seller.locator("form").filter(has=seller.get_by_role("button", name="Give it"))
    form.get_by_label("Product").fill(f"{NAMESPACE}/{DAYS.name}")
    form.get_by_label("E-mail of the recipient").fill("receiver@example.test")
    form.get_by_label("Why you give it").fill("They test the next release.")
    click(seller, "Give it")

    tab.goto(f"{world.stack.instance.sandbox_url}/mailbox/?to=receiver@example.test")
    mail = tab.get_by_role("listitem").filter(has_text=DAYS.title)
    while not mail.count():  # the worker sends it in a moment
        tab.reload()
    mail.get_by_role("link").first.click()
    tab.locator("a[href*='/library/gift']").first.click()
    click(tab, "Claim it")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Library")
    assert pull_status(world, "receiver", DAYS) == MAY_PULL

    row = seller.get_by_role("row").filter(has_text="receiver@example.test")
    seller.reload()
    row.get_by_role("link", name="Change").click()
    seller.get_by_label("Why").fill("The release is out.")
    click(seller, "Take it back")
    assert pull_status(world, "receiver", DAYS) == MAY_NOT
    assert watch.complaints == []
