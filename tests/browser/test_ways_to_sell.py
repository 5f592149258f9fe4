"""Ways to sell beside a plain price, each once from the price to the pull: pay what you want, editions and a bundle, access given by its seller."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.journeys import (
    MAY_NOT,
    MAY_PULL,
    SELLER,
    await_row,
    buy,
    keep_pdf,
    pay,
    person,
    pull_status,
    put_on_sale,
    sell_in_editions,
)
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
    path = put_on_sale(seller, world, REDIS, slug="redis-as-you-like", amount="5.00", kind="Buyers pay what they want")
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


def test_an_edition_is_upgraded_for_the_difference_and_a_bundle_credits_what_is_owned(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("upgrader")
    path = sell_in_editions(seller, world, REDIS, POSTGRES, slug="set-in-editions", amounts=("10.00", "25.00"))

    buy(tab, world, f"{path}?edition=Standard", "€10.00")
    assert [pull_status(world, "upgrader", good) for good in (REDIS, POSTGRES)] == [MAY_PULL, MAY_NOT]
    tab.goto(world.url(path))
    click(tab, "Upgrade to Pro for €15.00", "link")
    expect(tab.get_by_text("You pay €15.00.")).to_be_visible()
    click(tab, "Buy and pull")
    pay(tab, "€15.00")
    assert [pull_status(world, "upgrader", good) for good in (POSTGRES, DAYS)] == [MAY_PULL, MAY_NOT]

    tab.goto(world.url(f"/{NAMESPACE}/{SHELF.name}"))
    expect(tab.get_by_text("€25.00 are credited for what you have bought of it before.")).to_be_visible()
    buy(tab, world, f"/{NAMESPACE}/{SHELF.name}", "€20.00")
    assert pull_status(world, "upgrader", DAYS) == MAY_PULL
    assert watch.complaints == []


def test_what_a_seller_gives_is_claimed_by_the_mailed_link_pulled_and_taken_back(world: World, tabs: Tabs) -> None:
    (seller, _), (tab, watch) = tabs(SELLER), tabs("receiver")
    seller.goto(world.url(f"/selling/gifts/?seller={SELLER}"))
    form = seller.locator("form").filter(has=seller.get_by_role("button", name="Give it"))
    form.get_by_label("Product").fill(f"{NAMESPACE}/{DAYS.name}")
    form.get_by_label("E-mail of the recipient").fill("receiver@example.test")
    form.get_by_label("Why you give it").fill("They test the next release.")
    click(seller, "Give it")

    _claim(tab, world, "receiver@example.test", DAYS.title)
    assert pull_status(world, "receiver", DAYS) == MAY_PULL

    row = seller.get_by_role("row").filter(has_text="receiver@example.test")
    seller.reload()
    row.get_by_role("link", name="Change").click()
    seller.get_by_label("Why").fill("The release is out.")
    click(seller, "Take it back")
    assert pull_status(world, "receiver", DAYS) == MAY_NOT
    assert watch.complaints == []


def test_what_is_given_by_a_file_is_claimed_pulled_and_grows_with_its_product(world: World, tabs: Tabs) -> None:
    (seller, watch_of_seller), (tab, watch) = tabs(SELLER), tabs("pupil")
    path = put_on_sale(seller, world, REDIS, slug="redis-for-a-class", amount="9.00")
    lines = "email,product,note\n" + "".join(f"{name}@example.test,{path[1:]},For the course.\n" for name in ("pupil", "absent"))
    watch_of_seller.expect(400)
    _upload(seller, world, f"{lines}nobody,{path[1:]},\n")
    expect(seller.get_by_text("Line 4:")).to_be_visible()  # and nothing was given
    watch_of_seller.expect(200)
    _upload(seller, world, lines)
    expect(seller.get_by_text("Given: 2.")).to_be_visible()

    _claim(tab, world, "pupil@example.test", "Redis For A Class")
    assert [pull_status(world, "pupil", good) for good in (REDIS, POSTGRES)] == [MAY_PULL, MAY_NOT]

    seller.goto(world.url(path))
    click(seller, "Edit", "link")
    seller.get_by_label(f"{NAMESPACE}/{POSTGRES.name}").check()
    click(seller, "Save")
    click(seller, f"Give {NAMESPACE}/{POSTGRES.name} to earlier buyers")
    expect(seller.locator("#reach")).to_contain_text(re.compile(r"(is being|was) given to (1 )?earlier buyer"))  # the worker may be done
    await_row(
        world,
        "earlier buyers have it",
        "SELECT 1 FROM marketplace_growth WHERE given_at IS NOT NULL AND product_id = ("
        "SELECT id FROM marketplace_product WHERE slug = 'redis-for-a-class')",
    )
    assert pull_status(world, "pupil", POSTGRES) == MAY_PULL
    assert watch.complaints == []


def _upload(seller: Page, world: World, lines: str) -> None:
    """Give by a CSV file."""
    seller.goto(world.url(f"/selling/gifts/?seller={SELLER}"))
    seller.get_by_label("CSV file").set_input_files({"name": "class.csv", "mimeType": "text/csv", "buffer": lines.encode()})
    seller.get_by_label("Why you give them").fill("A course at the school of their town.")
    click(seller, "Give all")


def _claim(tab: Page, world: World, email: str, title: str) -> None:
    """Follow the link of the mail that came with a gift, and claim it."""
    tab.goto(f"{world.stack.instance.sandbox_url}/mailbox/?to={email}")
    mail = tab.get_by_role("listitem").filter(has_text=title)
    while not mail.count():  # the worker sends it in a moment
        tab.reload()
    mail.get_by_role("link").first.click()
    tab.locator("a[href*='/library/gift']").first.click()
    click(tab, "Claim it")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Library")
