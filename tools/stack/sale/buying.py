"""What a buyer does: find, pay on the hosted page, pull."""

import re

from tools.stack.clients import Client, Refused
from tools.stack.problems import Problem
from tools.stack.sale.people import Person
from tools.stack.sale.waiting import awaited
from tools.stack.view import Step

GRANT_SECONDS = 60
_ORDER = re.compile("/orders/[0-9a-f-]{36}/")


def pull_in_vain(client: Client, reference: str, step: Step) -> None:
    """Try to pull what one may not pull.

    Raises:
        Problem: the registry gave it away.
    """
    try:
        client.pull(reference, step.command)
    except Refused as refused:
        step.note(str(refused)[:200])
        step.outcome("denied, as it should be: nothing has been bought yet")
    else:
        raise Problem(f"{reference} was pulled without being bought.", do="do not use this version; report it.")


def buy(buyer: Person, product_url: str, step: Step, *, organisation: str = "") -> str:
    """Buy a product with a test card on Stripe's hosted page, and wait until the webhook has granted it. Returns the order's id.

    A purchase that was begun before is continued.

    Args:
        organisation: the handle of the one that buys; empty for the person themselves.
    """
    page = buyer.browser.open(product_url, step)
    if page.has_form(action="/billing/buy/"):
        chosen = {"buyer": organisation} if organisation else {}
        page = buyer.browser.submit(page, page.form(*chosen, action="/billing/buy/"), step, chosen)
    if page.has_form("card"):
        step.note("Stripe's hosted page; the card is 4242 4242 4242 4242")
        page = buyer.browser.submit(page, page.form("card"), step, {"card": "4242 4242 4242 4242"} | ({"email": buyer.email}), button="pay")
    order = order_in(order_begun(buyer) or page.url)
    path = f"/orders/{order}/"
    if not awaited(lambda: "paid" in buyer.browser.look(path).text.lower().split(), seconds=GRANT_SECONDS):
        raise Problem(f"The payment of order {order} did not reach the shop within {GRANT_SECONDS} s.", do="look at var/log/worker.log.")
    step.request("GET", path)
    step.outcome(f"order {order} is paid: the signed webhook has granted the pull")
    return order


def order_begun(buyer: Person) -> str | None:
    """Return the address of the buyer's newest order, or None."""
    return next((link for _, link in buyer.browser.look("/orders/").links if _ORDER.fullmatch(link)), None)


def order_in(url: str) -> str:
    """Return the order's id in the address that Stripe sends the buyer back to.

    Raises:
        Problem: it holds none.
    """
    for part in url.partition("?")[0].split("/"):
        if len(part) == 36 and part.count("-") == 4:  # noqa: PLR2004 - the text form of a UUID, RFC 9562
            return part
    raise Problem(f"The way back from Stripe led to {url}, which names no order.", do="look at var/log/web.log.")
