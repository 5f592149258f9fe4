"""Gifts: claimed by somebody, sent again, given by a seller and taken back."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import gift_of_order
from marketplace.gifts.services.claims import claim_gift
from marketplace.gifts.services.links import renew_gift
from tests.sequences.base import Base, Sale, when

NUMBER = st.integers(0, 11)


class Gifts(Base):
    """Whoever has the link of a gift."""

    def gifts(self) -> list[tuple[Sale, Gift]]:
        found = [(sale, gift_of_order(sale.order_id)) for sale in self.sales if sale.is_gift]
        return [(sale, gift) for sale, gift in found if gift is not None]

    @when(lambda self: any(sale.is_gift for sale in self.sales))
    @rule(number=NUMBER, who=NUMBER)
    def claim(self, number: int, who: int) -> None:
        user = self.shop.buyers[who % len(self.shop.buyers)]
        found = self.pick(self.gifts(), number)
        if found and self.do(claim_gift, gift=found[1], user=user, holder=user.account):
            found[0].claimed_by = user.account

    @when(lambda self: any(sale.is_gift for sale in self.sales))
    @rule(number=NUMBER)
    def send_again(self, number: int) -> None:
        found = self.pick(self.gifts(), number)
        if found:
            self.do(renew_gift, gift=found[1], email="lee@example.test", actor=found[0].buyer)
