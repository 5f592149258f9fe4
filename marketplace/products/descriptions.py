"""Descriptions as pages show them: rendered when they are saved, stored beside the text, and plain text if they cannot be rendered."""

from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.web.markdown import LONGEST, RENDERER, in_readers_language, render_markdown
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
    """Render a description, or make it plain text if rendering would cost too much. Bounded in time and size, but slow."""
    try:
        return Rendering(render_markdown(text))
    except TooElaborateError as error:
        return Rendering(_plain(text), str(error))


def rendered_description(product: Product) -> SafeString:
    """Return the description for a page as it was rendered when it was saved, or as plain text if it never was."""
    if product.description_renderer:
        return in_readers_language(product.description_html)
    return _plain(product.description)


RENDERED: Final = ("description_html", "description_renderer")  # the fields that `set_rendering` changes


def set_rendering(product: Product, rendering: Rendering) -> None:
    """Set a rendering of its description on the product. The caller saves it."""
    product.description_html, product.description_renderer = str(rendering.html), RENDERER


def _plain(text: str) -> SafeString:
    return format_html('<p class="licence">{}</p>', text[:LONGEST]) if text.strip() else SafeString("")
