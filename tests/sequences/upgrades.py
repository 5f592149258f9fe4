"""Whoever has bought a part buys the whole: a bundle, or a larger edition."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketplace.products.models import Price, Product
from tests.sequences.sales import Sales
from tests.sequences.shop import Sale
from tests.sequences.time import Time

NUMBER = st.integers(0, 11)


class Upgrades(Sales, Time):
    """A buyer pays the rest."""

    @rule(number=NUMBER, who=NUMBER, heard=st.sampled_from([True, True, False]))
    def buy_the_whole(self, *, number: int, who: int, heard: bool) -> None:
        """Of what somebody has bought a part of, or buys it now: the bundle, or the larger edition."""
        whole = self.shop.wholes[number % len(self.shop.wholes)]
        price = self.whole_price(whole)
        parts = [sale for sale in self.sales if self.is_part(sale, price)]
        part = self.pick(parts, number) or self.sell_part(whole, number, who)
        if heard:
            self.all_that_is_on_its_way_comes()
        if part is not None:
            self.pay_for(self.place_for(part.buyer, part.holder, price), heard=heard)

    def whole_price(self, whole: Product) -> Price:
        """Of all of a product, or of its largest edition; the edition's price may have become the lower one."""
        prices = Price.objects.current().filter(product=whole)
        return max(prices, key=lambda price: (price.edition or whole).images.count())

    def sell_part(self, whole: Product, number: int, who: int) -> Sale | None:
        """Sell a product with one of the images, or the smaller edition."""
        prices = Price.objects.current().filter(product__images__in=whole.images.all(), currency="eur").exclude(product=whole)
        smaller = Price.objects.current().filter(product=whole, edition__name="Standard")
        price = self.pick(list((smaller or prices.distinct()).order_by("amount")), number)
        user = self.shop.buyers[who % len(self.shop.buyers)]
        sale = self.place_for(user, user.account, price) if price else None
        self.pay_for(sale, heard=True)
        return sale

    def is_part(self, sale: Sale, price: Price) -> bool:
        """Whether it was paid, and is a part of what the price is for."""
        images = set((price.edition or price.product).images.values_list("pk", flat=True))
        return sale.images < images and not sale.recurring and not sale.is_gift and bool(self.charges_of(sale))
