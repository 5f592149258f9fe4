"""A shop with Stripe beside it on one clock: what every area of rules stands on."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import time_machine
from hypothesis.stateful import RuleBasedStateMachine, precondition

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from billing.discounts.models import Discount
from billing.orders.models import Order
from common.errors import DomainError
from marketplace.products.models import Product
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.billing import DiscountFactory, OfferFactory
from tests.factories.marketplace import NamespaceFactory, PriceFactory, ProductFactory
from tests.support.sandbox_here import SandboxHere

BEGINS = datetime(2026, 3, 2, 9, tzinfo=UTC)
T = TypeVar("T")


@dataclass
class Sale:
    """What the machine knows of an order: what was asked for, and nothing that the shop has written since."""

    order_id: UUID
    buyer: User
    holder: Account
    product: Product
    recurring: bool = False
    is_gift: bool = False
    code: Discount | None = None
    free: bool = False
    claimed_by: Account | None = None
    taken_back: bool = False

    @property
    def order(self) -> Order:
        return Order.objects.get(pk=self.order_id)


@dataclass
class Shop:
    """Two sellers, of whom one is in another region than we, what they sell, and who buys."""

    sellers: list[SellerProfile]
    products: list[Product]
    monthly: list[Product]
    buyers: list[User]
    organisation: Account
    staff: User
    codes: list[Discount]


def when(there: Callable[[Any], object]) -> Callable[..., Any]:
    """Let a rule be chosen only while there is something that it is about."""
    return precondition(lambda machine: bool(there(machine)))


@dataclass
class Played:
    """How much was played; a sequence that failed is shortened, and each attempt at that counts too."""

    sequences: int = 0
    steps: int = 0


class Base(RuleBasedStateMachine):
    """Rules of an area are in a class of their own that inherits from this one; `Books` puts them together."""

    sandbox: ClassVar[SandboxHere]
    shop: ClassVar[Shop]
    begin_anew: ClassVar[Callable[[], None]]
    played: ClassVar[Played] = Played()

    def __init__(self) -> None:
        super().__init__()
        self._travelling = time_machine.travel(BEGINS, tick=True)
        self.clock = self._travelling.start()
        self.sandbox.go_back()
        self.played.sequences += 1
        self.played.steps -= 1  # the invariants are looked at once before the first
        self.sales: list[Sale] = []
        self.last_event = 0
        self.pending: list[dict[str, Any]] = []
        self.lost: list[dict[str, Any]] = []

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.settle()
        finally:
            self._travelling.stop()
            type(self).begin_anew()

    def settle(self) -> None:
        """Bring everything to its end: what is left then must agree."""

    def pass_time(self, seconds: int) -> None:
        """Set both clocks forward; Stripe does everything on the way when it is due."""
        while seconds > 0:
            step = self.sandbox.step(seconds)
            self.clock.shift(step)
            self.sandbox.tick()
            seconds -= step

    def pick(self, rows: Sequence[T], number: int) -> T | None:
        """One of the rows, whatever number was drawn; None of none."""
        return rows[number % len(rows)] if rows else None

    def do(self, act: Callable[..., T], **values: Any) -> T | None:
        """Call a service; what it refuses changes nothing, which the invariants see."""
        with suppress(DomainError):
            return act(**values)
        return None

    def paid(self, sale: Sale) -> list[str]:
        """The payment intents of a sale at Stripe, one for each period of a subscription."""
        key = Order.objects.values_list("checkout_session_id", flat=True).get(pk=sale.order_id)
        session = self.sandbox.store.get("checkout.session", key) if key else None
        if session is None:
            return []
        if not session.get("subscription"):
            return [session["payment_intent"]] if session["payment_intent"] else []
        return [intent for _, intent in self.invoices(session["subscription"])]

    def invoices(self, subscription: str) -> list[tuple[dict[str, Any], str]]:
        """The paid invoices of a subscription, each with its payment intent."""
        invoices = self.sandbox.find("invoice", "parent.subscription_details.subscription", subscription)
        paid = [invoice for invoice in invoices if invoice["status"] == "paid"]
        return [
            (invoice, self.sandbox.find("invoice_payment", "invoice", invoice["id"])[0]["payment"]["payment_intent"]) for invoice in paid
        ]

    def charge_of(self, intent: str) -> dict[str, Any] | None:
        """The charge that a payment intent succeeded with."""
        found = self.sandbox.store.get("payment_intent", intent)
        charge = self.sandbox.store.get("charge", found["latest_charge"]) if found and found["latest_charge"] else None
        return charge if charge and charge["status"] == "succeeded" else None

    def charges(self) -> list[dict[str, Any]]:
        """Every payment that has succeeded, oldest first."""
        found = self.sandbox.find("charge", "status", "succeeded")
        return [charge for charge in found if charge["payment_intent"]]


def make_shop(sandbox: SandboxHere) -> Shop:
    """Write what is sold; one product has an image of another, so that both are the same purchase."""
    near, far = (SellerFactory(stripe_account_id=sandbox.account(country), stripe_country=country) for country in ("NO", "US"))
    shop, abroad = (NamespaceFactory(owner=seller.account) for seller in (near, far))
    several = ProductFactory(namespace=shop, price__amount=1900, price__currency="eur", refund_days=14)
    PriceFactory(product=several, amount=21900, currency="nok", leading=False)
    twin = ProductFactory(namespace=shop, images=[several.images.get()], price__amount=999, price__currency="eur")
    open_price = ProductFactory(namespace=shop, price__amount=300, price__currency="eur", price__kind="pwyw")
    yen = ProductFactory(namespace=abroad, price__amount=2980, price__currency="jpy")
    dinar = ProductFactory(namespace=abroad, price__amount=12350, price__currency="kwd")
    monthly = ProductFactory(namespace=shop, price__amount=1499, price__currency="eur", price__interval="month")
    organisation = OrganisationFactory()
    buyers: list[User] = [UserFactory(), UserFactory()]
    MembershipFactory(account=organisation, user=buyers[0])
    codes: list[Discount] = [
        DiscountFactory(of_shop=True, off=True, amount=300, most_uses=1, starts_at=BEGINS),
        DiscountFactory(seller=near, percent=100, most_per_customer=1, starts_at=BEGINS),
        DiscountFactory(seller=near, percent=33, most_uses=3, starts_at=BEGINS),
        OfferFactory(
            seller=near, product=several, amount=1234, email=buyers[1].email, starts_at=BEGINS, ends_at=BEGINS + timedelta(days=9)
        ),
    ]
    products: list[Product] = [several, twin, open_price, yen, dinar]
    return Shop([near, far], products, [monthly], buyers, organisation, UserFactory(staff=True), codes)
