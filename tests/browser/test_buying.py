"""A stranger becomes a buyer by clicking alone, and pulls with the command copied from the page."""

import re
from typing import Literal

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.world import World
from tests.support.trade import Trade, silent
from tools.stack.catalogue import lanternworks, tidewater
from tools.stack.sale.people import Person, meet

REFERENCE = re.compile(r"docker pull (\S+)")


def click(tab: Page, name: str, role: Literal["button", "link"] = "button") -> None:
    tab.get_by_role(role, name=name, exact=True).first.click()


def copied(tab: Page, command: Locator) -> str:
    """Press the copy button of a command and return what it put on the clipboard."""
    command.get_by_role("button").click()
    expect(command.get_by_role("button")).to_have_text("Copied")
    return str(tab.evaluate("navigator.clipboard.readText()"))


def sign_up_from_here(tab: Page, who: Person) -> None:
    """From the door to the confirmed account, by the mailbox that the page links to."""
    click(tab, "Create an account", "link")
    tab.get_by_label("E-mail").fill(who.email)
    tab.get_by_label("User name").fill(who.username)
    tab.get_by_label("Password").fill(who.password)
    click(tab, "Create an account")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    click(tab, "Open the mailbox", "link")
    mail = tab.get_by_role("listitem").filter(has_text=who.email)
    while not mail.count():  # the worker sends it in a moment
        tab.reload()
    mail.get_by_role("link").first.click()
    tab.locator("a[href*='/account/confirm-email/']").first.click()
    click(tab, "Yes, confirm it")


def test_a_stranger_signs_up_buys_and_pulls_by_clicking_alone(visitor: Page, world: World) -> None:
    tab, who = visitor, meet(world.stack.instance, "wanda", "Wanda")
    tab.goto(world.stack.url)
    tab.get_by_role("combobox", name="Search images").fill("redis")
    click(tab, "Search")
    click(tab, tidewater.REDIS.title, "link")
    click(tab, "Sign in to buy", "link")
    sign_up_from_here(tab, who)
    expect(tab.get_by_role("heading", level=1)).to_have_text(tidewater.REDIS.title)  # back where the wish arose

    click(tab, "Buy and pull")
    expect(tab.get_by_text("TEST MODE")).to_be_visible()
    click(tab, "Cancel", "link")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Not paid yet")
    click(tab, "Go on to pay", "link")
    tab.get_by_label("Card number").fill("4000 0000 0000 0002")
    click(tab, "Pay €29.00 (TEST)")
    expect(tab.get_by_role("alert")).to_contain_text("Nothing was charged.")
    tab.get_by_label("Card number").fill("4242 4242 4242 4242")
    click(tab, "Pay €29.00 (TEST)")
    tab.wait_for_url("**/orders/*/")
    expect(tab.get_by_text("Paid. You may pull now.")).to_be_visible()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Receipt")

    click(tab, "Access tokens", "link")
    tab.get_by_label("Name", exact=True).fill("laptop")
    click(tab, "Create token")
    who.access_token = tab.locator("#token-secret").inner_text()
    click(tab, "I have stored it", "link")
    expect(tab.locator("#token-secret")).to_have_count(0)

    click(tab, "Library", "link")
    command = copied(tab, tab.locator(".cmd").filter(has_text="docker pull").first)
    found = REFERENCE.fullmatch(command)
    assert found, command
    tab.goto(f"{world.stack.url}/tidewater/redis-steady")
    assert copied(tab, tab.locator(".cmd").filter(has_text="docker pull").first) == command

    trade = Trade(world.stack)
    assert trade.docker(who).pull(found[1], silent) == world.names["redis_digest"]


def test_a_free_image_is_got_with_one_click(chromium: Browser, world: World, visitor: Page) -> None:
    tab, who = visitor, meet(world.stack.instance, "gretel", "Gretel")
    tab.goto(f"{world.stack.url}/lanternworks/quiet-edge")
    click(tab, "Sign in to keep it", "link")
    sign_up_from_here(tab, who)

    click(tab, "Get it")

    expect(tab.get_by_role("heading", level=1)).to_have_text("Library")
    expect(tab.get_by_text("May pull")).to_be_visible()
    trade = Trade(world.stack)
    token = trade.registry_token("repository:lanternworks/quiet-edge:pull")
    assert trade.manifest_status("lanternworks/quiet-edge", token, lanternworks.EDGE.recipe().tag) == 200  # type: ignore[misc]  # it has one


def test_a_gift_goes_from_the_price_to_the_pull_of_somebody_else(chromium: Browser, world: World, visitor: Page) -> None:
    tab, giver, kim = visitor, meet(world.stack.instance, "gerda", "Gerda"), meet(world.stack.instance, "kimgift", "Kim")
    tab.goto(f"{world.stack.url}/tidewater/redis-steady")
    click(tab, "Sign in to buy", "link")
    sign_up_from_here(tab, giver)
    click(tab, "Give it to somebody", "link")
    tab.get_by_label("Message").fill("Happy birthday.")
    tab.get_by_role("button", name="Pay €29.00 and give it").click()
    tab.get_by_label("Card number").fill("4242 4242 4242 4242")
    click(tab, "Pay €29.00 (TEST)")
    tab.wait_for_url("**/orders/*/")
    expect(tab.get_by_text("Paid, as a gift.")).to_be_visible()
    click(tab, "See where it is", "link")
    click(tab, "Make a new link")
    link = tab.locator("#gift-link").inner_text()

    tab.context.clear_cookies()
    tab.goto(link)
    expect(tab.get_by_text("Happy birthday.")).to_be_visible()
    sign_up_from_here(tab, kim)
    click(tab, "Claim it")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Library")
    expect(tab.get_by_text("May pull").first).to_be_visible()
    found = REFERENCE.fullmatch(copied(tab, tab.locator(".cmd").filter(has_text="docker pull").first))
    assert found
    click(tab, "Access tokens", "link")
    tab.get_by_label("Name", exact=True).fill("laptop")
    click(tab, "Create token")
    kim.access_token = tab.locator("#token-secret").inner_text()

    assert Trade(world.stack).docker(kim).pull(found[1], silent) == world.names["redis_digest"]
