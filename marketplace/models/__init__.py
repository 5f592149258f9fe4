"""The tables of names, what was pushed, what is sold, and who may pull it."""

from marketplace.models.covers import Cover
from marketplace.models.credentials import CredentialImage
from marketplace.models.entitlements import Entitlement
from marketplace.models.images import Image, Namespace
from marketplace.models.manifests import Layer, LayerList, Manifest, Tag
from marketplace.models.products import Category, Price, Product, ProductImage, ProductPicture
from marketplace.models.pulls import PullCount, PullerSketch

__all__ = [
    "Category",
    "Cover",
    "CredentialImage",
    "Entitlement",
    "Image",
    "Layer",
    "LayerList",
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
