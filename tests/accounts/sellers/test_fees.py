"""What we keep of a sale: a part and a fixed amount, by the terms that count at its moment."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from accounts.sellers.errors import FeeNotWhole, FeeTermsExist, FeeTermsInThePast
from accounts.sellers.models import FeeTerms, SellerProfile
from accounts.sellers.selectors import fee_of, fee_words
from accounts.sellers.services.fees import set_fee_terms
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from common.money import Money
from tests.factories.accounts import SellerFactory, UserFactory

pytestmark = pytest.mark.django_db
SOON = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def seller() -> SellerProfile:
    return SellerFactory()


def terms(
    seller: SellerProfile, basis_points: int, fixed: Money | None = None, starts_at: datetime | None = None, reason: str = "agreed"
) -> FeeTerms:
    staff = UserFactory(staff=True)
    return set_fee_terms(seller=seller, basis_points=basis_points, fixed=fixed, starts_at=starts_at, reason=reason, actor=staff)


def fee(seller: SellerProfile, price: Money, at: datetime = SOON) -> int:
    return fee_of(price, seller_id=seller.pk, at=at).minor


def test_who_has_no_terms_has_those_of_all(seller: SellerProfile, settings) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 12
    terms(SellerFactory(), 500)

    assert fee(seller, Money(1000, "eur")) == 120


def test_terms_count_from_their_moment_on(seller: SellerProfile) -> None:
    terms(seller, 500, starts_at=SOON)

    before, at, later = SOON - timedelta(seconds=1), SOON, SOON + timedelta(days=1)
    assert [fee(seller, Money(1000, "eur"), moment) for moment in (before, at, later)] == [100, 50, 50]


def test_terms_of_one_currency_leave_the_others_as_they_were_and_newer_ones_for_all_replace_them(seller: SellerProfile) -> None:
    terms(seller, 800)
    terms(seller, 750, Money(30, "eur"))

    assert [fee(seller, Money(1000, code)) for code in ("eur", "usd")] == [105, 80]

    terms(seller, 900)

    assert [fee(seller, Money(1000, code)) for code in ("eur", "usd")] == [90, 90]


def test_of_terms_that_begin_at_one_moment_those_for_the_currency_count(seller: SellerProfile) -> None:
    terms(seller, 750, Money(30, "eur"), SOON)
    terms(seller, 800, starts_at=SOON)

    assert [fee(seller, Money(1000, code)) for code in ("eur", "usd")] == [105, 80]


def test_a_fee_is_never_more_than_the_price(seller: SellerProfile) -> None:
    terms(seller, 1000, Money(300, "eur"))

    assert fee(seller, Money(310, "eur")) == 310


def test_setting_terms_is_audited_and_says_them(seller: SellerProfile) -> None:
    whole, uneven = terms(seller, 1000, starts_at=SOON), terms(seller, 725, Money(30, "eur"), SOON)

    assert [str(whole), str(uneven)] == ["10 % from 2100-01-01 00:00 UTC", "7.25 % and €0.30 from 2100-01-01 00:00 UTC"]
    events = AuditEvent.objects.filter(action="seller.fee_terms_set")
    assert {(event.reason, event.target_id) for event in events} == {("agreed", str(seller.pk))}


def test_terms_that_cannot_be_are_refused_and_nothing_changes(seller: SellerProfile) -> None:
    first = terms(seller, 1000, starts_at=SOON)

    with pytest.raises(ReasonMissing):
        terms(seller, 500, reason=" ")
    with pytest.raises(FeeTermsInThePast):
        terms(seller, 500, starts_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(FeeNotWhole, match="steps of"):
        terms(seller, 500, Money(150, "isk"))
    with pytest.raises(FeeTermsExist):
        terms(seller, 500, starts_at=SOON)

    assert list(seller.fee_terms.all()) == [first]
    assert AuditEvent.objects.filter(action="seller.fee_terms_set").count() == 1


def test_terms_are_said_as_people_read_them(seller: SellerProfile, settings) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 12
    at = SOON + timedelta(days=9)
    said = [fee_words(seller_id=seller.pk, at=at)]
    terms(seller, 725, Money(30, "eur"), SOON)
    terms(seller, 700, Money(50, "usd"), SOON + timedelta(days=1))
    terms(seller, 900, Money(50, "usd"), SOON - timedelta(days=1))
    said += [fee_words(seller_id=seller.pk, at=at), fee_words(seller_id=seller.pk, at=at, currency="eur")]
    terms(seller, 800, starts_at=SOON + timedelta(hours=1))
    said.append(fee_words(seller_id=seller.pk, at=at))
    with translation.override("de"):
        said.append(fee_words(seller_id=seller.pk, at=SOON, currency="eur"))

    assert said == ["12 %", "12 %; EUR: 7.25 % + €0.30; USD: 7 % + $0.50", "7.25 % + €0.30", "8 %; USD: 7 % + $0.50", "7,25 % + 0,30\xa0€"]
