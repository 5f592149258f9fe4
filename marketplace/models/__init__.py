"""The tables of names, what was pushed, what is sold, and who may pull it."""

from marketplace.models.credentials import CredentialImage
from marketplace.models.entitlements import Entitlement
from marketplace.models.images import Image, Namespace
from marketplace.models.manifests import Layer, Manifest, Tag
from marketplace.models.products import Category, Price, Product, ProductImage, ProductPicture
from marketplace.models.pulls import PullCount, PullerSketch

__all__ = [
    "Category",
    "CredentialImage",
    "Entitlement",
    "Image",
    "Layer",
    "Manifest",
    "Namespace",
    "Price",
    "Product",
    "ProductImage",
    "ProductPicture",
    "PullCount",
    "PullerSketch",
    "Tag",
]
