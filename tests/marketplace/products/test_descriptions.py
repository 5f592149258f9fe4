"""A description is rendered when it is saved, never for a reader, and none costs more than it may."""

import pytest
from django.test import Client

from common.web import markdown, markdown_bounds
from marketplace.products.descriptions import render_description
from marketplace.products.errors import InvalidProduct
from marketplace.products.models import Product
from marketplace.products.services.descriptions import render_outdated_descriptions
from marketplace.products.services.editing import create_product, edit_product
from marketplace.products.tasks import render_descriptions
from tests.factories.marketplace import NamespaceFactory, ProductFactory

LONG = 50_000
# Each costs a renderer that follows the grammar far more than its length: looks ahead, parts, or bytes of HTML.
NASTY = {
    "images never closed": "![" * 25_000,
    "links never closed": "[" * LONG,
    "brackets in brackets": "[" * 25_000 + "]" * 25_000,
    "a table of many rows": "a|b\n-|-\n" + "a|b\n" * 12_000,
    "a list of many items": "- a\n" * 12_500,
    "a wide table": "|" + "a|" * 10_000 + "\n|" + "-|" * 10_000 + "\n" + "|\n" * 5_000,
    "many fences": "```\na\n```\n\n" * 4_000,
}
HARMLESS = {
    "quotes in quotes": "> " * 25_000,
    "lists in lists": "* " * 25_000,
    "emphasis": "**a " * 12_500,
    "half a comment": "<!--" * 12_500,
    "ampersands": "&" * 40_000,
    "many headings": "# a\n\n" * 10_000,
    "a word": "a" * LONG,
    "backticks": "`" * LONG,
    "references": "[a]: b\n\n" * 6_000,
}
README = (
    "# Name\n\nSome **bold** text, [a link](https://example.org) and `code`.\n\n| a | b |\n|---|---|\n"
    + "| x | [y](/z) |\n" * 20
    + "\n- one\n"
)


@pytest.mark.parametrize("name", NASTY)
def test_markdown_that_costs_too_much_is_plain_text_and_says_so(name: str) -> None:
    rendering = render_description(NASTY[name])

    assert rendering.html.startswith('<p class="licence">')
    assert rendering.fault.startswith("It ")


@pytest.mark.parametrize("name", HARMLESS)
def test_markdown_that_only_looks_costly_is_rendered(name: str) -> None:
    assert render_description(HARMLESS[name]).fault == ""


def test_a_long_readme_is_rendered() -> None:
    rendering = render_description((README * 200)[:LONG])

    assert rendering.fault == ""
    assert "<strong>bold</strong>" in rendering.html


@pytest.mark.parametrize("text", [*NASTY.values(), *HARMLESS.values()], ids=[*NASTY, *HARMLESS])
def test_the_work_for_a_text_is_bounded(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    looks = 0
    look = markdown_bounds.BoundedInline.skipToken

    def counted(parser: markdown_bounds.BoundedInline, state: object) -> None:
        nonlocal looks
        looks += 1
        look(parser, state)  # type: ignore[arg-type]  # markdown-it's state

    monkeypatch.setattr(markdown_bounds.BoundedInline, "skipToken", counted)

    html = render_description(text).html

    assert looks <= 50_001
    assert len(html) <= 5 * LONG + 100


@pytest.mark.django_db
def test_a_reader_causes_no_rendering(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = NamespaceFactory()
    seller = namespace.owner.seller
    product = create_product(
        seller=seller, namespace=namespace, actor=seller.account.user, images=[], title="A", slug="a", description="**Two** containers."
    )
    Product.objects.filter(pk=product.pk).update(state="published", published_at=product.created_at)
    monkeypatch.setattr(markdown._parser, "render", None)

    page = client.get(f"/{namespace.name}/a").content.decode()

    assert "<strong>Two</strong> containers." in page


@pytest.mark.django_db
def test_a_description_that_costs_too_much_is_refused_and_nothing_changes() -> None:
    product = ProductFactory()
    edit_product(product=product, actor=product.seller.account.user, description="**Two**")
    before = Product.objects.filter(pk=product.pk).values().get()

    with pytest.raises(InvalidProduct, match=r"We cannot show this description as Markdown\. It has too many square brackets") as refusal:
        edit_product(product=product, actor=product.seller.account.user, title="New", description=NASTY["images never closed"])

    assert refusal.value.field == "description"
    assert Product.objects.filter(pk=product.pk).values().get() == before


@pytest.mark.django_db
def test_an_edit_of_something_else_leaves_the_rendering() -> None:
    product = ProductFactory()
    edit_product(product=product, actor=product.seller.account.user, description="**Two**")

    edit_product(product=product, actor=product.seller.account.user, title="New")

    product.refresh_from_db()
    assert (product.title, product.description_html) == ("New", "<p><strong>Two</strong></p>\n")


@pytest.mark.django_db
def test_what_was_never_rendered_is_plain_until_the_worker_renders_it(client: Client) -> None:
    product = ProductFactory(description="**Two** <b>")
    address = f"/{product.namespace.name}/{product.slug}"
    assert '<p class="licence">**Two** &lt;b&gt;</p>' in client.get(address).content.decode()

    assert render_descriptions() == 1

    assert "<strong>Two</strong>" in client.get(address).content.decode()
    assert render_descriptions() == 0


@pytest.mark.django_db
def test_a_newer_renderer_renders_anew_and_one_nasty_text_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    nasty, other = ProductFactory(description=NASTY["links never closed"]), ProductFactory(description="**Two**")
    render_outdated_descriptions(most=10)
    monkeypatch.setattr("marketplace.products.services.descriptions.RENDERER", markdown.RENDERER + 1)
    monkeypatch.setattr("marketplace.products.descriptions.RENDERER", markdown.RENDERER + 1)

    assert render_outdated_descriptions(most=10) == 2

    nasty.refresh_from_db()
    other.refresh_from_db()
    assert nasty.description_html.startswith('<p class="licence">[[[')
    assert other.description_html == "<p><strong>Two</strong></p>\n"
    assert {nasty.description_renderer, other.description_renderer} == {markdown.RENDERER + 1}


@pytest.mark.django_db
def test_a_text_that_its_seller_saves_meanwhile_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    product = ProductFactory(description="old")

    def saved_meanwhile(text: str) -> object:
        Product.objects.filter(pk=product.pk).update(description="new", description_html="<p>new</p>", description_renderer=1)
        return render_description(text)

    monkeypatch.setattr("marketplace.products.services.descriptions.render_description", saved_meanwhile)
    render_outdated_descriptions(most=10)

    product.refresh_from_db()
    assert product.description_html == "<p>new</p>"


@pytest.mark.django_db
def test_a_product_without_a_description_has_no_html() -> None:
    product = ProductFactory()
    render_outdated_descriptions(most=10)
    product.refresh_from_db()
    assert (product.description_html, product.description_renderer) == ("", markdown.RENDERER)
