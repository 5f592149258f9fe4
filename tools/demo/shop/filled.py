"""What has been made of the full demo shop, as the next steps need it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from accounts.people.models import User
from marketplace.images.models import Image
from marketplace.products.models import Product
from tools.demo.shop.buyers import Organisation
from tools.demo.shop.clock import Clock
from tools.demo.shop.goods import Goods
from tools.demo.shop.people import Known
from tools.demo.shop.shelves import Shelf

Step = Callable[[str], AbstractContextManager[list[str]]]


@dataclass
class Filled:
    """Shelves with their products, and the people around them."""

    today: date
    clock: Clock
    shelves: list[Shelf]
    buyers: list[User]
    organisations: list[Organisation]
    staff: list[Known]

    @cached_property
    def stocked(self) -> dict[str, tuple[Shelf, Product, Goods]]:
        """Every product by its address, once they are on the shelves."""
        return {
            f"{shelf.open.shop.namespace}/{slug}": (shelf, product, goods)
            for shelf in self.shelves
            for slug, (product, goods) in shelf.products.items()
        }

    @property
    def images(self) -> dict[str, Image]:
        """Every image by its repository."""
        return {image.repository: image for shelf in self.shelves for image in shelf.open.images.values()}
