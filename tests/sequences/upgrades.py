"""Whoever has bought a part buys the whole: a bundle, or a larger edition."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketplace.products.models import Price
from tests.sequences.base import when
from tests.sequences.sales import Sales
from tests.sequences.shop import Sale

NUMBER = st.integers(0, 11)


class Upgrades(Sales):
    """A buyer pays the rest."""

    @when(lambda self: any(self.is_bought(sale) for sale in self.sales))
    @rule(number=NUMBER, heard=st.sampled_from([True, True, False]))
    def buy_the_whole(self, *, number: int, heard: bool) -> None:
        """Of what somebody has bought a part of: the bundle, or the larger edition."""
        part = self.pick([sale for sale in self.sales if self.is_bought(sale)], number)
        assert part is not None
        for whole in self.shop.wholes:
            for price in Price.objects.current().filter(product=whole, currency=part.currency).order_by("amount"):
                images = set((price.edition or whole).images.values_list("pk", flat=True))
                if part.images < images:
                    self.pay_for(self.place_for(part.buyer, part.holder, price), heard=heard)
                    return

    def is_bought(self, sale: Sale) -> bool:
        """Whether it is a part of something, and was paid."""
        wholes = {each.seller_id for each in self.shop.wholes}
        return sale.product.seller_id in wholes and not sale.recurring and not sale.is_gift and bool(self.charges_of(sale))
