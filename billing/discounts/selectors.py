"""Which discount is meant, whether it counts, how often it was used, and whose offer it is."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext, ngettext

from accounts.organisations.buying import buyers_of
from accounts.people.models import Account, User
from accounts.people.selectors import verified_addresses
from billing.discounts.errors import (
    BuyerDecides,
    DiscountInOtherCurrency,
    DiscountIsOver,
    DiscountIsPaused,
    DiscountLeavesNothing,
    DiscountNotBegun,
    DiscountNotForProduct,
    DiscountNotForSubscriptions,
    DiscountUsedByBuyer,
    DiscountUsedUp,
    InvalidDiscount,
    OfferForAnother,
    UnknownCode,
)
from billing.discounts.models import Discount, DiscountUse, normal_code
from billing.discounts.quotes import reduced
from billing.orders.models import Order
from billing.orders.state import RELEASED
from common.money import Money
from common.web.links import path_typed
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import smallest_price

MOST_PRODUCTS: Final = 50  # of one discount
_UNPAID: Final = (*RELEASED, Order.State.PENDING)


@dataclass(slots=True)
class Uses:
    """What a discount has come to.

    Attributes:
        count: uses that count, unpaid ones included.
        revenue: what buyers have paid and not got back, by currency.
    """

    count: int = 0
    revenue: list[Money] = field(default_factory=list)


def find_discount(text: str, *, product: Product) -> Discount:
    """Return the discount that somebody means by a code at a product: of its seller, else the shop's own; a live one before one that ended.

    Raises:
        UnknownCode: there is none.
    """
    code = normal_code(text)
    whose = Q(seller=product.seller_id) | Q(seller=None)
    found = Discount.objects.filter(whose, code=code) if code else Discount.objects.none()
    best = found.order_by(F("ended_at").desc(nulls_first=True), F("seller").asc(nulls_last=True), "-created_at").first()
    if best is None:
        raise UnknownCode
    return best


def require_usable(discount: Discount, *, product: Product, price: Price) -> None:
    """Make sure that the discount counts now for a product at one of its prices, whoever buys it, as far as its terms say.

    Raises:
        DiscountIsOver, DiscountIsPaused, DiscountNotBegun, DiscountNotForProduct, BuyerDecides,
            DiscountNotForSubscriptions, DiscountInOtherCurrency, DiscountLeavesNothing: it does not.
    """
    match discount.state:
        case Discount.State.ENDED:
            raise DiscountIsOver(offer=discount.is_offer)
        case Discount.State.PAUSED:
            raise DiscountIsPaused
        case Discount.State.WAITING:
            raise DiscountNotBegun(starts_at=discount.starts_at)
    if discount.seller_id not in {None, product.seller_id}:  # the product was handed over to another seller, for one
        raise DiscountNotForProduct
    chosen = set(discount.products.values_list("pk", flat=True))
    if chosen and product.pk not in chosen:
        raise DiscountNotForProduct
    _require_price(discount, price)


def _require_price(discount: Discount, price: Price) -> None:
    if price.buyer_decides:
        raise BuyerDecides
    if discount.is_offer and discount.edition_id != price.edition_id:  # it was made for another edition, or for the whole product
        raise DiscountNotForProduct
    if price.interval and not discount.duration:
        raise DiscountNotForSubscriptions(offer=discount.is_offer)
    if discount.currency not in {"", price.currency}:
        raise DiscountInOtherCurrency(currency=discount.currency, offer=discount.is_offer)
    if price.interval and not reduced(discount, price.money, most=price.money).minor:
        raise DiscountLeavesNothing(least=smallest_price(price.currency))


def require_left(discount: Discount, *, buyer: Account | None) -> None:
    """Make sure that a use is left, for the buyer if there is one. Under the discount's lock, this holds until the transaction ends.

    Raises:
        DiscountUsedUp, DiscountUsedByBuyer: none is.
    """
    live = DiscountUse.objects.filter(discount=discount).exclude(order__state__in=RELEASED)
    if discount.most_uses is not None and live.count() >= discount.most_uses:
        raise DiscountUsedUp(offer=discount.is_offer)
    if buyer is not None and discount.most_per_customer is not None and live.filter(buyer=buyer).count() >= discount.most_per_customer:
        raise DiscountUsedByBuyer


def require_addressee(discount: Discount, *, user: User, buyer: Account) -> None:
    """Make sure that an offer is accepted by whom it was made to; a code is for everybody.

    Raises:
        OfferForAnother: it is not theirs.
    """
    mine = discount.account_id == buyer.pk if discount.account_id else discount.email in verified_addresses(user)
    if discount.is_offer and not mine:
        raise OfferForAnother


def offers_for(user: User) -> QuerySet[Discount]:
    """Return the offers that the user may see: to an address that they have verified, or to an account that they buy for."""
    mine = Q(account__in=buyers_of(user)) | Q(email__in=verified_addresses(user) - {""})
    return Discount.objects.filter(mine, kind=Discount.Kind.PRICE).select_related("seller", "account", "edition")


def discounts_of(seller_id: UUID | None) -> QuerySet[Discount]:
    """Return a seller's discounts, newest first, with what a list shows of them; the shop's own for None."""
    return Discount.objects.filter(seller=seller_id).select_related("account", "edition").prefetch_related("products")


def uses_of(discount_ids: Collection[UUID]) -> Mapping[UUID, Uses]:
    """Return what each of the discounts has come to; two queries, however many there are."""
    found: defaultdict[UUID, Uses] = defaultdict(Uses)
    uses = DiscountUse.objects.filter(discount__in=discount_ids).order_by()
    for discount_id, count in uses.exclude(order__state__in=RELEASED).values_list("discount").annotate(count=Count("pk")):
        found[discount_id].count = count
    kept = Sum(F("order__amount") - F("order__refunded_amount"))
    paid = uses.exclude(order__state__in=(*_UNPAID, Order.State.CHARGED_BACK)).values_list("discount", "order__currency")
    for discount_id, currency, revenue in paid.annotate(revenue=kept).order_by("order__currency"):
        found[discount_id].revenue.append(Money(revenue, currency))
    return found


def is_paying(discount: Discount, *, buyer: Account, product: Product) -> bool:
    """Whether the buyer has a use of it already, for the product that they have not paid yet."""
    paying = DiscountUse.objects.filter(discount=discount, buyer=buyer, order__product=product, order__state=Order.State.PENDING)
    return paying.exists()


def products_named(text: str, *, seller_id: UUID | None, field: str = "products", most: int = MOST_PRODUCTS) -> tuple[Product, ...]:
    """Return the products at the addresses that somebody typed, `namespace/slug`, or pasted from their pages, one in a line.

    Args:
        seller_id: whose they must be; None for anybody's, which staff may name.
        field: of the form, for the error.
        most: how many there may be, and for one, how many there must be.

    Raises:
        InvalidDiscount: one of them is not there, or there are too many.
    """
    names = list(dict.fromkeys(path_typed(name) or name for name in text.lower().split()))
    if len(names) > most or (most == 1 and not names):
        raise InvalidDiscount(field=field, sentence=ngettext("Name one product.", "Name at most {most} products.", most).format(most=most))
    pairs = [name.partition("/")[::2] for name in names if name.isascii() and name.isprintable()]
    wanted = Q(pk__in=[])
    for namespace, slug in pairs:
        wanted |= Q(namespace__name=namespace, slug=slug)
    products = Product.objects.filter(wanted, Q() if seller_id is None else Q(seller=seller_id)).select_related("namespace", "seller")
    found = {f"{product.namespace.name}/{product.slug}": product for product in products}
    for name in names:
        if name not in found:
            sentence = gettext("You have no product at {address}.") if seller_id else "There is no product at {address}."
            raise InvalidDiscount(field=field, sentence=sentence.format(address=name[:200]))
    return tuple(found[name] for name in names)
