"""Making discounts and offers, pausing and ending them, and taking a use of one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import choice
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from audit.services import record_audit, require_reason
from billing.discounts.errors import CodeTaken, DiscountHasEnded, InvalidDiscount
from billing.discounts.locks import lock_discount
from billing.discounts.models import Discount, DiscountUse, normal_code
from billing.discounts.recurring import check_duration
from billing.discounts.selectors import require_addressee, require_left, require_usable
from billing.orders.models import Order
from common.db.locking import locked_transaction, translate_violation
from common.money import Money
from marketplace.images.ownership import require_owner, require_seller_in_good_standing, require_staff
from marketplace.products.models import Price, Product

# Of a code that we make: nothing that is taken for something else when it is read out or copied from paper.
SAFE_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LETTERS: Final = 10  # 49 bits
LONGEST: Final = timedelta(days=1830)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a code gives.

    Attributes:
        code: as it is to be typed; empty to have one made.
        percent: that is taken off; 0 if it is an amount.
        money: that is taken off; None if it is a percentage.
        products: for which alone it counts; none for all.
        duration, months: which payments of subscriptions it reduces, and for how long; none unless said.
    """

    code: str = ""
    percent: int = 0
    money: Money | None = None
    products: tuple[Product, ...] = ()
    most_uses: int | None = None
    most_per_customer: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    duration: str = Discount.Duration.NONE
    months: int | None = None


def new_code() -> str:
    """Return a code that nobody guesses or misreads."""
    return "".join(choice(SAFE_LETTERS) for _ in range(CODE_LETTERS))


def make_discount(*, seller: SellerProfile | None, terms: Terms, actor: User, reason: str = "") -> Discount:
    """Let a code reduce prices from a moment on. What was bought before keeps its price.

    Args:
        seller: whose it is, and who bears it; None for the shop's own, which staff make, with a reason.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for the seller, or is not staff.
        SellerIsSuspended: nothing of theirs is sold.
        ReasonMissing: staff give none.
        InvalidDiscount: terms that do not make sense; names the field.
        CodeTaken: another live one of the same seller has the code.
    """
    _require_authority(actor, seller, reason)
    code = normal_code(terms.code) if terms.code.strip() else new_code()
    discount = Discount(
        seller=seller,
        code=code,
        kind=Discount.Kind.AMOUNT if terms.money else Discount.Kind.PERCENT,
        percent=terms.percent,
        amount=terms.money.minor if terms.money else 0,
        currency=terms.money.currency if terms.money else "",
        most_uses=terms.most_uses,
        most_per_customer=terms.most_per_customer,
        starts_at=terms.starts_at or timezone.now(),
        ends_at=terms.ends_at,
        duration=terms.duration,
        months=terms.months,
        made_by=actor,
    )
    _check(discount, terms)
    constraint = "discount_code_once_for_seller" if seller else "discount_code_once_for_shop"
    with locked_transaction():
        with translate_violation(constraint, CodeTaken()):
            discount.save(force_insert=True)
        discount.products.set(terms.products)
        record_audit(actor=actor, action="discount.made", target=discount, reason=reason)
    return discount


def _require_authority(actor: User, seller: SellerProfile | None, reason: str) -> None:
    if seller is None:
        require_staff(actor)
        require_reason(reason)
        return
    require_owner(actor, seller.pk)
    require_seller_in_good_standing(seller.pk)


def _check(discount: Discount, terms: Terms) -> None:
    if not discount.code:
        raise InvalidDiscount(field="code", sentence=gettext("Use 3 to 40 letters from A to Z, digits and hyphens."))
    if (terms.money is None) == (terms.percent == 0) or not 0 <= terms.percent <= 100:  # noqa: PLR2004  percent
        raise InvalidDiscount(field="percent", sentence=gettext("Take off either 1 to 100 percent, or an amount."))
    if terms.money is not None:
        check_money(terms.money)
        if terms.money.minor == 0:
            raise InvalidDiscount(field="amount", sentence=gettext("Take off more than nothing."))
    if discount.ends_at is not None:
        check_end(discount.ends_at, after=max(discount.starts_at, timezone.now()))
    if any(product.seller_id != discount.seller_id for product in terms.products if discount.seller_id is not None):
        raise InvalidDiscount(field="products", sentence=gettext("Choose among your own products."))
    check_duration(discount)
    if 0 in {terms.most_uses, terms.most_per_customer}:
        raise InvalidDiscount(field="most_uses", sentence=gettext("Allow at least one use, or leave it empty."))


def check_money(money: Money) -> None:
    """Make sure that an amount is in one of the shop's currencies, and in its steps.

    Raises:
        InvalidDiscount: it is not.
    """
    if money.currency not in settings.LAYERSTORE_CURRENCIES:
        currencies = ", ".join(code.upper() for code in settings.LAYERSTORE_CURRENCIES)
        raise InvalidDiscount(field="amount", sentence=gettext("Choose one of {currencies}.").format(currencies=currencies))
    if money.minor % money.step.minor:
        sentence = gettext("{currency} is charged in steps of {step}.").format(currency=money.currency.upper(), step=money.step)
        raise InvalidDiscount(field="amount", sentence=sentence)


def check_end(ends_at: datetime, *, after: datetime) -> None:
    """Make sure that something ends after it has begun.

    Raises:
        InvalidDiscount: it does not, or lasts longer than anybody means.
    """
    if not after < ends_at <= after + LONGEST:
        raise InvalidDiscount(field="ends_at", sentence=gettext("Choose an end after its beginning, within five years."))


def pause_discount(*, discount: Discount, actor: User, reason: str = "") -> Discount:
    """Let it count for nobody until it goes on; who is paying already keeps the reduced price. Repeated, it changes nothing.

    Raises:
        NotYours, RoleNotEnough, ReasonMissing: as `make_discount`; staff may pause a seller's, with a reason.
        DiscountHasEnded: there is nothing to pause.
    """
    return _move(discount, actor, reason, action="paused", paused_at=timezone.now())


def resume_discount(*, discount: Discount, actor: User, reason: str = "") -> Discount:
    """Let a paused one count again.

    Raises:
        NotYours, RoleNotEnough, ReasonMissing, DiscountHasEnded: as `pause_discount`.
    """
    return _move(discount, actor, reason, action="resumed", paused_at=None)


def end_discount(*, discount: Discount, actor: User, reason: str = "") -> Discount:
    """End it for good; who is paying already keeps the reduced price. Its code may be given to another.

    Raises:
        NotYours, RoleNotEnough, ReasonMissing, DiscountHasEnded: as `pause_discount`.
    """
    return _move(discount, actor, reason, action="ended", ended_at=timezone.now())


def _move(discount: Discount, actor: User, reason: str, *, action: str, **values: datetime | None) -> Discount:
    if discount.seller_id is None or reason:
        require_staff(actor)
        require_reason(reason)
    else:
        require_owner(actor, discount.seller_id)
    with locked_transaction():
        locked = lock_discount(discount_id=discount.pk)
        if locked.state is Discount.State.ENDED:
            raise DiscountHasEnded
        for name, value in values.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(values))
        record_audit(actor=actor, action=f"discount.{action}", target=locked, reason=reason)
    return locked


def reserve_discount(discount: Discount, *, product: Product, price: Price, user: User, buyer: Account) -> Discount:
    """Make sure that a use of the discount is there for the buyer and stays theirs until this transaction ends: its row is locked.

    Of fifty buyers at once, one gets the last use.

    Raises:
        DiscountRefused: it does not count for this purchase; its subclasses say why.
    """
    locked = lock_discount(discount_id=discount.pk)
    require_addressee(locked, user=user, buyer=buyer)
    require_usable(locked, product=product, price=price)
    require_left(locked, buyer=buyer)
    return locked


def note_use(discount: Discount, *, order: Order) -> None:
    """Write that an order was placed with a discount that was reserved in this transaction; it is released by the order's own end."""
    DiscountUse.objects.create(order=order, discount=discount, buyer=order.buyer)
