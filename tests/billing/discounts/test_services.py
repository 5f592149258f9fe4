"""Making codes, pausing and ending them; who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.organisations.models import Role
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.discounts.errors import CodeTaken, DiscountHasEnded, InvalidDiscount
from billing.discounts.models import Discount
from billing.discounts.selectors import products_named
from billing.discounts.services import SAFE_LETTERS, Terms, end_discount, make_discount, new_code, pause_discount, resume_discount
from common.money import Money
from common.web.links import absolute_path
from marketplace.images.errors import NotYours, RoleNotEnough, SellerIsSuspended
from marketplace.products.selectors.pages import product_url
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, SellerFactory, UserFactory
from tests.factories.billing import DiscountFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def make(terms: Terms) -> Discount:
    seller = SellerFactory()
    return make_discount(seller=seller, terms=terms, actor=person_of(seller))


def test_a_code_that_is_made_has_nothing_that_looks_like_something_else() -> None:
    codes = {new_code() for _ in range(200)}

    assert len(codes) == 200
    assert set("".join(codes)) <= set(SAFE_LETTERS)
    assert not set("01ILO") & set(SAFE_LETTERS)


def test_terms_are_kept_as_they_were_given() -> None:
    product = ProductFactory()
    ends = NOW + timedelta(days=30)
    terms = Terms(code=" autumn-26 ", money=Money(250, "eur"), products=(product,), most_uses=10, most_per_customer=1, ends_at=ends)

    made = make_discount(seller=product.seller, terms=terms, actor=person_of(product.seller))

    found = Discount.objects.get()
    assert (found, found.code, found.kind, found.money) == (made, "AUTUMN-26", "amount", Money(250, "eur"))
    assert (found.most_uses, found.most_per_customer, found.ends_at, list(found.products.all())) == (10, 1, ends, [product])
    assert (found.state, str(found)) == ("live", "AUTUMN-26")
    assert AuditEvent.objects.get().action == "discount.made"
    assert DiscountFactory(starts_at=NOW + timedelta(days=1)).state == "waiting"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        pytest.param(Terms(code="A%", percent=10), "code", id="a code with other signs"),
        pytest.param(Terms(), "percent", id="nothing off"),
        pytest.param(Terms(percent=10, money=Money(100, "eur")), "percent", id="two things off"),
        pytest.param(Terms(percent=101), "percent", id="more than all"),
        pytest.param(Terms(money=Money(0, "eur")), "amount", id="an amount of nothing"),
        pytest.param(Terms(money=Money(100, "zar")), "amount", id="a currency that the shop does not have"),
        pytest.param(Terms(percent=10, ends_at=NOW - timedelta(days=1)), "ends_at", id="ended before it begins"),
        pytest.param(Terms(percent=10, ends_at=NOW + timedelta(days=3000)), "ends_at", id="for ever and a day"),
        pytest.param(Terms(percent=10, most_uses=0), "most_uses", id="no use"),
        pytest.param(Terms(percent=10, duration="repeating"), "months", id="for some months, and not how many"),
        pytest.param(Terms(percent=10, duration="repeating", months=37), "months", id="for too many months"),
        pytest.param(Terms(percent=10, duration="once", months=3), "months", id="for the first payment and for months"),
        pytest.param(Terms(percent=10, months=3), "months", id="months of single purchases"),
        pytest.param(Terms(percent=100, duration="once"), "percent", id="a first payment of nothing"),
        pytest.param(Terms(percent=10, most_per_customer=0), "most_uses", id="no use by anybody"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_their_field(terms: Terms, field: str) -> None:
    with pytest.raises(InvalidDiscount) as refused:
        make(terms)

    assert (refused.value.field, Discount.objects.count()) == (field, 0)


def test_an_amount_is_in_the_steps_of_its_currency(settings: Any) -> None:
    settings.LAYERSTORE_CURRENCIES = ["eur", "isk"]

    with pytest.raises(InvalidDiscount) as refused:
        make(Terms(money=Money(150, "isk")))

    assert (refused.value.field, Discount.objects.count()) == ("amount", 0)


def test_nobody_reduces_products_of_another_seller() -> None:
    seller = SellerFactory()

    with pytest.raises(InvalidDiscount):
        make_discount(seller=seller, terms=Terms(percent=10, products=(ProductFactory(),)), actor=person_of(seller))

    assert not Discount.objects.exists()


def test_staff_make_the_shops_own_for_products_of_anybody_with_a_reason() -> None:
    staff, terms = UserFactory(staff=True), Terms(code="SHOP", percent=5, products=(ProductFactory(),))
    with pytest.raises(ReasonMissing):
        make_discount(seller=None, terms=terms, actor=staff)
    assert not Discount.objects.exists()

    made = make_discount(seller=None, terms=terms, actor=staff, reason="A fair.")

    assert (made.seller, AuditEvent.objects.get().reason) == (None, "A fair.")
    with pytest.raises(CodeTaken):
        make_discount(seller=None, terms=terms, actor=staff, reason="A fair.")


def test_only_staff_make_the_shops_own_and_only_owners_their_sellers() -> None:
    seller = SellerFactory()

    with pytest.raises(NotYours):
        make_discount(seller=None, terms=Terms(percent=5), actor=person_of(seller), reason="Mine.")
    with pytest.raises(NotYours):
        make_discount(seller=seller, terms=Terms(percent=5), actor=UserFactory())
    clerk = MembershipFactory(role=Role.BILLING)
    with pytest.raises(RoleNotEnough):
        make_discount(seller=SellerFactory(account=clerk.account), terms=Terms(percent=5), actor=clerk.user)

    assert not Discount.objects.exists()


def test_a_suspended_seller_makes_none() -> None:
    seller = SellerFactory(suspended_at=NOW, suspension_reason="Fraud.")

    with pytest.raises(SellerIsSuspended):
        make_discount(seller=seller, terms=Terms(percent=5), actor=person_of(seller))

    assert not Discount.objects.exists()


def test_a_code_is_one_of_its_sellers_until_it_is_ended() -> None:
    seller = SellerFactory()
    first = make_discount(seller=seller, terms=Terms(code="autumn", percent=5), actor=person_of(seller))
    with pytest.raises(CodeTaken):
        make_discount(seller=seller, terms=Terms(code="AUTUMN", percent=7), actor=person_of(seller))
    assert Discount.objects.count() == 1
    make(Terms(code="AUTUMN", percent=5))  # another seller's

    end_discount(discount=first, actor=person_of(seller))

    assert make_discount(seller=seller, terms=Terms(code="AUTUMN", percent=7), actor=person_of(seller)).percent == 7


def test_a_code_is_paused_goes_on_and_ends_for_good() -> None:
    code = DiscountFactory()
    owner = person_of(code.seller)

    assert pause_discount(discount=code, actor=owner).state == "paused"
    assert resume_discount(discount=code, actor=owner).state == "live"
    assert end_discount(discount=code, actor=owner).state == "ended"

    with pytest.raises(DiscountHasEnded):
        resume_discount(discount=code, actor=owner)
    actions = list(AuditEvent.objects.order_by("at").values_list("action", flat=True))
    assert actions == ["discount.paused", "discount.resumed", "discount.ended"]


@pytest.mark.parametrize("act", [pause_discount, resume_discount, end_discount])
def test_only_its_seller_and_staff_with_a_reason_change_a_code(act: Any) -> None:
    code, before = DiscountFactory(), Discount.objects.values().get()

    with pytest.raises(NotYours):
        act(discount=code, actor=UserFactory())
    with pytest.raises(NotYours):
        act(discount=code, actor=UserFactory(), reason="Spite.")
    with pytest.raises(NotYours):
        act(discount=DiscountFactory(of_shop=True), actor=person_of(code.seller))

    assert (Discount.objects.values().get(pk=code.pk), AuditEvent.objects.count()) == (before, 0)
    act(discount=code, actor=UserFactory(staff=True), reason="It was a mistake.")
    assert AuditEvent.objects.get().reason == "It was a mistake."


def test_products_are_named_by_their_addresses() -> None:
    one, another = ProductFactory(), ProductFactory()
    names = [f"{product.namespace.name}/{product.slug}" for product in (one, another)]

    assert products_named(f" {names[0].upper()}\n{names[0]} ", seller_id=one.seller_id) == (one,)
    assert products_named(f"{absolute_path(product_url(one))}?edition=Pro", seller_id=one.seller_id) == (one,)
    assert products_named(" ", seller_id=one.seller_id) == ()
    for text, most in ((names[1], 50), ("nothing", 50), ("/", 50), ("a\x00b/c", 50), ("é/b", 50), ("", 1), (" ".join([*names, "c"]), 2)):
        with pytest.raises(InvalidDiscount):
            products_named(text, seller_id=one.seller_id, most=most)
