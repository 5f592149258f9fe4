"""Gifts that are given and claimed at the same moment, on the real database."""

import pytest

from marketplace.entitlements.models import Entitlement
from marketplace.gifts.errors import GiftClosed
from marketplace.gifts.models import Gift
from marketplace.gifts.services import giving
from marketplace.gifts.services.claims import claim_gift
from marketplace.gifts.services.ending import revoke_gift
from marketplace.gifts.services.giving import Giving, give_link
from marketplace.gifts.services.uploads import give_by_file
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import GiftFactory, NamespaceFactory, ProductFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
FILE = b"email,product\nkim@example.test,acme/db\nolu@example.test,acme/db\n"


def test_one_file_uploaded_eight_times_at_once_gives_each_line_once() -> None:
    product = ProductFactory(namespace=NamespaceFactory(name="acme"), slug="db")
    seller = product.seller.account.user

    done = run_in_threads(8, lambda: give_by_file(seller_id=product.seller_id, content=FILE, reason="The beta.", actor=seller))

    assert sorted(one.given for one in done) == [0] * 7 + [2]
    assert (Gift.objects.count(), OutgoingMail.objects.count()) == (2, 2)


def test_the_limit_of_a_day_holds_against_gifts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "A_DAY", 3)
    product = ProductFactory()
    seller = product.seller.account.user

    run_in_threads(8, lambda: give_link(giving=Giving(product), reason="The beta.", actor=seller))

    assert Gift.objects.count() == 3


def test_a_claim_and_its_revocation_at_once_leave_no_access() -> None:
    gift, kim = GiftFactory(), UserFactory()

    answers = run_in_threads(
        2,
        lambda number: (
            claim_gift(gift=gift, user=kim, holder=kim.account)
            if number
            else revoke_gift(gift=gift, reason="A mistake.", actor=gift.given_by)
        ),
    )

    assert all(isinstance(answer, Gift | GiftClosed) for answer in answers)
    assert not Entitlement.objects.in_force().exists()
