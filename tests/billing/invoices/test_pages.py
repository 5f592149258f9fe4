"""Buyer and seller find their documents, nobody else does; and accounts say who they are on them."""

import csv
import io
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.organisations.models import Role
from accounts.people.models import User
from audit.models import AuditEvent
from billing.invoices import views
from billing.invoices.models import BillingDetails, Document
from billing.personal_data import HANDLER
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, make_document
from tests.factories.marketplace import NamespaceFactory, ProductFactory

pytestmark = pytest.mark.django_db
DETAILS = {"name": "Bea Buyer", "address": "Weg 1\r\n\r\n 10115  Berlin ", "vat_id": "DE123456789"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def receipt() -> Document:
    return make_document(PaidOrderFactory(product=ProductFactory(title="Postgres HA")))


def seller_of(document: Document) -> User:
    user = document.seller.account.user
    assert user is not None
    return user


def test_its_buyer_and_its_seller_read_it_and_take_it_along(receipt: Document) -> None:
    for reader in (receipt.order.placed_by, seller_of(receipt)):
        client = signed_in(reader)
        page = client.get(reverse("billing:document", args=[receipt.pk]))
        pdf = client.get(reverse("billing:document_pdf", args=[receipt.pk]))

        assert page.status_code == 200
        for words in (receipt.number, "Postgres HA", receipt.order.number, "The price includes all taxes that the seller owes."):
            assert words in page.content.decode()
        assert (pdf["Content-Type"], pdf["Content-Disposition"]) == ("application/pdf", f'attachment; filename="{receipt.number}.pdf"')
        assert pdf.content.startswith(b"%PDF")


@pytest.mark.parametrize(("role", "status"), [(Role.OWNER, 200), (Role.BILLING, 200), (Role.EDITOR, 404), (Role.MEMBER, 404)])
def test_of_an_organisation_those_who_see_its_money_read_it(role: Role, status: int) -> None:
    firm = OrganisationFactory()
    document = make_document(PaidOrderFactory(buyer=firm))
    reader = MembershipFactory(account=firm, role=role).user

    assert signed_in(reader).get(reverse("billing:document", args=[document.pk])).status_code == status


def test_the_order_lists_its_documents_and_the_mails_link_finds_the_invoice(receipt: Document) -> None:
    client = signed_in(receipt.order.placed_by)

    assert receipt.number in client.get(reverse("billing:order", args=[receipt.order_id])).content.decode()
    found = client.get(reverse("billing:order_invoice", args=[receipt.order_id]))
    assert found["Location"] == reverse("billing:document", args=[receipt.pk])


def test_an_older_order_is_its_own_receipt() -> None:
    order = PaidOrderFactory()

    answer = signed_in(order.placed_by).get(reverse("billing:order_invoice", args=[order.pk]))

    assert answer["Location"] == reverse("billing:order", args=[order.pk])


def test_a_buyer_has_their_invoice_replaced_once(receipt: Document) -> None:
    client, address = signed_in(receipt.order.placed_by), reverse("billing:invoice_correct", args=[receipt.order_id])
    client.post(reverse("billing:billing_details"), DETAILS)

    first, second = client.post(address, follow=True), client.post(address, follow=True)

    assert f"LS-{receipt.year}-00003 replaces the invoice that you had." in first.content.decode()
    assert "An invoice is corrected once" in second.content.decode()
    assert Document.objects.filter(order=receipt.order).count() == 3


def test_somebody_elses_invoice_is_not_replaced(receipt: Document) -> None:
    answer = signed_in(UserFactory()).post(reverse("billing:invoice_correct", args=[receipt.order_id]))

    assert answer.status_code == 404
    assert Document.objects.count() == 1


def test_details_are_kept_in_plain_lines_and_sellers_are_asked_for_more() -> None:
    user = UserFactory()
    client, address = signed_in(user), reverse("billing:billing_details")
    assert "tax_note" not in client.get(address).content.decode()

    assert client.post(address, DETAILS).status_code == 302

    kept = BillingDetails.objects.get(account=user.account)
    assert (kept.name, kept.address, kept.vat_id, kept.tax_note, str(kept)) == (
        "Bea Buyer",
        "Weg 1\n10115  Berlin",
        "DE123456789",
        "",
        "Bea Buyer",
    )
    assert AuditEvent.objects.filter(action="account.billing_details_changed", actor=user).count() == 1
    SellerFactory(user=user)
    page = client.get(address).content.decode()
    assert "Weg 1" in page
    assert "tax_note" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "\u202eevil"),
        ("name", ""),
        ("address", ""),
        ("address", "\n".join("123456789")),
        ("address", "a\u202eb"),
        ("vat_id", "DE<1>"),
    ],
)
def test_what_cannot_be_read_is_refused(field: str, value: str) -> None:
    user = UserFactory()

    answer = signed_in(user).post(reverse("billing:billing_details"), DETAILS | {field: value})

    assert answer.status_code == 400
    assert not BillingDetails.objects.exists()


def test_an_organisations_details_are_for_those_who_buy_for_it() -> None:
    firm = OrganisationFactory()
    clerk = MembershipFactory(account=firm, role=Role.BILLING).user
    member = MembershipFactory(account=firm, role=Role.MEMBER).user
    address = reverse("billing:billing_details")

    refused = signed_in(member).post(address, DETAILS | {"buyer": firm.handle})
    assert refused.status_code == 403
    assert not BillingDetails.objects.exists()
    assert firm.name in signed_in(clerk).get(address, {"buyer": firm.handle}).content.decode()
    signed_in(clerk).post(address, DETAILS | {"buyer": firm.handle})
    assert BillingDetails.objects.get().account == firm


def test_a_seller_takes_a_month_along_as_table_and_as_files(receipt: Document) -> None:
    client = signed_in(seller_of(receipt))

    listed = client.get(reverse("billing:documents")).content.decode()
    table = client.get(reverse("billing:documents_csv"))
    archive = client.get(reverse("billing:documents_zip"))

    assert receipt.number in listed
    assert "Your buyers get receipts and no invoices" in listed
    (row,) = csv.DictReader(io.StringIO(table.content.decode()))
    assert (row["number"], row["kind"], row["order_id"], row["amount"]) == (
        receipt.number,
        "receipt",
        str(receipt.order_id),
        receipt.money.typed,
    )
    with ZipFile(io.BytesIO(archive.content)) as files:
        assert files.namelist() == [f"{receipt.number}.pdf"]


def test_another_month_has_nothing_and_no_month_is_not_found(receipt: Document) -> None:
    client = signed_in(seller_of(receipt))

    assert "No invoices in this month" in client.get(reverse("billing:documents"), {"month": "2020-01"}).content.decode()
    assert client.get(reverse("billing:documents"), {"month": "2020-13"}).status_code == 404


def test_programs_read_them_too(receipt: Document) -> None:
    bearer = {"authorization": f"Bearer {AccessTokenFactory(user=receipt.order.placed_by).secret}"}
    client = Client()

    listed = client.get(reverse("document-list"), headers=bearer).json()["results"]
    one = client.get(reverse("document-detail", args=[receipt.pk]), headers=bearer).json()
    pdf = client.get(reverse("document-pdf", args=[receipt.pk]), headers=bearer | {"accept": "application/pdf"})
    missing = client.get(reverse("document-pdf", args=[receipt.order_id]), headers=bearer)

    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    assert [(row["number"], row["kind"], row["amount"]) for row in listed] == [(receipt.number, "receipt", receipt.amount)]
    assert "content" not in listed[0]
    assert one["content"] == receipt.content
    assert pdf.content.startswith(b"%PDF")


def test_the_archive_of_ones_data_has_them_and_the_end_of_an_account_leaves_what_the_law_keeps(receipt: Document) -> None:
    buyer = receipt.order.placed_by
    BillingDetails.objects.create(account=buyer.account, name="Bea", address="Weg 1")

    kept, sold = HANDLER.export(buyer), HANDLER.export(seller_of(receipt))
    HANDLER.forget(buyer.account)

    assert [row["content"] for row in kept["documents"]] == [receipt.content]
    assert [row["name"] for row in kept["billing_details"]] == ["Bea"]
    assert [row["id"] for row in sold["documents_of_sales"]] == [receipt.pk]
    assert "content" not in sold["documents_of_sales"][0]  # it names the buyer
    assert not BillingDetails.objects.exists()
    assert Document.objects.get().content == receipt.content


def test_product_page_says_that_taxes_are_in_the_price() -> None:
    product = ProductFactory(namespace=NamespaceFactory())

    page = Client().get(f"/{product.namespace.name}/{product.slug}").content.decode()

    assert "The price includes all taxes that the seller owes." in page


@pytest.mark.parametrize("name", ["billing:documents", "billing:documents_zip", "billing:documents_csv"])
def test_a_month_of_many_documents_takes_as_many_statements_as_one_of_few(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_FILES", 2)
    product = ProductFactory()
    client = signed_in(product.seller.account.user)
    make_document(PaidOrderFactory(product=product))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(name))
    for _ in range(4):
        make_document(PaidOrderFactory(product=product))

    with CaptureQueriesContext(connection) as many:
        answer = client.get(reverse(name))

    assert len(many) == len(few)
    if name == "billing:documents_zip":
        with ZipFile(io.BytesIO(answer.content)) as files:
            assert len(files.namelist()) == 2
