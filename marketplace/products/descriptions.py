"""Descriptions as pages show them: rendered when they are saved, kept beside the text, and plain where they cannot be rendered."""

from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from common.web.markdown import LONGEST, RENDERER, render_markdown
from common.web.markdown_bounds import TooElaborateError
from marketplace.products.models import Product


@dataclass(frozen=True, slots=True)
class Rendering:
    """A description as HTML that is safe on any page.

    Attributes:
        fault: why it is plain text, in a sentence; empty if it was rendered.
    """

    html: SafeString
    fault: str = ""


def render_description(text: str) -> Rendering:
    """Render a description; one that costs more than it may becomes plain text. Bounded in time and size, yet not for readers' requests."""
    try:
        return Rendering(render_markdown(text))
    except TooElaborateError as error:
        return Rendering(_plain(text), str(error))


def shown_description(product: Product) -> SafeString:
    """Return the description for a page: as it was rendered when it was saved; as plain text while it never was."""
    if product.description_renderer:
        return mark_safe(product.description_html)  # noqa: S308  `render_description` made it
    return _plain(product.description)


RENDERED: Final = ("description_html", "description_renderer")  # the fields that `keep_rendering` changes


def keep_rendering(product: Product, rendering: Rendering) -> None:
    """Put a rendering of its description into the product, for whoever saves it."""
    product.description_html, product.description_renderer = str(rendering.html), RENDERER


def _plain(text: str) -> SafeString:
    return format_html('<p class="licence">{}</p>', text[:LONGEST]) if text.strip() else SafeString("")
