"""What is sold in the sequences, by whom and to whom; and what is noted of each act: what was asked for, never what the shop wrote."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from billing.discounts.models import Discount
from billing.orders.models import Order
from marketplace.gifts.models import Gift
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Product
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.billing import DiscountFactory, OfferFactory
from tests.factories.marketplace import EditionFactory, NamespaceFactory, PriceFactory, ProductFactory, PushedImageFactory
from tests.support.sandbox_here import SandboxHere

BEGINS = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What is to be paid by the month from the next period on, and when that was asked for."""

    at: int
    amount: int


@dataclass
class Sale:
    """What was bought: by whom, for whom, which images, for how much.

    Attributes:
        listed: what the price said.
        credited: the orders that made it cheaper, as its buyer was told.
        shown: of changes to a larger edition, what its buyer was shown, by the moment that the difference counts from.
        asked: what else the edition of later periods was to be, in the order in which it was asked for.
        grown: images that its seller has given to earlier buyers since.
        unsure: those of them that it may lack, for its access depended on when we had heard of something.
    """

    order_id: UUID
    buyer: User
    holder: Account
    product: Product
    images: frozenset[UUID]
    amount: int
    currency: str
    listed: int
    credit: int = 0
    credited: frozenset[UUID] = frozenset()
    of_edition: bool = False
    recurring: bool = False
    is_gift: bool = False
    code: Discount | None = None
    claimed_by: Account | None = None
    taken_back: bool = False
    grown: set[UUID] = field(default_factory=set)
    unsure: set[UUID] = field(default_factory=set)
    shown: dict[int, int] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def reduces(self, number: int) -> bool:
        """Whether its code takes something off a payment, the first of which is number 0. Each is of a month."""
        if self.code is None:
            return False
        return self.code.duration == Discount.Duration.FOREVER or number < (self.code.months or 1)

    @property
    def free(self) -> bool:
        return not self.amount

    @property
    def order(self) -> Order:
        return Order.objects.get(pk=self.order_id)


@dataclass
class Tried:
    """A trial that has begun."""

    trial_id: UUID
    user: User
    holder: Account
    product: Product
    images: frozenset[UUID]
    began: int
    ends_at: datetime


@dataclass
class Given:
    """What a seller gave, to an account or as a link."""

    gift: Gift
    product: Product
    images: frozenset[UUID]
    ends_at: datetime | None
    holder: Account | None = None
    revoked: bool = False
    grown: set[UUID] = field(default_factory=set)
    unsure: set[UUID] = field(default_factory=set)


@dataclass
class Raised:
    """An announcement of another price to whoever subscribes."""

    product: Product
    amount: int
    at: datetime


@dataclass
class Shop:
    """Two sellers, of whom one is in another region than we, what they sell, and who buys.

    Attributes:
        wholes: products that contain what another product, or another edition of the same, sells.
        sized_monthly: a product whose two editions are paid by the month, the larger one with all images of the smaller one.
        sized_images: what its editions hold, by what they cost.
        spares: images that are not in a product yet.
    """

    sellers: list[SellerProfile]
    products: list[Product]
    wholes: list[Product]
    monthly: list[Product]
    sized_monthly: Product
    sized_images: dict[int, frozenset[UUID]]
    spares: dict[UUID, Image]
    buyers: list[User]
    organisation: Account
    staff: User
    codes: list[Discount]


def make_shop(sandbox: SandboxHere) -> Shop:
    """Write what is sold. One product has an image of another, so that both are the same purchase; a bundle has it and another one."""
    near, far = (SellerFactory(stripe_account_id=sandbox.account(country), stripe_country=country) for country in ("NO", "US"))
    shop, abroad = (NamespaceFactory(owner=seller.account) for seller in (near, far))
    several = ProductFactory(namespace=shop, price__amount=1900, price__currency="eur", refund_days=14, trial_days=5)
    PriceFactory(product=several, amount=21900, currency="nok", leading=False)
    common = several.images.get()
    twin = ProductFactory(namespace=shop, images=[common], price__amount=999, price__currency="eur")
    open_price = ProductFactory(namespace=shop, price__amount=300, price__currency="eur", price__kind="pwyw")
    yen = ProductFactory(namespace=abroad, price__amount=2980, price__currency="jpy")
    dinar = ProductFactory(namespace=abroad, price__amount=12350, price__currency="kwd")
    bundle = ProductFactory(
        namespace=shop, images=[common, PushedImageFactory(namespace=shop)], price__amount=2950, price__currency="eur", refund_days=14
    )
    sized = ProductFactory(namespace=shop, images=[PushedImageFactory(namespace=shop) for _ in range(2)], trial_days=9)
    smaller, larger = sized.images.order_by("pk")
    EditionFactory(product=sized, name="Standard", images=[smaller], price__amount=700, price__currency="eur")
    EditionFactory(product=sized, name="Pro", images=[smaller, larger], price__amount=1650, price__currency="eur")
    monthly = ProductFactory(namespace=shop, price__amount=1499, price__currency="eur", price__interval="month", trial_days=14)
    sized_monthly, sized_images = _make_sized_monthly(shop)
    spares: dict[UUID, Image] = {product.pk: PushedImageFactory(namespace=shop) for product in (bundle, monthly)}
    organisation = OrganisationFactory()
    buyers: list[User] = [UserFactory(), UserFactory()]
    MembershipFactory(account=organisation, user=buyers[0])
    products: list[Product] = [several, twin, open_price, yen, dinar, bundle, sized]
    codes = _make_codes(near, several, buyers[1])
    wholes: list[Product] = [bundle, sized]
    return Shop(
        [near, far], products, wholes, [monthly], sized_monthly, sized_images, spares, buyers, organisation, UserFactory(staff=True), codes
    )


def _make_sized_monthly(shop: Namespace) -> tuple[Product, dict[int, frozenset[UUID]]]:
    images: list[Image] = [PushedImageFactory(namespace=shop) for _ in range(2)]
    sized: Product = ProductFactory(namespace=shop, images=images)
    held = {800: images[:1], 1900: images}
    for name, (amount, some) in zip(("Standard", "Pro"), held.items(), strict=True):
        EditionFactory(product=sized, name=name, images=some, price__amount=amount, price__currency="eur", price__interval="month")
    return sized, {amount: frozenset(image.pk for image in some) for amount, some in held.items()}


def _make_codes(seller: SellerProfile, product: Product, buyer: User) -> list[Discount]:
    """Codes of a seller, of which three reduce subscriptions too; one of the shop, and an offer to a buyer."""
    return [
        DiscountFactory(seller=seller, percent=40, duration="once", starts_at=BEGINS),
        DiscountFactory(seller=seller, off=True, amount=450, duration="repeating", months=2, most_uses=2, starts_at=BEGINS),
        DiscountFactory(seller=seller, percent=25, duration="forever", most_per_customer=1, starts_at=BEGINS),
        DiscountFactory(of_shop=True, off=True, amount=300, most_uses=1, starts_at=BEGINS),
        DiscountFactory(seller=seller, percent=100, most_per_customer=1, starts_at=BEGINS),
        DiscountFactory(seller=seller, percent=33, most_uses=3, starts_at=BEGINS),
        OfferFactory(seller=seller, product=product, amount=1234, email=buyer.email, starts_at=BEGINS, ends_at=BEGINS + timedelta(days=9)),
    ]
