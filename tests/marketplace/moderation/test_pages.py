"""Reporting by page and API, the queue in the admin, and the appeal."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.people.models import User
from audit.models import AuditEvent
from marketplace.images.models import Namespace
from marketplace.moderation.models import Report
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory, PushedImageFactory, ReportFactory, ReviewFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(namespace: Namespace) -> Product:
    return ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=[PushedImageFactory(namespace=namespace, name="db")])


@pytest.fixture
def me() -> User:
    return UserFactory(staff=True)


@pytest.fixture
def staff(client: Client, me: User) -> Client:
    client.force_login(me)
    return client


def page_of(product: Product) -> str:
    return reverse("marketplace:report", args=["product", product.pk])


def do(client: Client, act: str, report: Report, **given: str) -> Report:
    address = reverse("admin:marketplace_report_changelist")
    client.post(address, {"action": act, "_selected_action": [report.pk], "act_confirmed": "yes", "reason": "Looked at it.", **given})
    return Report.objects.get(pk=report.pk)


def test_everything_that_can_be_reported_has_a_link(client: Client, product: Product) -> None:
    review = ReviewFactory(product=product)

    page, shop = client.get("/acme/db").content.decode(), client.get("/acme").content.decode()

    for about, row in (("product", product), ("image", product.images.get()), ("review", review)):
        address = reverse("marketplace:report", args=[about, row.pk])
        assert address in page
        assert_sound(client.get(address))
    assert reverse("marketplace:report", args=["shop", product.seller_id]) in shop


def test_a_seller_is_not_asked_to_report_themselves(seller_client: Client, product: Product) -> None:
    assert "/help/report/" not in seller_client.get("/acme/db").content.decode()
    assert "/help/report/" not in seller_client.get("/acme").content.decode()


def test_a_visitor_reports_with_an_address(client: Client, product: Product) -> None:
    given = {"kind": "malware", "details": "It mines.", "email": "Kim@example.test"}

    answer = client.post(page_of(product), given, follow=True)

    assert "the answer comes by mail" in answer.content.decode()
    report = Report.objects.get()
    assert (report.reporter, report.reporter_email, report.kind, report.details) == (None, "kim@example.test", "malware", "It mines.")


def test_a_visitor_without_an_address_reports_nothing(client: Client, product: Product) -> None:
    answer = client.post(page_of(product), {"kind": "malware", "details": "It mines."})

    assert (answer.status_code, Report.objects.exists()) == (400, False)
    assert "It mines.</textarea>" in answer.content.decode()


def test_a_user_is_asked_for_no_address_and_hears_when_it_waits(member_client: Client, member: User, product: Product) -> None:
    assert 'name="email"' not in member_client.get(page_of(product)).content.decode()

    answers = [member_client.post(page_of(product), {"kind": "other", "details": "Odd."}).status_code for _ in range(2)]

    assert answers == [302, 409]
    assert Report.objects.get().reporter == member


def test_one_mailbox_and_one_address_report_only_so_much(client: Client, product: Product) -> None:
    images = [PushedImageFactory(namespace=product.namespace) for _ in range(11)]
    ProductFactory(namespace=product.namespace, images=images)

    def sent(email: str, number: int) -> int:
        at = reverse("marketplace:report", args=["image", images[number].pk])
        return client.post(at, {"kind": "other", "details": "Odd.", "email": email}).status_code

    assert [sent("kim@example.test", number) for number in range(6)] == [302] * 5 + [429]
    assert [sent(f"kim{number}@example.test", number) for number in range(6)] == [302] * 5 + [429]
    assert Report.objects.count() == 10


def test_the_api_makes_and_lists_ones_own_reports(as_buyer: APIClient, as_other: APIClient, product: Product) -> None:
    body = {"about": "product", "target_id": str(product.pk), "kind": "licence", "details": "Mine."}

    made = as_buyer.post("/api/v1/reports/", body, format="json")
    listed = as_buyer.get("/api/v1/reports/").json()["results"]

    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert [(one["kind"], one["target_label"], one["answer"]) for one in listed] == [("licence", "the product Postgres HA", "")]
    assert as_buyer.post("/api/v1/reports/", body, format="json").json()["code"] == "already_reported"
    assert as_other.get("/api/v1/reports/").json()["results"] == []
    assert as_other.get(f"/api/v1/reports/{made.json()['id']}/").status_code == 404
    assert as_buyer.post("/api/v1/reports/", body | {"about": "shop"}, format="json").status_code == 404


def test_staff_work_through_the_queue(staff: Client, me: User) -> None:
    report, other = ReportFactory(), ReportFactory(upheld=True)
    queue = reverse("admin:marketplace_report_changelist")

    assert f"/{report.pk}/change/" in staff.get(queue, {"queue": "unowned"}).content.decode()
    taken = do(staff, "take", report)
    assert (taken.state, taken.owner) == (Report.State.TAKEN, me)
    for chosen, there in (("waiting", True), ("mine", True), ("unowned", False), ("done", False), ("", True)):
        page = staff.get(queue, {"queue": chosen}).content.decode()
        assert (f"/{report.pk}/change/" in page, f"/{other.pk}/change/" in page) == (there, chosen in {"done", ""})
    upheld = do(staff, "uphold", report, answer="Thank you.", decision="It mines coins.")

    assert (upheld.state, upheld.answer, upheld.decision) == (Report.State.UPHELD, "Thank you.", "It mines coins.")
    assert list(AuditEvent.objects.order_by("at").values_list("action", "actor", "reason")) == [
        ("report.taken", me.pk, "Looked at it."),
        ("report.upheld", me.pk, "Looked at it."),
    ]


@pytest.mark.parametrize(("act", "state"), [("grant_appeal", "granted"), ("reject_appeal", "rejected")])
def test_staff_decide_appeals(staff: Client, act: str, state: str) -> None:
    report = ReportFactory(upheld=True, state="appealed", appeal="It compiles.", appealed_at="2026-11-29T00:00:00Z")

    assert do(staff, act, report, answer="Looked again.").state == state


def test_an_act_without_what_both_sides_are_told_decides_nothing(staff: Client) -> None:
    report = ReportFactory()

    assert do(staff, "uphold", report, answer="Thank you.").state == "open"
    assert not OutgoingMail.objects.exists()
    assert do(staff, "dismiss", report, answer="Thank you.").state == "dismissed"


def test_a_report_leads_staff_to_what_it_is_about(staff: Client) -> None:
    review = ReviewFactory()
    for about, row, page in [
        ("product", review.product, "marketplace_product"),
        ("image", review.product.images.get(), "marketplace_image"),
        ("shop", review.product.seller, "accounts_sellerprofile"),
        ("review", review, "marketplace_review"),
    ]:
        report = ReportFactory(about=about, target_id=row.pk, product=review.product)
        html = staff.get(reverse("admin:marketplace_report_change", args=[report.pk])).content.decode()
        assert reverse(f"admin:{page}_change", args=[row.pk]) in html


def test_the_one_concerned_reads_the_decision_and_appeals_once(seller_client: Client, product: Product) -> None:
    report = ReportFactory(product=product, upheld=True, details="I am kim.", reporter__username="kim")
    address = reverse("marketplace:report_appeal", args=[report.pk])
    assert address in assert_text(seller_client, reverse("marketplace:reports"))

    page = assert_text(seller_client, address)
    assert "It mines coins." in page
    assert "kim" not in page
    assert seller_client.post(address, {"appeal": ""}).status_code == 400
    assert seller_client.post(address, {"appeal": "It compiles."}).status_code == 302
    refused = seller_client.post(address, {"appeal": "Again."})

    report.refresh_from_db()
    assert (refused.status_code, report.state, report.appeal) == (409, "appealed", "It compiles.")
    page = assert_text(seller_client, address)
    assert "It compiles." in page
    assert "<textarea" not in page


def assert_text(client: Client, address: str) -> str:
    """The page, sound."""
    response = client.get(address)
    assert_sound(response)
    return response.content.decode()


def test_a_reporter_reads_the_answer_and_nobody_elses(member_client: Client, member: User) -> None:
    ReportFactory(reporter=member, upheld=True, answer="Thank you.")
    ReportFactory(answer="Not for you.")

    page = assert_text(member_client, reverse("marketplace:reports"))

    assert "Thank you." in page
    assert "Not for you." not in page


def test_who_has_reported_nothing_reads_how(member_client: Client) -> None:
    assert "None yet." in assert_text(member_client, reverse("marketplace:reports"))


def test_who_is_not_concerned_sees_no_decision(member_client: Client) -> None:
    report = ReportFactory(upheld=True)
    address = reverse("marketplace:report_appeal", args=[report.pk])

    assert member_client.get(address).status_code == 404
    assert member_client.post(address, {"appeal": "Let me."}).status_code == 404
    report.refresh_from_db()
    assert report.state == "upheld"
