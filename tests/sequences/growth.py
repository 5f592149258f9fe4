"""Products that grow: an image is added for whoever buys from now on, and reaches earlier buyers once their seller says so."""

from collections.abc import Iterator

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketplace.growth.services import grow_products, reach_earlier_buyers
from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.products.services.editing import set_images
from tests.sequences.base import when
from tests.sequences.expected import LIVE, Standing, standing_of_given
from tests.sequences.settling import Settling
from tests.sequences.shop import Given, Sale

NUMBER = st.integers(0, 11)


class Growth(Settling):
    """What a seller does to a product that others have."""

    def growing(self, number: int) -> tuple[Product, Image]:
        products = [product for product in [*self.shop.products, *self.shop.monthly] if product.pk in self.shop.spares]
        product = products[number % len(products)]
        return product, self.shop.spares[product.pk]

    @when(lambda self: self.sales or self.given)
    @rule(number=NUMBER, said=st.sampled_from([True, True, False]))
    def product_grows(self, *, number: int, said: bool) -> None:
        """Whoever has it gets the image only if its seller says so; what was added before may leave it again."""
        product, spare = self.growing(number)
        images = [image for image in product.images.order_by("pk") if image.pk != spare.pk]
        was_in = product.images.filter(pk=spare.pk).exists()
        wanted = images if was_in and not said else [*images, spare]
        self.do(set_images, product=product, images=wanted, actor=product.seller.account.user)
        if said:
            self.reach(product, spare)

    def reach(self, product: Product, spare: Image) -> None:
        """After a night, so that who has it is what Stripe says: each of them gets it, whatever brought the product to them."""
        self.settle()
        reached = [(each, is_sure) for each, is_sure in self.having(product) if spare.pk not in each.images | each.grown]
        asked = self.do(reach_earlier_buyers, product=product, image=spare, actor=product.seller.account.user)
        if asked is not None:
            grow_products()
            for each, is_sure in reached:
                each.grown.add(spare.pk)
                if not is_sure:
                    each.unsure.add(spare.pk)

    def having(self, product: Product) -> Iterator[tuple[Sale | Given, bool]]:
        """Who has the product, or may claim it, and whether that is sure; of editions nobody has all.

        Who has ever paid for a period counts as well: what comes to the product while nothing is paid is theirs once they pay late.
        """
        for sale in self.sales:
            if sale.product.pk != product.pk or sale.of_edition:
                continue
            if sale.recurring:
                if self.subscription_of(sale) is not None:
                    yield sale, True
            else:
                standings = set(self.standings_of_sale(sale).values())
                if standings & {*LIVE, Standing.EITHER}:
                    yield sale, bool(standings & set(LIVE))
        for given in self.given:
            if given.product.pk == product.pk and standing_of_given(given) in LIVE:
                yield given, True
