"""Rows of money: prices, refunds, disputes, documents and books in every state, for the pages that show them. Runs inside the stack."""

from dataclasses import asdict, replace
from datetime import timedelta

from django.utils import timezone

from accounts.people.models import Account, User
from billing.disputes.evidence import collect_evidence
from billing.disputes.models import Dispute, DisputeEvidence
from billing.invoices.models import BillingDetails
from billing.invoices.services import document_what_went_back, issue_invoice
from billing.ledger.models import Account as Side
from billing.ledger.models import LedgerTransaction
from billing.ledger.postings import Line, Posting
from billing.ledger.services import post
from billing.orders.models import Order
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from billing.stripe.payment_data import TaxLine
from common.money import Money
from marketplace.growth.models import Growth
from marketplace.images.models import Namespace
from marketplace.insights.models import BuyerPull
from marketplace.products.models import Price, Product, ProductImage
from tests.factories.accounts import UserFactory
from tests.factories.billing import PAYMENT, DisputeFactory, PaidOrderFactory, RefundFactory, TransferReversalFactory
from tests.factories.marketplace import (
    EditionFactory,
    NamespaceFactory,
    PriceFactory,
    ProductFactory,
    PullCountFactory,
    PushedImageFactory,
    digest_of,
)
from tests.support.books import book_refund, book_sale

FAR = timedelta(days=300)  # the sweeps leave these rows alone
FROM_AFAR = "株式会社灯台技術研究所・東京湾岸データセンター運営本部"


def money(names: dict[str, str], long_word: str) -> dict[str, str]:
    """Make them beside the purchases, whose names are given; a word without a place to break is for the longest names."""
    _details(long_word)
    return {**_prices(), **_refunds(names, long_word), **_disputes(names, long_word), **_documents(names), **_books()}


def _prices() -> dict[str, str]:
    """A product with a price in each currency of the shop, after earlier ones, and one image more than was sold; another for which buyers pay
    what they want."""
    namespace, now = NamespaceFactory._meta.model.objects.get(name="northlight"), timezone.now()
    several = ProductFactory(namespace=namespace, slug="in-every-currency", title="In every currency", price__amount=4_900)
    for amount, currency in ((5_400, "usd"), (4_200, "gbp"), (7_900, "jpy"), (4_700, "chf")):
        PriceFactory(product=several, amount=amount, currency=currency, leading=False)
    for ago in (20, 60):
        PriceFactory(product=several, amount=90 * ago, created_at=now - timedelta(days=ago + 30), retired_at=now - timedelta(days=ago))
    PaidOrderFactory(product=several, due_at=now + FAR, booked_at=now)  # before it grew by an image
    grown = PushedImageFactory(namespace=namespace)
    ProductImage.objects.create(product=several, image=grown, owner_id=several.seller_id, position=1)
    wish = ProductFactory(namespace=namespace, slug="as-you-like", title="As you like", price=False, refund_days=30)
    kind = Price.Kind.PAY_WHAT_YOU_WANT
    PriceFactory(product=wish, amount=300, suggested=900, kind=kind)
    PriceFactory(product=wish, amount=0, currency="usd", suggested=1_000, kind=kind, leading=False)
    return {"in_currencies": str(several.pk), "as_you_like": str(wish.pk), **_editions(namespace)}


def _editions(namespace: Namespace) -> dict[str, str]:
    """A product in three editions, one of them with the longest words that fit; a reader has the smallest and can upgrade."""
    images = PushedImageFactory.create_batch(3, namespace=namespace)
    product = ProductFactory(namespace=namespace, slug="in-editions", title="In editions", images=images, price=False, trial_days=14)
    standard = EditionFactory(product=product, name="Standard", line="For one server.", images=images[:1], price__amount=4_900)
    EditionFactory(product=product, name="Pro", line="For all servers of a company.", images=images[:2], price__amount=9_900)
    long = EditionFactory(product=product, name="W" * 30, line="x" * 120, images=images, price__amount=990_000)
    PriceFactory(product=product, edition=long, amount=1_100_000, currency="usd", leading=False)
    order = PaidOrderFactory(
        product=product,
        price=standard.prices.get(),
        product_title="In editions, Standard",
        placed_by=User.objects.get(username="jonas"),
        due_at=timezone.now() + FAR,
        booked_at=timezone.now(),
    )
    order.images.exclude(image=images[0]).delete()
    order.buyer.entitlements.filter(source_id=order.pk).exclude(image=images[0]).delete()
    done = {"given": 3, "given_at": timezone.now(), "done_at": timezone.now()}
    Growth.objects.create(product=product, image=images[2], asked_by=User.objects.get(username="mara"), **done)
    return {"in_editions": str(product.pk), "edition": str(long.pk)}


def _sold(buyer: User, number: int = 0, **fields: object) -> Order:
    """Return a paid order for a product of northlight's, which promises to give the money back for a time."""
    product = Product.objects.filter(namespace__name="northlight", prices__amount=500).order_by("slug")[number]
    days = {"refund_days": 30, "unpulled_refund_days": 14}
    paid = {"paid_with": "card ending 4242", "due_at": timezone.now() + FAR, "booked_at": timezone.now()}
    order: Order = PaidOrderFactory(product=product, placed_by=buyer, **{**days, **paid, **fields})
    return order


def _really_sold() -> Order:
    """Return the order that was bought in the shop itself."""
    return Order.objects.get(placed_by__username="jonas", product__namespace__name="tidewater", product__slug="redis-steady")


def _refunds(names: dict[str, str], long_word: str) -> dict[str, str]:
    """Orders that may be given back, that may no longer, that are being given back, and whose refund the bank has returned."""
    jonas, now = User.objects.get(username="jonas"), timezone.now()
    returnable = _sold(jonas, 0)
    past = _sold(jonas, 1, paid_at=now - timedelta(days=90), created_at=now - timedelta(days=90))
    giving = _sold(jonas, 2, refund_requested_amount=500)
    waits = {"due_at": now + FAR}
    RefundFactory(order=giving, amount=500, origin=Refund.Origin.BUYER, requested_by=jonas, **waits)
    jonas.account.entitlements.filter(source_id=giving.pk).update(suspended_at=now)
    back = {"refunded_amount": 500, "refund_requested_amount": 500, "closed_at": now}
    failed = _sold(jonas, 3, state=Order.State.REFUNDED, **back)
    RefundFactory(order=failed, amount=500, state=Refund.State.FAILED, stripe_refund_id="re_2", settled_at=now)
    part = Order.objects.get(pk=names["order_partially_refunded"])
    words = "It did not start on the older machines, and we had said that it would."
    seller = {"origin": Refund.Origin.SELLER, "requested_by": part.seller.account.user, "reason": words}
    Order.objects.filter(pk=part.pk).update(refunded_amount=70)
    RefundFactory(order=part, amount=70, state=Refund.State.SUCCEEDED, stripe_refund_id="re_3", settled_at=now, **seller)
    RefundFactory(order=part, amount=50, **seller, **waits)
    long = Order.objects.get(pk=names["long_order"])
    Order.objects.filter(pk=long.pk).update(refund_requested_amount=100, refund_days=365)
    RefundFactory(order=long, reason=long_word * 5, origin=Refund.Origin.SELLER, requested_by=long.placed_by, **waits)
    _pulled(long, "c" * 200, days=12)
    _pulled(_really_sold(), "docker/27.3.1 go/go1.22.7 kernel/6.8.0 os/linux arch/amd64", days=3)
    made = {"returnable": returnable, "past_return": past, "being_given_back": giving, "refund_came_back": failed}
    return {name: str(order.pk) for name, order in made.items()}


def _pulled(order: Order, client: str, *, days: int) -> None:
    """Let the buyer have pulled on each of the days since the sale, which is that long ago then."""
    now, image = timezone.now(), order.images.all()[0].image
    Order.objects.filter(pk=order.pk).update(paid_at=now - timedelta(days=days))
    for ago in range(days):
        at = now - timedelta(days=ago)
        PullCountFactory(image=image, day=at.date(), tag="2026." + "9" * days, buyer=order.buyer, count=3 + ago)
        who = {"address": f"2001:db8:{ago}::1" if ago % 2 else f"192.0.2.{ago}", "client": client}
        times = {"day": at.date(), "first_at": at - timedelta(minutes=9), "last_at": at, "count": 1 + ago % 3}
        BuyerPull.objects.create(image=image, buyer=order.buyer, digest=digest_of("pulled"), **who, **times)


def _disputes(names: dict[str, str], long_word: str) -> dict[str, str]:
    """Disputes that wait, are answered, are lost with what that takes, are won, and are only asked about."""
    now, kim = timezone.now(), User.objects.get(username="kim")
    told = {"opened_at": now - timedelta(days=6), "reminded_at": now}
    first = Order.objects.get(pk=names["order_disputed"]).disputes.get()
    first.seller_statement = "On 12 November I helped the buyer to set it up, by mail.\n\nThey wrote back that it runs."
    first.save()
    disputed = {"state": Order.State.DISPUTED}
    answered = DisputeFactory(order=_sold(kim, 0, **disputed), status="under_review", reason="product_unacceptable", **told)
    sent = {"stage": "needs_response", "fields": asdict(collect_evidence(answered)), "requested_by": User.objects.get(username="ines")}
    DisputeEvidence.objects.create(dispute=answered, state=DisputeEvidence.State.SUBMITTED, settled_at=now, due_at=now + FAR, **sent)
    lost = {"state": Order.State.CHARGED_BACK, "closed_at": now}
    over = {"status": "lost", "respond_by": None, **told}
    waiting = DisputeFactory(order=_sold(kim, 1, **lost), reason="product_not_received", **over)
    TransferReversalFactory(dispute=waiting, due_at=now + FAR)
    taken = DisputeFactory(order=_sold(kim, 2, **lost), reason="unrecognized", **over)
    done = {"state": "succeeded", "stripe_reversal_id": "trr_1", "settled_at": now}
    TransferReversalFactory(dispute=taken, due_at=now + FAR, **done)
    stuck = DisputeFactory(order=_sold(kim, 3, **lost), **over)
    TransferReversalFactory(dispute=stuck, due_at=now + FAR, given_up_at=now)
    DisputeFactory(order=_sold(kim, 4), status="won", reason="duplicate", respond_by=None, **told)
    DisputeFactory(order=_sold(kim, 5), status="warning_needs_response", reason="credit_not_processed", **told)
    words = {"seller_statement": long_word * 20, "reason": "a_reason_" * 10}
    long = DisputeFactory(order=Order.objects.get(pk=names["long_order"]), **words, **told)
    found: dict[str, Dispute] = {
        "dispute": first,
        "dispute_answered": answered,
        "dispute_lost": waiting,
        "dispute_taken_back": taken,
        "dispute_long": long,
    }
    return {name: str(dispute.pk) for name, dispute in found.items()}


def _details(long_word: str) -> None:
    """Say who sellers and buyers are in law: shortly, at length, and in another script."""
    ida, longest = (User.objects.get(username=name).account for name in ("ida", "longest"))
    works = {"name": "Northlight Tools GmbH", "address": "Hafenstraße 12\n20359 Hamburg\nGermany", "vat_id": "DE 123456789"}
    BillingDetails.objects.create(account=ida, tax_note="Registered at Hamburg, HRB 12345.", **works)
    endless = {"vat_id": "V" * 40, "tax_id": "T" * 40, "tax_note": long_word[:75] * 4}
    BillingDetails.objects.create(account=longest, name=(long_word * 3)[:200], address="\n".join(["A" * 49] * 8), **endless)
    firm = Account.objects.get(handle="steadfast")
    BillingDetails.objects.create(account=firm, name="Steadfast Ltd", address="1 Quay Street\nBristol BS1 4AA\nUnited Kingdom")
    far = UserFactory(username="tomoko").account
    BillingDetails.objects.create(
        account=far, name=FROM_AFAR, address="東京都港区海岸一丁目二番三号\n105-0022\n日本", vat_id="T1234567890123"
    )


def _documents(names: dict[str, str]) -> dict[str, str]:
    """Invoices with tax, with none, at length and to afar; and credit notes over a part and over all."""
    part, refunded = (Order.objects.get(pk=names[f"order_{state}"]) for state in ("partially_refunded", "refunded"))
    taxes = (TaxLine("VAT", "19.0", "DE", "standard_rated", Money(80, "eur")),)
    invoice = issue_invoice(part, replace(PAYMENT, taxes=taxes))
    issue_invoice(refunded, PAYMENT)
    (credit_note,) = document_what_went_back(part)
    document_what_went_back(refunded)
    tomoko = User.objects.get(username="tomoko")
    afar = issue_invoice(_sold(tomoko, 5), replace(PAYMENT, taxes=(TaxLine("VAT", "0.0", "JP", "reverse_charge", Money(0, "eur")),)))
    long = issue_invoice(Order.objects.get(pk=names["long_order"]), replace(PAYMENT, taxes=taxes * 3))
    for order in Order.objects.filter(placed_by__username="kim", state=Order.State.PAID):
        issue_invoice(order, PAYMENT)
    receipt = issue_invoice(_really_sold(), PAYMENT)
    found = {"invoice": invoice, "credit_note": credit_note, "invoice_from_afar": afar, "invoice_long": long, "document_receipt": receipt}
    return {name: str(document.pk) for name, document in found.items()}


def _books() -> dict[str, str]:
    """Sales, refunds and payouts in three currencies, of which one balance is below zero; and amounts as long as they may be."""
    ida, now = User.objects.get(username="ida"), timezone.now()
    kim, early = User.objects.get(username="kim"), now - timedelta(days=45)
    for number in range(6):
        book_sale(_sold(kim, number), at=early)
    for number in range(4):
        book_sale(_sold(kim, number), at=now - timedelta(minutes=number), available_at=now + timedelta(days=5))
    book_refund(_sold(kim, 4), 200, at=now)
    dollars = _sold(kim, 5, amount=129_900, currency="usd", application_fee=12_990)
    book_sale(dollars, at=early)
    _pay_out(dollars, 116_910, "paid", number=1)
    book_refund(dollars, 129_900, at=now)
    euros = _sold(kim, 0)
    _pay_out(euros, 900, "in_transit", number=2)
    _pay_out(euros, 700, "failed", number=3, failure="The bank account has been closed.")
    _pay_out(euros, -300, "paid", number=4)
    book_sale(_sold(kim, 1, amount=7_900, currency="jpy", application_fee=790), at=now)
    long = Order.objects.filter(seller__account__user__username="longest").first()
    assert long is not None
    for currency in ("eur", "usd", "huf"):
        fields = {"amount": 2_000_000_000, "currency": currency, "application_fee": 200_000_000, "due_at": now + FAR}
        order = PaidOrderFactory(product=long.product, placed_by=kim, **fields)
        book_sale(order, at=now)
        book_refund(order, 1_999_999_999, at=now)
    return {"payout": str(ida.account.seller.payouts.values_list("pk", flat=True)[0])}


def _pay_out(order: Order, minor: int, status: str, *, number: int, failure: str = "") -> None:
    """Let Stripe send money to the bank of the order's seller, where it arrives, is under way, or comes back from."""
    now, seller, amount = timezone.now(), order.seller, Money(minor, order.currency)
    payout = Payout.objects.create(
        id=f"po_{number}",
        seller=seller,
        stripe_account_id=seller.stripe_account_id or "",
        status=status,
        amount=minor,
        currency=order.currency,
        failure=failure,
        created_at=now - timedelta(days=number),
        arrives_at=now + timedelta(days=3 - number),
    )
    stripe, way, payable = (Side.STRIPE, -amount), (Side.PAYOUTS, amount), (Side.SELLER_PAYABLE, amount)
    moves = [(LedgerTransaction.Kind.PAYOUT, (stripe, way))]
    if status == "paid":
        moves.append((LedgerTransaction.Kind.PAYOUT_PAID, ((Side.PAYOUTS, -amount), payable)))
    if failure:
        moves.append((LedgerTransaction.Kind.PAYOUT_FAILURE, ((Side.STRIPE, amount), (Side.PAYOUTS, -amount))))
    for kind, sides in moves:
        lines = tuple(Line(account, money, seller.pk) for account, money in sides)
        post([Posting(kind, f"{payout.pk}:{kind}", lines, payout.created_at, payout.created_at, payout=payout)])
