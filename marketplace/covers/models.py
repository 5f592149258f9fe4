"""Covers: the worker draws them, pages show them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from marketplace.images.models import Image
from marketplace.products.models import Product


class Cover(models.Model):
    """The cover of an image, which a product that sells only this image shows too, or the cover of a bundle.

    Attributes:
        source_hash: of what it was drawn from. If it differs from the current one, the cover has to be drawn again.
        card, line, tall, wide, mark: the content of an `<svg>` of each `marketplace.covers.selectors.Shape`.
        layers: of an image: what a page that shows several images lists of its layers, base first: the fields of a
            `marketplace.images.models.Layer` each, then its colour. NULL if it was drawn before this was kept.
        preview: the wide one as PNG, once somebody has asked for it; NULL again when the cover is drawn anew.
        bands: of the tall one, bottom first: digest, bytes, whether it is own, colour, top and bottom at its right side.
    """

    image = models.OneToOneField(Image, on_delete=models.CASCADE, null=True, blank=True, related_name="cover")
    product = models.OneToOneField(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="cover")
    source_hash = models.CharField(max_length=64)
    card = models.TextField()
    line = models.TextField()
    tall = models.TextField()
    wide = models.TextField()
    mark = models.TextField()
    bands = models.JSONField(default=list)
    layers = models.JSONField(null=True, blank=True)
    preview = models.BinaryField(null=True, blank=True, editable=False)
    drawn_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = (
            models.CheckConstraint(
                condition=Q(image__isnull=True, product__isnull=False) | Q(image__isnull=False, product__isnull=True),
                name="cover_of_one_thing",
            ),
        )

    def __str__(self) -> str:
        return f"cover of {self.image_id or self.product_id}"
