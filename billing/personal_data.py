"""What billing holds of a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.people.models import Account, User
from accounts.people.selectors import verified_addresses
from accounts.privacy.handlers import PersonalDataHandler, forgotten_address, rows
from audit.services import record_audit
from billing.discounts.models import Discount
from billing.disputes.models import Dispute
from billing.gifts.models import OrderGift
from billing.invoices.models import BillingDetails, Document
from billing.orders.models import Order
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from billing.subscriptions.upgrade_models import Upgrade

_SAID = ("id", "kind", "year", "serial", "issued_at", "amount", "tax_amount", "currency", "order")
_OF_DISCOUNT = ("code", "kind", "percent", "amount", "currency", "most_uses", "starts_at", "ends_at", "created_at", "ended_at")
_FOR = ("duration", "months", "edition__name")
_UPGRADED = ("subscription", "product_title", "charge", "amount", "was_amount", "subscription__currency")
_OF_UPGRADE = (*_UPGRADED, "state", "asked_at", "closed_at")
_OF_PRICE = ("was_amount", "amount", "subscription__currency", "state", "announced_at", "counts_from", "set_at")
_OF_DISPUTE = ("order", "status", "reason", "amount", "currency", "opened_at", "respond_by")
_UNDECIDED = (Order.State.PENDING, Order.State.DISPUTED)


def export_billing(user: User) -> Mapping[str, Any]:
    """Return purchases, subscriptions with prices and upgrades, sales, refunds, disputes, payouts, documents, offers and discounts.

    Of sales only what is the seller's.
    """
    discount = ("discount_amount", "discount_code", "credit_amount")
    money = ("id", "product_title", "amount", "currency", *discount, "state", "refunded_amount", "created_at", "paid_at")
    reduced = ("discount_code", "discount_amount", "reduced_until")
    standing = ("id", "product_title", "amount", "currency", *reduced, "state", "created_at", "period_end", "ended_at")
    return {
        "orders": rows(Order.objects.filter(_by(user)).values(*money, "email", "paid_with", "buyer__handle")),
        "gifts": rows(OrderGift.objects.filter(order__in=Order.objects.filter(_by(user))).values("order", "email", "message")),
        "sales": rows(Order.objects.filter(seller=user.account.pk).values(*money, "application_fee")),
        "subscriptions": rows(_subscriptions_of(user).values(*standing, "email", "buyer__handle")),
        "price_changes": rows(PriceChange.objects.filter(subscription__in=_subscriptions_of(user)).values("subscription", *_OF_PRICE)),
        "upgrades": rows(Upgrade.objects.filter(Q(placed_by=user) | Q(subscription__buyer=user.account)).values(*_OF_UPGRADE)),
        "price_announcements": rows(
            PriceAnnouncement.objects.filter(announced_by=user).values("price__amount", "price__currency", "announced_at", "done_at")
        ),
        "documents": rows(Document.objects.filter(buyer=user.account).values(*_SAID, "content", "seller__display_name")),
        "documents_of_sales": rows(Document.objects.filter(seller=user.account.pk).values(*_SAID)),
        "billing_details": rows(BillingDetails.objects.filter(account=user.account).values()),
        "offers": rows(_offers_to(user).values("seller__display_name", "amount", "currency", "email", "created_at", "ends_at")),
        "discounts": rows(Discount.objects.filter(seller=user.account.pk).values(*_OF_DISCOUNT, *_FOR)),
        "disputes": rows(Dispute.objects.filter(order__in=Order.objects.filter(_by(user))).values(*_OF_DISPUTE)),
        "disputes_of_sales": rows(Dispute.objects.filter(order__seller=user.account.pk).values(*_OF_DISPUTE, "seller_statement")),
        "payouts": rows(
            Payout.objects.filter(seller=user.account.pk).values("status", "amount", "currency", "failure", "created_at", "arrives_at")
        ),
        "refunds": rows(Refund.objects.filter(requested_by=user).values("order", "amount", "reason", "state", "created_at")),
    }


def obstacles_of_orders(account: Account) -> Iterable[str]:
    """Yield the purchases and sales whose money is under way. Subscriptions are none: they end with the account."""
    own = _by(account.user) if account.user else Q(buyer=account)
    concerned = own | Q(seller=account.pk)
    undecided = Q(state__in=_UNDECIDED) | Q(refunds__state=Refund.State.WAITING)
    for order in Order.objects.filter(concerned).filter(undecided).distinct().order_by("created_at")[:10]:
        sentence = gettext("Order {number} ({product}) is not settled yet: wait until its payment, refund or dispute has ended.")
        yield sentence.format(number=order.number, product=order.product_title)


def forget_addresses_of_orders(account: Account) -> None:
    """Take a person's address off their orders and the offers to them, and delete who they said they are on invoices.

    Orders, and documents with all that they say, stay, as the law asks: bookkeeping wants them for up to ten years.
    """
    BillingDetails.objects.filter(account=account).delete()
    _end_subscriptions(account)
    if account.user:
        _offers_to(account.user).exclude(email="").update(email=forgotten_address(account.user))
        Order.objects.filter(placed_by=account.user).update(email=forgotten_address(account.user))
        OrderGift.objects.filter(order__placed_by=account.user).update(email="", message="")
        received = OrderGift.objects.filter(email__in=verified_addresses(account.user) - {""})
        received.update(email=forgotten_address(account.user), message="")
        Subscription.objects.filter(placed_by=account.user).update(email=forgotten_address(account.user))


def _end_subscriptions(account: Account) -> None:
    """Have what the account is subscribed to end, and what others are by it: nobody is charged again, and what is paid stays paid."""
    running = Subscription.objects.running().filter(Q(buyer=account) | Q(seller=account.pk), end_wanted_at__isnull=True)
    now, reason = timezone.now(), gettext_noop("The account of its buyer or its seller has ended.")
    ended = running.update(end_wanted_at=now, end_reason=reason, due_at=now, attempts=0, given_up_at=None)
    if ended:
        record_audit(actor=None, action="subscriptions.end_wanted", target=account, reason=reason, subscriptions=ended)


def _offers_to(user: User) -> QuerySet[Discount]:
    """Return the offers to the person or to an address that they have verified."""
    mine = Q(account=user.account) | Q(email__in=verified_addresses(user) - {""})
    return Discount.objects.filter(mine, kind=Discount.Kind.PRICE)


def _subscriptions_of(user: User) -> QuerySet[Subscription]:
    return Subscription.objects.filter(_by(user))


def _by(user: User) -> Q:
    return Q(buyer=user.account) | Q(placed_by=user)


HANDLER = PersonalDataHandler(export=export_billing, obstacles=obstacles_of_orders, forget=forget_addresses_of_orders)
