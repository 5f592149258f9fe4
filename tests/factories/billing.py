"""Orders, refunds and inbox rows: rows as the services would leave them, without Stripe."""

from datetime import timedelta

import factory
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from billing.discounts.models import Discount
from billing.disputes.models import Dispute, TransferReversal
from billing.inbox.models import StripeEvent
from billing.invoices.models import Document
from billing.invoices.services import issue_invoice
from billing.orders.models import Order, OrderImage
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.refunds.models import Refund
from billing.stripe.payment_data import Payment
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.selectors.offers import current_prices
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory


class OrderFactory(DjangoModelFactory):
    """A pending order of a new buyer for a new product, with an open session that Stripe does not know."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory)
    placed_by = factory.SubFactory(UserFactory)
    buyer = factory.LazyAttribute(lambda order: order.placed_by.account)
    seller = factory.LazyAttribute(lambda order: order.product.seller)
    price = factory.LazyAttribute(lambda order: current_prices(order.product)[0])
    product_title = factory.LazyAttribute(lambda order: order.product.title)
    email = factory.LazyAttribute(lambda order: order.placed_by.email)
    amount = factory.LazyAttribute(lambda order: order.price.amount)
    currency = factory.LazyAttribute(lambda order: order.price.currency)
    application_fee = factory.LazyAttribute(lambda order: order.amount // 10)
    destination_account_id = factory.LazyAttribute(lambda order: order.seller.stripe_account_id)
    checkout_session_id = factory.Sequence(lambda n: f"cs_test_{n:024}")
    checkout_url = factory.LazyAttribute(lambda order: f"https://checkout.test/c/pay/{order.checkout_session_id}")
    checkout_expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=1))

    @factory.post_generation
    def images(self, create, extracted, **kwargs):
        for image in self.product.images.all():
            digests = {tag.name: tag.manifest.digest for tag in image.tags.all()}
            sold = {"featured_tag": next(iter(digests), ""), "tag_count": len(digests), "digests": digests}
            OrderImage.objects.create(order=self, image=image, repository=image.repository, **sold)


class PaidOrderFactory(OrderFactory):
    """A paid order with its entitlements."""

    state = Order.State.PAID
    paid_at = factory.LazyFunction(timezone.now)
    payment_intent_id = factory.Sequence(lambda n: f"pi_{n:024}")
    checkout_url = ""

    @factory.post_generation
    def entitlements(self, create, extracted, **kwargs):
        for sold in self.images.all():
            source = {"source_kind": Entitlement.Source.ORDER, "source_id": self.pk}
            EntitlementFactory(holder=self.buyer, image=sold.image, granted_at=self.paid_at or timezone.now(), **source)

    class Meta:
        skip_postgeneration_save = True


# What Stripe says of a payment as far as documents ask: no tax.
PAYMENT = Payment(
    session_id="cs_1", order_id="", reference="", livemode=False, status="complete", paid=True, amount=Money(500, "eur"), intent_id=None,
    intent_status="", destination=None, fee=None, paid_with="", refunded=Money(0, "eur"), refunds=(), disputes=(),
)  # fmt: skip


def make_document(order: Order | None = None) -> Document:
    """Return the receipt of an order, with the next number of its seller."""
    with transaction.atomic():
        return issue_invoice(order or PaidOrderFactory(), PAYMENT)


class DiscountFactory(DjangoModelFactory):
    """A code of a new seller's that takes 20 % off all of their products."""

    class Meta:
        model = Discount

    seller = factory.SubFactory(SellerFactory)
    code = factory.Sequence(lambda n: f"AUTUMN{n}")
    kind = Discount.Kind.PERCENT
    percent = 20
    made_by = factory.LazyAttribute(lambda discount: discount.seller.account.user if discount.seller else UserFactory(staff=True))

    class Params:
        off = factory.Trait(kind=Discount.Kind.AMOUNT, percent=0, amount=100, currency="eur")
        of_shop = factory.Trait(seller=None)


class OfferFactory(DiscountFactory):
    """An offer of €4.00 for a product of €5.00, to an address."""

    class Meta:
        skip_postgeneration_save = True

    code = ""
    kind = Discount.Kind.PRICE
    percent = 0
    amount = 400
    currency = "eur"
    most_uses = 1
    email = "kim@harbour.example"
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))

    @factory.post_generation
    def product(self, create, extracted, **kwargs):
        self.products.add(extracted or ProductFactory(namespace__owner=self.seller.account))


class SubscriptionFactory(DjangoModelFactory):
    """A subscription of a new buyer to a new product, as its first payment leaves it, without its order."""

    class Meta:
        model = Subscription

    product = factory.SubFactory(ProductFactory, price__interval="month")
    placed_by = factory.SubFactory(UserFactory)
    buyer = factory.LazyAttribute(lambda made: made.placed_by.account)
    seller = factory.LazyAttribute(lambda made: made.product.seller)
    price = factory.LazyAttribute(lambda made: current_prices(made.product)[0])
    product_title = factory.LazyAttribute(lambda made: made.product.title)
    email = factory.LazyAttribute(lambda made: made.placed_by.email)
    amount = factory.LazyAttribute(lambda made: made.price.amount)
    currency = factory.LazyAttribute(lambda made: made.price.currency)
    application_fee = factory.LazyAttribute(lambda made: made.amount // 10)
    destination_account_id = factory.LazyAttribute(lambda made: made.seller.stripe_account_id)
    stripe_subscription_id = factory.Sequence(lambda n: f"sub_{n:024}")
    stripe_customer_id = factory.Sequence(lambda n: f"cus_{n:014}")
    period_end = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    access_until = factory.LazyAttribute(lambda made: made.period_end + timedelta(days=7))
    due_at = factory.LazyAttribute(lambda made: made.period_end)


class RefundFactory(DjangoModelFactory):
    """A refund of €1.00 that Stripe has not been asked for."""

    class Meta:
        model = Refund

    order = factory.SubFactory(PaidOrderFactory)
    payment_intent_id = factory.LazyAttribute(lambda refund: refund.order.payment_intent_id)
    amount = 100
    reason = "It did not start."


class DisputeFactory(DjangoModelFactory):
    """A dispute over the whole of an order that waits for an answer, which Stripe does not know."""

    class Meta:
        model = Dispute

    id = factory.Sequence(lambda n: f"dp_{n:024}")
    order = factory.SubFactory(PaidOrderFactory)
    status = "needs_response"
    reason = "fraudulent"
    amount = factory.LazyAttribute(lambda dispute: dispute.order.amount)
    currency = factory.LazyAttribute(lambda dispute: dispute.order.currency)
    opened_at = factory.LazyFunction(timezone.now)
    respond_by = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class TransferReversalFactory(DjangoModelFactory):
    """The seller's part of a lost dispute, which Stripe has not been asked for."""

    class Meta:
        model = TransferReversal

    dispute = factory.SubFactory(DisputeFactory, status="lost", respond_by=None)
    transfer_id = factory.Sequence(lambda n: f"tr_{n:024}")
    amount = factory.LazyAttribute(lambda reversal: reversal.dispute.amount)
    fee_amount = factory.LazyAttribute(lambda reversal: reversal.amount // 10)
    currency = factory.LazyAttribute(lambda reversal: reversal.dispute.currency)


class StripeEventFactory(DjangoModelFactory):
    """An event that waits to be handled."""

    class Meta:
        model = StripeEvent

    id = factory.Sequence(lambda n: f"evt_{n:024}")
    type = "checkout.session.completed"
    object_id = factory.Sequence(lambda n: f"cs_test_{n:024}")
    livemode = False


class StatementFactory(DjangoModelFactory):
    """The statement of a new seller's account, of which nothing was read."""

    class Meta:
        model = Statement

    seller = factory.SubFactory(SellerFactory)
    account_id = factory.LazyAttribute(lambda statement: statement.seller.stripe_account_id or "acct_of_a_seller")


class StatementLineFactory(DjangoModelFactory):
    """A payment of €5.00 with a fee of €0.50 that nothing in the books is about."""

    class Meta:
        model = StatementLine

    id = factory.Sequence(lambda n: f"txn_{n:024}")
    statement = factory.SubFactory(StatementFactory)
    type = "payment"
    source_id = factory.Sequence(lambda n: f"py_{n:024}")
    amount = 500
    fee = 50
    currency = "eur"
    created_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))


class DifferenceFactory(DjangoModelFactory):
    """A line that the books do not have."""

    class Meta:
        model = Difference

    kind = Difference.Kind.MISSING_HERE
    line = factory.SubFactory(StatementLineFactory)
    statement = factory.LazyAttribute(lambda difference: difference.line.statement)
    stripe_amount = factory.LazyAttribute(lambda difference: difference.line.amount)
    currency = "eur"


class PriceAnnouncementFactory(DjangoModelFactory):
    """That a price counts for the subscriptions of its product, and all of them were told."""

    class Meta:
        model = PriceAnnouncement

    announced_by = factory.LazyAttribute(lambda made: made.price.product.seller.account.user)
    notice_days = 30
    done_at = factory.LazyFunction(timezone.now)


class PriceChangeFactory(DjangoModelFactory):
    """Another price of a new subscription in forty days, of which Stripe was not told yet."""

    class Meta:
        model = PriceChange

    subscription = factory.SubFactory(SubscriptionFactory)
    price = factory.LazyAttribute(lambda made: made.subscription.price)
    announcement = factory.LazyAttribute(lambda made: PriceAnnouncementFactory(price=made.price))
    amount = factory.LazyAttribute(lambda made: 2 * made.subscription.amount)
    application_fee = factory.LazyAttribute(lambda made: made.amount // 10)
    was_price = factory.LazyAttribute(lambda made: made.subscription.price)
    was_amount = factory.LazyAttribute(lambda made: made.subscription.amount)
    was_application_fee = factory.LazyAttribute(lambda made: made.subscription.application_fee)
    counts_from = factory.LazyFunction(lambda: timezone.now() + timedelta(days=40))
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))


class UpgradeFactory(DjangoModelFactory):
    """A new subscription's change to a price twice as high, of which Stripe has not answered yet."""

    class Meta:
        model = Upgrade

    subscription = factory.SubFactory(SubscriptionFactory)
    placed_by = factory.LazyAttribute(lambda made: made.subscription.placed_by)
    price = factory.LazyAttribute(lambda made: made.subscription.price)
    product_title = factory.LazyAttribute(lambda made: f"{made.subscription.product_title}, Pro")
    charge = factory.LazyAttribute(lambda made: made.subscription.amount // 2)
    charge_fee = factory.LazyAttribute(lambda made: made.charge // 10)
    amount = factory.LazyAttribute(lambda made: 2 * made.subscription.amount)
    application_fee = factory.LazyAttribute(lambda made: made.amount // 10)
    was_price = factory.LazyAttribute(lambda made: made.subscription.price)
    was_amount = factory.LazyAttribute(lambda made: made.subscription.amount)
    was_application_fee = factory.LazyAttribute(lambda made: made.subscription.application_fee)
    prorated_at = factory.LazyFunction(timezone.now)
    period_end = factory.LazyAttribute(lambda made: made.subscription.period_end)
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
