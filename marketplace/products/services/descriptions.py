"""Descriptions are rendered when they are saved, and again when the renderer has changed."""

import logging

from django.utils.translation import gettext

from common.web.markdown import RENDERER
from marketplace.products.descriptions import Rendering, render_description, set_rendering
from marketplace.products.errors import InvalidProduct
from marketplace.products.models import Product

logger = logging.getLogger(__name__)


def rendered_or_refused(text: str) -> Rendering:
    """Render what a seller wrote.

    Raises:
        InvalidProduct: it is too elaborate; says which part.
    """
    rendering = render_description(text)
    if rendering.fault:
        raise InvalidProduct(
            field="description",
            sentence=gettext("We cannot show this description as Markdown. {fault} Make it simpler.").format(fault=rendering.fault),
        )
    return rendering


def render_outdated_descriptions(*, most: int) -> int:
    """Render descriptions that an older renderer made, or none; what is too elaborate becomes plain text. Return how many, at most `most`.

    Safe to repeat: a text that changes in the meantime was rendered when it was saved, and is not touched.
    """
    outdated = Product.objects.exclude(description_renderer=RENDERER).only("pk", "description").order_by("description_renderer", "pk")
    done = 0
    for product in outdated[:most].iterator(chunk_size=20):
        rendering = render_description(product.description)
        if rendering.fault:
            logger.warning("description shown as plain text: %s", rendering.fault, extra={"product": str(product.pk)})
        set_rendering(product, rendering)
        Product.objects.filter(pk=product.pk, description=product.description).update(
            description_html=product.description_html, description_renderer=product.description_renderer
        )
        done += 1
    return done
