"""What is sold in the sequences, by whom and to whom; and what is noted of each act: what was asked for, never what the shop wrote."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from billing.discounts.models import Discount
from billing.orders.models import Order
from marketplace.gifts.models import Gift
from marketplace.images.models import Image
from marketplace.products.models import Product
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.billing import DiscountFactory, OfferFactory
from tests.factories.marketplace import EditionFactory, NamespaceFactory, PriceFactory, ProductFactory, PushedImageFactory
from tests.support.sandbox_here import SandboxHere

BEGINS = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Sale:
    """What was bought: by whom, for whom, which images, for how much.

    Attributes:
        credited: the orders that made it cheaper, as its buyer was told.
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
        spares: images that are not in a product yet.
    """

    sellers: list[SellerProfile]
    products: list[Product]
    wholes: list[Product]
    monthly: list[Product]
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
    spares: dict[UUID, Image] = {product.pk: PushedImageFactory(namespace=shop) for product in (bundle, monthly)}
    organisation = OrganisationFactory()
    buyers: list[User] = [UserFactory(), UserFactory()]
    MembershipFactory(account=organisation, user=buyers[0])
    products: list[Product] = [several, twin, open_price, yen, dinar, bundle, sized]
    codes = _make_codes(near, several, buyers[1])
    return Shop([near, far], products, [bundle, sized], [monthly], spares, buyers, organisation, UserFactory(staff=True), codes)


def _make_codes(seller: SellerProfile, product: Product, buyer: User) -> list[Discount]:
    """Two codes of a seller and one of the shop, and an offer to a buyer."""
    return [
        DiscountFactory(of_shop=True, off=True, amount=300, most_uses=1, starts_at=BEGINS),
        DiscountFactory(seller=seller, percent=100, most_per_customer=1, starts_at=BEGINS),
        DiscountFactory(seller=seller, percent=33, most_uses=3, starts_at=BEGINS),
        OfferFactory(seller=seller, product=product, amount=1234, email=buyer.email, starts_at=BEGINS, ends_at=BEGINS + timedelta(days=9)),
    ]
