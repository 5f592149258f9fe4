"""What was paid for a part makes the whole cheaper: by how much is worked out from Stripe's objects."""

from billing.credits.models import Credit
from common.money import Money
from marketplace.products.services.prices import smallest_price
from tests.sequences.expected import Expected, Standing, worst
from tests.sequences.shop import Sale


class Credits(Expected):
    """What is credited for a purchase."""

    def credit_due(self, sale: Sale, listed: int) -> int | None:
        """What its buyer has paid for parts of it before and has not been credited; None where it depends on when we heard of something."""
        parts = [earlier for earlier in self.sales if _is_part(earlier, sale)]
        if sale.recurring or sale.is_gift or not parts:
            return 0
        standings = {part.order_id: self.standings_of_sale(part) for part in parts}
        standing = {key: worst(found[image] for image in found) for key, found in standings.items()}
        later = [each for each in self.sales if each.credited & standing.keys()]
        if Standing.EITHER in standing.values() or any(not self.is_settled(each) or self.counts(each) is None for each in later):
            return None
        taken = {key for each in later if self.counts(each) for key in each.credited}
        whole = sum(self.worth(part) for part in parts if standing[part.order_id] is Standing.HELD and part.order_id not in taken)
        return listed - _left(listed, whole, sale.currency)

    def worth(self, sale: Sale) -> int:
        """What was paid for a purchase and not given back, and what was credited for it."""
        charges = [charge for charge in self.charges_of(sale) if charge is not None]
        return sale.credit + sum(int(charge["amount"]) - int(charge["amount_refunded"]) for charge in charges)

    def is_settled(self, sale: Sale) -> bool:
        """Whether Stripe decides alone if an order counts: it has its page there, or needs none."""
        return sale.free or bool(sale.order.checkout_session_id)

    def check_credits(self) -> None:
        """No purchase was credited for two others that count, and none for more than was ever paid for it."""
        by_order = {sale.order_id: sale for sale in self.sales}
        counting = [sale for sale in self.sales if sale.credited and self.counts(sale)]
        credited = [key for sale in counting for key in sale.credited]
        assert len(credited) == len(set(credited)), "a purchase was credited twice"
        for sale in counting:
            most = sum(by_order[key].credit + by_order[key].amount for key in sale.credited)
            assert 0 < sale.credit <= most, (sale, most)
            rows = Credit.objects.filter(order=sale.order_id)
            assert {row.earlier_id for row in rows} == sale.credited
            assert sum(row.amount for row in rows) == sale.credit


def _is_part(earlier: Sale, sale: Sale) -> bool:
    same = earlier.holder.pk == sale.holder.pk and earlier.currency == sale.currency and earlier.product.seller_id == sale.product.seller_id
    own = not earlier.is_gift or (earlier.claimed_by is not None and earlier.claimed_by.pk == earlier.holder.pk)
    once = own and not earlier.recurring
    return earlier.order_id != sale.order_id and same and once and earlier.images <= sale.images


def _left(listed: int, credit: int, currency: str) -> int:
    """What is left to pay: nothing, or at least the smallest price, in steps of the currency."""
    whole, step = min(credit, listed), Money(0, currency).step.minor
    paid = listed - whole + whole % step
    return min(listed, max(paid, smallest_price(currency).minor)) if paid else 0
