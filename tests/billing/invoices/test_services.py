"""Each sale has its invoice and whatever goes back its credit note: numbered without gaps, and what they say never changes."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.invoices.errors import InvoiceNotCorrectable, NoInvoice
from billing.invoices.models import BillingDetails, Document, DocumentSeries
from billing.invoices.services import correct_invoice, document_what_went_back, issue_invoice, save_billing_details
from billing.ledger.models import Account as LedgerAccount
from billing.ledger.models import LedgerEntry
from billing.ledger.selectors import balances_of_order
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from billing.stripe.payments import read_payment
from common.ids import new_id
from common.money import Money
from marketplace.products.models import Product
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.billing import PAYMENT, PaidOrderFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox
from tests.support.threads import run_in_threads

LEGAL = {"name": "Acme Data GmbH", "address": "Hauptstraße 1\n10115 Berlin\nGermany", "vat_id": "DE123456789"}


def documents(order: Order) -> list[tuple[str, int]]:
    return list(Document.objects.filter(order=order).order_by("serial").values_list("kind", "amount"))


def refund(order: Order, amount: int | None = None) -> Refund:
    wanted = None if amount is None else Money(amount, order.currency)
    return continue_refund(refund_id=request_refund(order=order, amount=wanted, reason="x", actor=UserFactory(staff=True)).pk)


def numbers(seller: SellerProfile) -> list[int]:
    return list(Document.objects.filter(seller=seller).order_by("serial").values_list("serial", flat=True))


def legal(account: Account, **changes: str) -> BillingDetails:
    return save_billing_details(account=account, actor=UserFactory(), **(LEGAL | changes))


def test_a_sale_has_an_invoice_that_says_who_sold_what_to_whom(seller: SellerProfile, opened: Order, buyer: User, sandbox: Sandbox) -> None:
    legal(seller.account, tax_id="11/222/33333", tax_note="No VAT: § 19 UStG.")
    legal(buyer.account, name="Bea Buyer", vat_id="")
    sandbox.press(opened)

    order = reconcile_order(order_id=opened.pk)

    invoice = order.documents.get()
    assert (invoice.kind, invoice.amount, invoice.tax_amount, invoice.currency, invoice.language) == ("invoice", 500, 0, "eur", "en-gb")
    assert invoice.number == f"LS-{invoice.issued_at.year}-00001"
    said = invoice.content
    assert said["seller"] == {
        "name": "Acme Data GmbH",
        "address": ["Hauptstraße 1", "10115 Berlin", "Germany"],
        "vat_id": "DE123456789",
        "tax_id": "11/222/33333",
    }
    assert (said["buyer"]["name"], said["buyer"]["vat_id"]) == ("Bea Buyer", "")
    assert [(line["text"], line["amount"]) for line in said["lines"]] == [("Postgres HA", 500)]
    assert said["lines"][0]["details"] == [image.repository for image in order.images.all()]
    assert said["notes"] == ["The price includes all taxes that the seller owes.", "No VAT: § 19 UStG."]
    assert (said["order_number"], said["payment"], said["paid_with"]) == (order.number, order.payment_intent_id, "card ending 4242")
    assert order.paid_at is not None
    assert said["supplied_on"] == order.paid_at.date().isoformat()
    assert str(invoice) == f"Invoice {invoice.number}"


def test_a_seller_who_has_not_said_who_they_are_has_receipts(paid: Order, seller: SellerProfile) -> None:
    receipt = paid.documents.get()

    assert (receipt.kind, receipt.content["seller"]["name"]) == ("receipt", seller.display_name)
    assert receipt.content["buyer"]["name"] == paid.buyer.name


def test_it_is_in_the_language_of_whoever_bought(product: Product, sandbox: Sandbox, buy: Callable[..., Order]) -> None:
    buyer = UserFactory(language="de")

    order = reconcile_order(order_id=buy(product, buyer).pk)

    assert order.documents.get().content["notes"] == ["Der Preis enthält alle Steuern, die der Anbieter schuldet."]


def test_what_is_heard_again_is_documented_once(paid: Order) -> None:
    reconcile_order(order_id=paid.pk)
    payment = read_payment(str(paid.checkout_session_id))
    with transaction.atomic():
        issue_invoice(lock_order(order_id=paid.pk), payment)

    assert documents(paid) == [("receipt", 500)]


@pytest.mark.parametrize("act", ["update", "delete"])
def test_a_document_never_changes(paid: Order, act: str) -> None:
    found = Document.objects.filter(order=paid)

    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        found.update(amount=1) if act == "update" else found.delete()

    assert found.get().amount == 500


def test_what_was_said_stays_when_details_change(paid: Order, seller: SellerProfile) -> None:
    legal(seller.account)

    assert paid.documents.get().content["seller"]["name"] == seller.display_name


def test_a_refund_is_credited_in_parts_and_wholly(paid: Order) -> None:
    refund(paid, 200)
    assert documents(paid) == [("receipt", 500), ("credit_note", -200)]
    paid.refresh_from_db()
    refund(paid)

    assert documents(paid) == [("receipt", 500), ("credit_note", -200), ("credit_note", -300)]
    receipt, first, _ = Document.objects.filter(order=paid).order_by("serial")
    assert (first.corrects, first.refund) == (receipt, paid.refunds.order_by("created_at").first())
    assert first.content["lines"] == [{"text": "Refund", "details": ["Postgres HA"], "amount": -200}]
    assert (first.content["corrects"], first.content["reason"]) == (receipt.number, "Refund")


def test_a_whole_refund_repeats_the_lines(paid: Order) -> None:
    refund(paid)

    _, credit = Document.objects.filter(order=paid).order_by("serial")
    assert [(line["text"], line["amount"]) for line in credit.content["lines"]] == [("Postgres HA", -500)]


def test_a_refund_made_in_stripes_dashboard_is_credited(paid: Order, sandbox: Sandbox) -> None:
    sandbox.refund(paid, amount=100)
    reconcile_order(order_id=paid.pk)

    assert documents(paid) == [("receipt", 500), ("credit_note", -100)]


def test_a_refund_that_fails_after_all_is_charged_again_and_credited_when_it_is_made(paid: Order, sandbox: Sandbox) -> None:
    made = refund(paid, 200)
    sandbox.control(f"/refunds/{made.stripe_refund_id}/fail")
    reconcile_order(order_id=paid.pk)
    assert documents(paid) == [("receipt", 500), ("credit_note", -200), ("receipt", 200)]
    again = Document.objects.filter(order=paid).order_by("serial")[2]
    assert again.content["reason"] == "The refund could not be made"

    paid.refresh_from_db()
    refund(paid, 200)

    assert documents(paid)[3:] == [("credit_note", -200)]
    assert numbers(paid.seller) == [1, 2, 3, 4]


def test_a_lost_dispute_is_credited_and_a_won_appeal_charged_again(paid: Order, sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    assert documents(paid) == [("receipt", 500)]
    sandbox.control(f"/disputes/{dispute}/lose")
    reconcile_order(order_id=paid.pk)
    assert documents(paid) == [("receipt", 500), ("credit_note", -500)]

    sandbox.control(f"/disputes/{dispute}/appeal")
    reconcile_order(order_id=paid.pk)

    assert documents(paid)[2:] == [("receipt", 500)]
    assert Document.objects.filter(order=paid).order_by("serial")[2].content["reason"] == "Given back by the buyer’s bank"


def test_a_dispute_in_another_currency_credits_what_refunds_have_left(paid: Order) -> None:
    refund(paid, 200)
    paid.disputes.create(pk="dp_1", status="lost", reason="fraudulent", amount=9, currency="usd", opened_at=paid.created_at)

    with transaction.atomic():
        document_what_went_back(lock_order(order_id=paid.pk))

    assert documents(paid)[2:] == [("credit_note", -300)]
    assert Document.objects.filter(order=paid).order_by("serial")[2].content["reason"] == "Taken back by the buyer’s bank"


def test_a_payment_that_is_returned_at_once_has_no_documents(
    product: Product, buyer: User, buy: Callable[..., Order], seller: SellerProfile
) -> None:
    order = buy(product, buyer)
    SellerProfile.objects.filter(pk=seller.pk).update(suspended_at=order.created_at, suspension_reason="x")

    returned = reconcile_order(order_id=order.pk)

    assert returned.state == Order.State.REFUNDED
    assert documents(returned) == []
    continue_refund(refund_id=returned.refunds.get().pk)
    assert documents(returned) == []


def test_a_correction_is_a_credit_note_and_a_new_invoice_once(paid: Order, buyer: User, seller: SellerProfile) -> None:
    legal(buyer.account, name="Fjord AS", vat_id="NO999")

    corrected = correct_invoice(order=paid, actor=buyer)

    assert documents(paid) == [("receipt", 500), ("credit_note", -500), ("receipt", 500)]
    assert (corrected.content["buyer"]["name"], corrected.content["buyer"]["vat_id"], corrected.serial) == ("Fjord AS", "NO999", 3)
    with pytest.raises(InvoiceNotCorrectable):
        correct_invoice(order=paid, actor=buyer)
    refund(paid)
    assert documents(paid)[3:] == [("credit_note", -500)]
    assert Document.objects.get(order=paid, serial=4).corrects == corrected
    assert Document.objects.filter(order=paid).aggregate(sum=Sum("amount"))["sum"] == 0
    assert numbers(seller) == [1, 2, 3, 4]


@pytest.mark.django_db
def test_an_order_from_before_there_were_invoices_is_not_corrected() -> None:
    order = PaidOrderFactory()

    with pytest.raises(NoInvoice):
        correct_invoice(order=order, actor=order.placed_by)

    assert documents(order) == []


def test_stripes_tax_is_on_order_invoice_credit_note_and_in_the_books(
    product: Product, buyer: User, sandbox: Sandbox, settings: Any
) -> None:
    settings.LAYERSTORE_STRIPE_TAX = True
    order = bought_from(product, buyer, sandbox, name="Bea", country="DE", line1="Weg 1", postal_code="10115", city="Berlin")

    assert (order.amount, order.tax_amount) == (500, 80)
    assert order.tax_lines == [{"name": "VAT", "percent": "19.0", "country": "DE", "amount": 80}]
    invoice = order.documents.get()
    assert (invoice.tax_amount, invoice.net.minor, invoice.content["notes"]) == (80, 420, [])
    assert invoice.content["buyer"] == {"name": "Bea", "address": ["Weg 1", "10115 Berlin", "DE"], "vat_id": "", "tax_id": ""}
    taxed = (
        LedgerEntry.objects.filter(transaction__order=order, account=LedgerAccount.TAX).order_by("amount").values_list("amount", flat=True)
    )
    assert list(taxed) == [-80, 80]
    assert LedgerAccount.BUYERS_CLEARING not in balances_of_order(order.pk)

    for amount in (170, 170, 160):
        refund(order, amount)
        order.refresh_from_db()
        assert order.flag == ""

    assert not {LedgerAccount.ROUNDING, LedgerAccount.PLATFORM_FEE} & balances_of_order(order.pk).keys()
    taxes = Document.objects.filter(order=order).order_by("serial").values_list("tax_amount", flat=True)
    assert list(taxes) == [80, -27, -27, -26]
    assert LedgerAccount.TAX not in balances_of_order(order.pk)
    last = Document.objects.filter(order=order).order_by("serial")[3]
    assert [line["amount"] for line in last.content["taxes"]] == [-26]


def test_a_business_in_another_country_owes_the_tax_itself(sandbox: Sandbox, buyer: User, settings: Any, transactional_db: None) -> None:
    settings.LAYERSTORE_STRIPE_TAX = True
    seller = SellerFactory(stripe_account_id=sandbox.account("DE"))
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    order = bought_from(product, buyer, sandbox, name="Brasserie SARL", country="FR", tax_id="FR12345678901")

    invoice = order.documents.get()
    assert (order.tax_amount, invoice.tax_amount) == (0, 0)
    assert (invoice.content["buyer"]["name"], invoice.content["buyer"]["vat_id"]) == ("Brasserie SARL", "FR12345678901")
    assert invoice.content["notes"] == ["Reverse charge: the buyer owes the tax."]


def bought_from(product: Product, buyer: User, sandbox: Sandbox, **who: str) -> Order:
    order = place_order(product=product, user=buyer)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.control(f"/sessions/{order.checkout_session_id}/buyer", **who)
    sandbox.press(order)
    return reconcile_order(order_id=order.pk)


def given_numbers(seller: SellerProfile, count: int) -> list[Order]:
    """Paid orders of one seller that have no document yet."""
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    return [PaidOrderFactory(product=product) for _ in range(count)]


def test_numbers_have_no_gaps_when_sales_meet_and_some_are_rolled_back(transactional_db: None) -> None:
    seller = SellerFactory()
    orders = given_numbers(seller, 12)

    def sell(number: int) -> None:
        with transaction.atomic():
            issue_invoice(orders[number], PAYMENT)
            if number % 3 == 0:
                raise ZeroDivisionError

    outcomes = run_in_threads(12, sell)

    assert [type(outcome) for outcome in outcomes].count(ZeroDivisionError) == 4
    assert numbers(seller) == list(range(1, 9))
    series = DocumentSeries.objects.get(seller=seller)
    assert (series.last, str(series)) == (8, f"{series.year}: 8")


def test_a_number_of_somebody_who_is_killed_is_the_next_ones(transactional_db: None) -> None:
    seller = SellerFactory()
    killed, after = given_numbers(seller, 2)

    def die() -> None:
        with transaction.atomic():
            issue_invoice(killed, PAYMENT)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    (died,) = run_in_threads(1, die)
    with transaction.atomic():
        issue_invoice(after, PAYMENT)

    assert isinstance(died, DatabaseError)
    assert numbers(seller) == [1]
    assert documents(killed) == []


def test_each_seller_and_each_year_counts_for_itself(transactional_db: None) -> None:
    ours, theirs = SellerFactory(), SellerFactory()
    for moment, seller in (("2026-12-31T23:59:59Z", ours), ("2026-12-31T23:59:59Z", theirs), ("2027-01-01T00:00:00Z", ours)):
        with time_machine.travel(moment, tick=False), transaction.atomic():
            issue_invoice(given_numbers(seller, 1)[0], PAYMENT)

    assert [document.number for document in Document.objects.filter(seller=ours).order_by("issued_at")] == [
        "LS-2026-00001",
        "LS-2027-00001",
    ]
    assert [document.number for document in Document.objects.filter(seller=theirs)] == ["LS-2026-00001"]


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ("UPDATE billing_documentseries SET last = last + 2", "document_series_counts_by_one"),
        ("UPDATE billing_documentseries SET last = last + 1", "document_series_complete"),
        ("UPDATE billing_documentseries SET last = last - 1", "document_series_counts_by_one"),
        ("DELETE FROM billing_documentseries", "document_series_counts_by_one"),
    ],
)
def test_the_database_refuses_a_gap_whatever_makes_it(transactional_db: None, wrong: str, constraint: str) -> None:
    seller = SellerFactory()
    with transaction.atomic():
        issue_invoice(given_numbers(seller, 1)[0], PAYMENT)

    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(wrong)

    assert getattr(refused.value.__cause__, "diag").constraint_name == constraint  # noqa: B009  psycopg2's, unknown to the types
    assert DocumentSeries.objects.get(seller=seller).last == 1


def test_the_database_refuses_a_document_with_a_number_of_its_own(transactional_db: None) -> None:
    (order,) = given_numbers(SellerFactory(), 1)
    with transaction.atomic():
        made = issue_invoice(order, PAYMENT)
    made.pk, made.key, made.serial = new_id(), "x", 7

    with pytest.raises(IntegrityError, match="not the last"), transaction.atomic():
        made.save(force_insert=True)

    assert documents(order) == [("receipt", order.amount)]
