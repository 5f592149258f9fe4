"""Descriptions are rendered when they are saved, and once more when the renderer has changed."""

import logging

from common.web.markdown import RENDERER
from marketplace.products.descriptions import Rendering, keep_rendering, render_description
from marketplace.products.errors import InvalidProduct
from marketplace.products.models import Product

logger = logging.getLogger(__name__)


def rendered_or_refused(text: str) -> Rendering:
    """Render what a seller wrote.

    Raises:
        InvalidProduct: it costs more than a description may; says what of it.
    """
    rendering = render_description(text)
    if rendering.fault:
        raise InvalidProduct(
            field="description", sentence=f"We cannot show this description as markdown. {rendering.fault} Make it simpler."
        )
    return rendering


def render_descriptions_anew(*, most: int) -> int:
    """Render descriptions that another renderer made, or none; what costs too much becomes plain text. Return how many, at most `most`.

    Repeatable: a text that changes meanwhile was rendered when it was saved, and is left alone.
    """
    outdated = Product.objects.exclude(description_renderer=RENDERER).only("pk", "description").order_by("description_renderer", "pk")
    done = 0
    for product in outdated[:most].iterator(chunk_size=20):
        rendering = render_description(product.description)
        if rendering.fault:
            logger.warning("description shown as plain text: %s", rendering.fault, extra={"product": str(product.pk)})
        keep_rendering(product, rendering)
        Product.objects.filter(pk=product.pk, description=product.description).update(
            description_html=product.description_html, description_renderer=product.description_renderer
        )
        done += 1
    return done
