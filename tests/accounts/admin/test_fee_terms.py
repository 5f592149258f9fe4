"""Staff set what is kept of a seller's sales; whoever only moderates sellers cannot."""

import pytest
from django.test import Client

from accounts.people.models import User
from accounts.people.services import give_role
from accounts.sellers.models import FeeTerms
from tests.factories.accounts import SellerFactory, UserFactory

pytestmark = pytest.mark.django_db


def sent(staff: User, **given: str) -> str:
    client = Client()
    client.force_login(staff)
    form = {"action": "set_fee", "index": "0", "_selected_action": [str(SellerFactory().pk)], "act_confirmed": "yes", "reason": "Agreed."}
    return client.post("/admin/accounts/sellerprofile/", form | given, follow=True).content.decode()


def test_staff_set_a_part_and_a_fixed_amount() -> None:
    page = sent(UserFactory(staff=True), percent="7.25", fixed="0.30 EUR", starts_at="2100-01-01 00:00")

    assert [str(terms) for terms in FeeTerms.objects.all()] == ["7.25 % and €0.30 from 2100-01-01 00:00 UTC"]
    assert "set the fee – done" in page
    assert "2100" in page


@pytest.mark.parametrize("given", [{"percent": "101"}, {"percent": "7.255"}, {"percent": "7", "fixed": "0.30"}, {}])
def test_terms_that_nobody_can_read_are_asked_for_again(given: dict[str, str]) -> None:
    assert "Set the fee" in sent(UserFactory(staff=True), **given)
    assert FeeTerms.objects.count() == 0


def test_moderation_does_not_decide_what_sellers_pay() -> None:
    sent(give_role(user=UserFactory(), role="moderation"), percent="7")

    assert FeeTerms.objects.count() == 0
