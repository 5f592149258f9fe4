"""What the shop holds of a person is in their archive: each model that refers to a person, or says here why not."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.models import Account, User
from accounts.privacy.selectors import export_personal_data
from accounts.sellers.models import FeeTerms, SellerProfile
from billing.orders.models import Order
from billing.payouts.models import Payout
from tests.factories.accounts import InvitationFactory, SellerFactory, UserFactory
from tests.factories.billing import DisputeFactory, PaidOrderFactory

pytestmark = pytest.mark.django_db

REFERRED_TO = {User, Account, SellerProfile, Order}  # an order names its buyer
_SUMS = "sums of the sales and pulls that are in it"
_BOOKS = "the shop's own books; orders, refunds, disputes and payouts say the same"
_ACT = "who did it is in the acts"
_IN_IT = "a part of what is in it, or of its order"
LEFT_OUT = {
    "accounts.DataExport": "the archives themselves",
    "admin.LogEntry": _ACT,
    "billing.Credit": _IN_IT,
    "billing.DiscountUse": _IN_IT,
    "billing.DisputeEvidence": "what the shop answers a bank; who sent it is in the acts",
    "billing.DocumentSeries": "the last number of documents that are in it",
    "billing.LedgerEntry": _BOOKS,
    "billing.LedgerTransaction": _BOOKS,
    "billing.OrderImage": _IN_IT,
    "billing.Statement": _BOOKS,
    "marketplace.CountOutlook": _SUMS,
    "marketplace.DailyFigures": _SUMS,
    "marketplace.Growth": _ACT,
    "marketplace.ProductImage": _IN_IT,
    "marketplace.RevenueOutlook": _SUMS,
    "marketplace.StoredBlob": "bytes in the registry, which their owner pushed",
}


def names_a_person(model: type[Model]) -> bool:
    fields = [*model._meta.concrete_fields, *model._meta.local_many_to_many]
    return not model.__module__.startswith("tests.") and any(field.related_model in REFERRED_TO for field in fields)


def test_every_model_that_names_a_person_is_read_for_their_archive_or_says_why_not() -> None:
    with CaptureQueriesContext(connection) as statements:
        export_personal_data(SellerFactory().account.user)

    read = {table for each in statements for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', each["sql"])}
    assert {model._meta.label for model in apps.get_models() if names_a_person(model) and model._meta.db_table not in read} == set(LEFT_OUT)


def test_the_archive_of_a_seller_has_what_staff_and_stripe_said_of_their_shop() -> None:
    now = timezone.now()
    seller = SellerFactory(display_name="Acme", stripe_account_id="acct_1", suspended_at=now, suspension_reason="Fraud.")
    FeeTerms.objects.create(seller=seller, basis_points=500, starts_at=now, reason="A large shop.")
    times = {"created_at": now, "arrives_at": now}
    Payout.objects.create(id="po_1", seller=seller, stripe_account_id="acct_1", status="paid", amount=700, currency="eur", **times)
    DisputeFactory(order__seller=seller, seller_statement="They pulled it daily.")

    exported = export_personal_data(seller.account.user)

    (shop,), (fee,), (payout,), (dispute,) = (exported[subject] for subject in ("selling", "fee_terms", "payouts", "disputes_of_sales"))
    told = (shop["display_name"], shop["stripe_account_id"], shop["suspended_at"], shop["suspension_reason"])
    assert told == ("Acme", "acct_1", now, "Fraud.")
    assert (fee["basis_points"], fee["reason"], payout["amount"]) == (500, "A large shop.", 700)
    assert dispute["seller_statement"] == "They pulled it daily."
    assert exported["disputes"] == []


def test_the_archive_of_a_buyer_has_the_disputes_of_their_purchases_and_the_invitations_to_them() -> None:
    buyer = UserFactory()
    dispute = DisputeFactory(
        order=PaidOrderFactory(buyer=buyer.account, placed_by=buyer), reason="duplicate", seller_statement="Not twice."
    )
    DisputeFactory()
    invitation = InvitationFactory(email=buyer.email)
    InvitationFactory()

    exported = export_personal_data(buyer)

    assert [(row["order"], row["reason"], "seller_statement" in row) for row in exported["disputes"]] == [
        (dispute.order_id, "duplicate", False)
    ]
    assert [row["account__name"] for row in exported["invitations"]] == [invitation.account.name]
    assert exported["selling"] == exported["fee_terms"] == exported["disputes_of_sales"] == []
