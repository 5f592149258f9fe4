"""What a seller does: reserve, push, describe, price, publish."""

from pathlib import Path

from tools.stack.browser import Page
from tools.stack.catalogue.goods import Good
from tools.stack.clients import Client
from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.sale.people import Person
from tools.stack.sale.waiting import awaited
from tools.stack.view import Step

EVENT_SECONDS = 60


def start_selling(seller: Person, namespace: str, step: Step) -> None:
    """Choose the seller's namespace, unless they have one."""
    page = seller.browser.open("/selling/start/", step)
    if "/selling/start/" in page.url:
        seller.browser.submit(page, page.form("name", "display_name"), step, {"display_name": seller.name, "name": namespace})
    step.outcome(f"{namespace}/… belongs to {seller.name}")


def reserve(seller: Person, name: str, step: Step) -> None:
    """Reserve an image name, unless the seller has it."""
    address = seller.browser.look("/selling/").link(f"/{name}", below="/selling/images/")
    if address is None:
        page = seller.browser.open("/selling/reserve/", step)
        address = seller.browser.submit(page, page.form("name"), step, {"name": name}).url
    seller.images[name] = address.rstrip("/").rpartition("/")[2]
    step.outcome("reserved; nobody else can take it or push to it")


def reference_of(good: Good, instance: Instance) -> str:
    """Return what is typed after docker pull for a good's image.

    Raises:
        Problem: it is a bundle.
    """
    if good.recipe is None:
        raise Problem(f"{good.title} has no image of its own.", do="report this.")
    recipe = good.recipe()
    return f"{instance.host}/{recipe.repository}:{recipe.tag}"


def push(seller: Person, good: Good, client: Client, instance: Instance, step: Step) -> str:
    """Build the good's image, push it, and wait until the seller's page shows its tag. Returns the digest."""
    if good.recipe is None:
        raise Problem(f"{good.title} has no image of its own.", do="report this.")
    recipe = good.recipe()
    reference = f"{instance.host}/{recipe.repository}:{recipe.tag}"
    digest = client.publish(recipe, reference, Path(instance.var / "run" / "build" / good.name), step.command)
    await_tag(seller, good.name, recipe.tag, step)
    name = f"{recipe.repository}:{recipe.tag}"
    step.outcome(f"{name} is {short_digest(digest)}, {len(recipe.layers)} layers; the shop knows it from the registry's event")
    return digest


def await_tag(seller: Person, name: str, tag: str, step: Step) -> None:
    """Wait until the registry's event has brought the tag to the seller's image page.

    Raises:
        Problem: it did not within a minute.
    """
    path = f"/selling/images/{seller.images[name]}/tags"
    step.request("GET", path)
    if not awaited(lambda: tag in seller.browser.look(path).text.split(), seconds=EVENT_SECONDS):
        raise Problem(
            f"The tag {tag} of {name} did not reach the shop within {EVENT_SECONDS} s.",
            do="look at var/log/registry.log and var/log/inner.log.",
        )


def make_product(seller: Person, good: Good, instance: Instance, step: Step) -> str:
    """Make the product's page with its picture and price, as far as they are not there yet. Returns the address of its editor."""
    address = seller.browser.look("/selling/").link(good.title, below="/selling/products/")
    page = seller.browser.look(address) if address else write_page(seller, good, instance, step)
    if not page.has_form(action="/delete"):  # of a picture
        form = page.form("alt", action="/pictures")
        upload = {form.files[0]: (f"{good.name}.png", good.picture(), "image/png")}
        page = seller.browser.submit(page, form, step, {"alt": good.alt}, files=upload)
    set_price(seller, page.url, good.price, step)
    return page.url


def write_page(seller: Person, good: Good, instance: Instance, step: Step) -> Page:
    """Write what the product's page says; return its editor."""
    page = seller.browser.open("/selling/products/new/", step)
    form = page.form("title", "description", "images")
    fields: dict[str, str | list[str]] = {
        "title": good.title,
        "slug": good.name,
        "summary": good.summary,
        # The pages show commands to copy; here they get the name under which the image really is.
        "description": good.description.replace("IMAGE", reference_of(good, instance)) if good.recipe else good.description,
        "category": good.category,
        "licence_name": good.licence.name,
        "licence_text": good.licence.text,
        "images": [seller.images[name] for name in good.holds or (good.name,)],
    }
    return seller.browser.submit(page, form, step, fields)


def set_price(seller: Person, editor: str, amount: int, step: Step) -> None:
    """Set the price, in minor units of euro; 0 makes it free."""
    page = seller.browser.look(editor)
    seller.browser.submit(page, page.form("amount", "currency"), step, {"amount": f"{amount / 100:.2f}", "currency": "eur"})


def connect_to_stripe(seller: Person, step: Step) -> None:
    """Follow the account link to Stripe, fill in the details, and return able to charge; does nothing if that was done before."""
    page = seller.browser.open("/selling/payouts/", step)
    if "Ready" not in page.text.split("\n"):
        page = seller.browser.submit(page, page.form(action="/connect"), step)
        seller.browser.submit(page, page.form_with_button("complete"), step, button="complete")
    if not awaited(lambda: "Ready" in seller.browser.look("/selling/payouts/").text.split("\n"), seconds=EVENT_SECONDS):
        raise Problem("Stripe's account.updated did not reach the shop within a minute.", do="look at var/log/worker.log.")
    step.outcome("Stripe takes payments for the seller: account.updated said charges_enabled")


def publish(seller: Person, editor: str, step: Step) -> str:
    """Put the product on the shelf, unless it is there. Returns the address of its page."""
    page = seller.browser.look(editor)
    if page.has_form(action="/publish"):
        page = seller.browser.submit(page, page.form(action="/publish"), step)
    else:
        page = seller.browser.look(page.link("See the page", below="/") or editor)
    step.outcome(f"on the shelf at {page.url}")
    return page.url


def short_digest(digest: str) -> str:
    """Return a digest as people compare it."""
    return digest[:19]
