"""Where Celery looks for the tasks of this app."""

from marketplace.covers.tasks import draw_image, draw_outdated, draw_product
from marketplace.images.tasks import end_namespaces
from marketplace.insights.tasks import rank_products
from marketplace.products.tasks import render_descriptions

__all__ = ["draw_image", "draw_outdated", "draw_product", "end_namespaces", "rank_products", "render_descriptions"]
