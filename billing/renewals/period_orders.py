"""What the order of a later period says, and what an upgrade that was paid changes for the periods after it."""

from dataclasses import dataclass

from django.db.models import F
from django.utils import timezone

from audit.services import record_audit
from billing.orders.models import Order, OrderImage
from billing.orders.sold_images import as_sold
from billing.stripe.subscriptions import Period
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.terms import Terms, terms_of_period
from billing.subscriptions.upgrade_models import Upgrade
from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price
from marketplace.products.selectors.editions import images_sold, title_sold


@dataclass(frozen=True, slots=True)
class PeriodSale:
    """What a paid period sold: the edition, under which terms; `upgrade` if it pays the difference to a larger one.

    Attributes:
        off: what a code took off the payment, in minor units; the terms are those of the whole price. Nothing of an upgrade, whose terms
            are what was paid.
        before: the newest order that sold the same edition; None if none has.
    """

    terms: Terms
    off: int
    title: str
    before: Order | None
    upgrade: Upgrade | None

    def images(self, order: Order) -> list[OrderImage]:
        """Return the rows of the period's order: what was sold before, or what the edition holds."""
        if self.before is None:
            price = Price.objects.select_related("edition", "product").get(pk=self.terms.price_id)
            return as_sold(order, list(Image.objects.filter(pk__in=images_sold(price.product, price.edition)).order_by("pk")))
        return [
            OrderImage(
                order=order, image_id=one.image_id, repository=one.repository, featured_tag=one.featured_tag,
                tag_count=one.tag_count, digests=one.digests,
            )
            for one in self.before.images.all()
        ]  # fmt: skip


def sale_of_period(subscription: Subscription, period: Period) -> PeriodSale:
    """Return what a period that was paid has sold."""
    upgrade = _upgrade_paid_by(subscription, period)
    if upgrade is None:
        terms = terms_of_period(subscription, period.amount + Money(period.off, period.amount.currency), period.begins_at)
    else:
        terms = Terms(upgrade.price_id, upgrade.charge, upgrade.charge_fee)
    price = Price.objects.select_related("edition", "product").get(pk=terms.price_id)
    before = subscription.orders.filter(price__edition=price.edition_id).order_by("-created_at").first()
    title = upgrade.product_title if upgrade else before.product_title if before else title_sold(price.product, price)
    off = 0 if upgrade else period.off
    return PeriodSale(terms, off, title, None if upgrade else before, upgrade)


def _upgrade_paid_by(subscription: Subscription, period: Period) -> Upgrade | None:
    """Return the upgrade whose difference an invoice was for: Stripe has named it, or it is of exactly the time that was confirmed.

    Also one that was closed as not charged: what was paid counts.
    """
    named = subscription.upgrades.filter(invoice_id=period.invoice_id).first()
    if named is not None:
        return named
    confirmed = subscription.upgrades.filter(invoice_id=None, prorated_at=period.begins_at, period_end=period.ends_at)
    return confirmed.order_by(F("closed_at").desc(nulls_first=True)).first()


def note_sold(subscription: Subscription, sale: PeriodSale, order: Order) -> None:
    """Have the subscription be called what was sold last, and cost what an upgrade says. Runs in the transaction that adds the order."""
    row = lock_subscription(subscription_id=subscription.pk)
    row.product_title = sale.title
    if sale.upgrade is not None:
        _note_upgrade(row, sale.upgrade, order)
    row.save(update_fields=["product_title", "price", "amount", "application_fee"])


def _note_upgrade(row: Subscription, upgrade: Upgrade, order: Order) -> None:
    """Stripe has applied it with the payment. What its seller has announced for the smaller edition is for nothing now."""
    row.price_id, row.amount, row.application_fee = upgrade.price_id, upgrade.amount, upgrade.application_fee
    PriceChange.objects.open().filter(subscription=row).update(state=PriceChange.State.DROPPED)
    other = row.upgrades.open().exclude(pk=upgrade.pk).exists()  # then this one was closed before it was known to be paid
    upgrade.state, upgrade.closed_at = (Upgrade.State.DONE, timezone.now()) if other else (Upgrade.State.PAID, None)
    upgrade.invoice_id, upgrade.pay_url, upgrade.why_failed = order.invoice_id, "", ""
    upgrade.due_at, upgrade.attempts, upgrade.given_up_at = timezone.now(), 0, None
    upgrade.save(update_fields=["state", "closed_at", "invoice_id", "pay_url", "why_failed", "due_at", "attempts", "given_up_at"])
    record_audit(actor=upgrade.placed_by, action="subscription.upgraded", target=row, before=upgrade.was_amount, now=upgrade.amount)
