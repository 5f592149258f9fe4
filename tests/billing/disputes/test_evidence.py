"""What a bank is sent: everything that is known of the sale, put together by itself, sent once and before the deadline."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.disputes.errors import DisputeTakesNoAnswer, EvidenceAlreadySent
from billing.disputes.evidence import HIDDEN, collect_evidence, cut
from billing.disputes.models import Dispute, DisputeEvidence
from billing.disputes.services import send_evidence, write_statement
from billing.invoices.pdf import pdf_of_text
from billing.orders.models import Order, SoldPage
from billing.payments import tasks
from billing.payments.answering import continue_evidence
from billing.payments.evidence_files import files_of
from billing.payments.reconcile import reconcile_order
from billing.refunds.services import request_refund
from billing.stripe.disputes import LONGEST_EVIDENCE, LONGEST_FIELD
from common.money import Money
from marketplace.insights.models import BuyerPull, PullCount
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.billing import DisputeFactory, PaidOrderFactory
from tests.factories.marketplace import digest_of
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = {"summary": "As sold.", "description": "Survives a node.", "licence_name": "Acme 1.0", "licence_text": "Use it on one server."}


@pytest.fixture
def product(product: Product) -> Product:
    Product.objects.filter(pk=product.pk).update(**PAGE)
    product.refresh_from_db()
    return product


def pull(order: Order, *, count: int = 3) -> None:
    """The buyer has pulled what they bought."""
    image, now = order.images.get().image, timezone.now()
    PullCount.objects.create(image=image, day=now.date(), tag="1.0", buyer=order.buyer, count=count)
    BuyerPull.objects.create(
        image=image, buyer=order.buyer, day=now.date(), digest=digest_of("one"), address="203.0.113.9", client="docker/27.3.1",
        first_at=now, last_at=now, count=count,
    )  # fmt: skip


def of(order: Order) -> Dispute:
    return order.disputes.get()


def at_stripe(sandbox: Sandbox, order: Order) -> Any:
    return sandbox.get(f"/disputes/{of(order).pk}")


class TestItIsPutTogetherByItself:
    def test_from_receipt_page_licence_pulls_and_mails_as_they_were(self, disputed: Order, buyer: User, product: Product) -> None:
        pull(disputed)
        AuditEvent.objects.filter(action="order.placed").update(address="198.51.100.4")
        OutgoingMail.objects.filter(key__startswith="receipt:").update(sent_at=timezone.now(), body_text="", body_html="")
        Product.objects.update(description="Changed since.", licence_text="Another licence.")

        evidence = collect_evidence(of(disputed))

        assert (evidence.customer_email_address, evidence.customer_name) == (buyer.email, buyer.account.name)
        assert (evidence.customer_purchase_ip, evidence.service_date) == ("198.51.100.4", f"{disputed.paid_at:%Y-%m-%d}")
        sold = disputed.images.get()
        (digest,) = sold.digests.values()
        for words in (sold.repository, digest, "As sold.", "Survives a node."):
            assert words in evidence.product_description
        for words in ("203.0.113.9 | docker/27.3.1", digest_of("one"), f"{timezone.now():%Y-%m-%d}: 3"):
            assert words in evidence.access_activity_log
        for words in (disputed.number, "€5.00 EUR", "card ending 4242", "Nothing was refunded.", "Acme 1.0", "Use it on one server."):
            assert words in evidence.uncategorized_text
        assert OutgoingMail.objects.get(key__startswith="receipt:").subject in evidence.uncategorized_text
        assert "since" not in f"{evidence.product_description}{evidence.uncategorized_text}".replace("member since", "")

    def test_and_says_where_nothing_is_known(self, transactional_db: None) -> None:
        dispute = DisputeFactory()
        Order.objects.update(paid_with="")

        evidence = collect_evidence(dispute)

        assert evidence.access_activity_log.startswith("The registry has counted no pull")
        assert (evidence.customer_purchase_ip, "Licence" in evidence.uncategorized_text) == ("", False)
        assert "paid with what Stripe has on record" in evidence.uncategorized_text
        assert "None that are still on record." in evidence.uncategorized_text

    def test_with_pulls_by_day_where_addresses_are_gone(self, disputed: Order) -> None:
        pull(disputed)
        BuyerPull.objects.all().delete()

        lines = collect_evidence(of(disputed)).access_activity_log.splitlines()

        assert lines[1:] == [f"{timezone.now():%Y-%m-%d}: 3"]

    def test_with_refunds_and_an_unpaid_order_is_told_as_one(self, paid: Order, staff: User) -> None:
        request_refund(order=paid, amount=Money(100, "eur"), reason="x", actor=staff)
        dispute = DisputeFactory(order=paid)
        assert "Refund of €1.00" in collect_evidence(dispute).uncategorized_text
        Order.objects.update(paid_at=None, state="pending")

        evidence = collect_evidence(dispute)

        assert (evidence.service_date, f"Order {paid.number}\n" in evidence.uncategorized_text) == ("", True)

    def test_in_no_more_characters_than_stripe_takes(self, disputed: Order, sandbox: Sandbox, staff: User) -> None:
        page = disputed.sold_page
        assert page is not None
        page.description, page.licence_text = "d" * 50_000, "l" * 200_000
        page.save(update_fields=["description", "licence_text"])

        evidence = send_evidence(dispute=of(disputed), reason="x", actor=staff).fields

        assert [len(evidence[name]) for name in ("product_description", "uncategorized_text")] == [LONGEST_FIELD] * 2
        assert sum(map(len, evidence.values())) < LONGEST_EVIDENCE
        assert cut("x" * LONGEST_FIELD) == "x" * LONGEST_FIELD
        assert tasks.continue_waiting_evidence() == 1
        assert at_stripe(sandbox, disputed)["status"] == "under_review"


class TestFilesGoAlong:
    def test_the_receipt_and_the_licence_as_it_was_sold(self, disputed: Order) -> None:
        Product.objects.update(licence_text="Another licence.")

        files = files_of(disputed.pk)

        assert sorted(files) == ["receipt", "uncategorized_file"]
        assert all(pdf.startswith(b"%PDF-") for pdf in files.values())
        assert files["uncategorized_file"] == pdf_of_text("Licence as it was sold: Acme 1.0", "Use it on one server.")

    def test_a_licence_in_no_more_pages_than_are_read(self, disputed: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = Mock(return_value=b"%PDF-")
        monkeypatch.setattr("billing.payments.evidence_files.pdf_of_text", drawn)
        SoldPage.objects.update(licence_text="x" * 50_000, licence_name="")

        files_of(disputed.pk)

        title, text = drawn.call_args.args
        assert (title, len(text) < 40_100, text.endswith("[cut here: the rest does not fit]")) == ("Licence as it was sold", True, True)

    def test_nothing_where_there_is_nothing(self, disputed: Order) -> None:
        Order.objects.update(sold_page=None)
        order = PaidOrderFactory()

        assert (sorted(files_of(disputed.pk)), files_of(order.pk)) == (["receipt"], {})


class TestStaffSendItWithOneClick:
    def test_and_the_bank_has_it(self, disputed: Order, sandbox: Sandbox, staff: User, client: Client) -> None:
        client.force_login(staff)
        page = client.get(f"/admin/billing/dispute/{of(disputed).pk}/change/").content.decode()
        assert "Survives a node." in page
        act = {"action": "send_evidence", "_selected_action": of(disputed).pk, "act_confirmed": "1", "reason": "They pulled it."}
        client.post("/admin/billing/dispute/", act)

        assert tasks.continue_waiting_evidence() == 1

        evidence = DisputeEvidence.objects.get()
        assert (evidence.state, evidence.stage, evidence.requested_by, of(disputed).status) == (
            "submitted",
            "needs_response",
            staff,
            "under_review",
        )
        sent = at_stripe(sandbox, disputed)
        assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
        files = {name: sent["evidence"].pop(name) for name in ("receipt", "uncategorized_file")}
        assert {name: text for name, text in sent["evidence"].items() if text} == {n: t for n, t in evidence.fields.items() if t}
        stored = {name: sandbox.get(f"/files/{key}") for name, key in files.items()}
        assert [(one["purpose"], one["type"]) for one in stored.values()] == [("dispute_evidence", "pdf")] * 2
        assert [one["filename"] for one in stored.values()] == ["receipt.pdf", "uncategorized_file.pdf"]
        assert AuditEvent.objects.get(action="dispute.evidence_sent").reason == "They pulled it."
        assert str(evidence) == f"evidence for {of(disputed).pk}, submitted"
        assert "Survives a node." in client.get(f"/admin/billing/disputeevidence/{evidence.pk}/change/").content.decode()

    def test_only_with_a_reason_and_only_once(self, disputed: Order, sandbox: Sandbox, staff: User) -> None:
        with pytest.raises(ReasonMissing):
            send_evidence(dispute=of(disputed), reason=" ", actor=staff)
        assert not DisputeEvidence.objects.exists()
        send_evidence(dispute=of(disputed), reason="x", actor=staff)
        with pytest.raises(EvidenceAlreadySent):
            send_evidence(dispute=of(disputed), reason="x", actor=staff)

        assert [tasks.continue_waiting_evidence(), tasks.continue_waiting_evidence()] == [1, 0]
        with pytest.raises(DisputeTakesNoAnswer):
            send_evidence(dispute=of(disputed), reason="x", actor=staff)
        assert (DisputeEvidence.objects.count(), at_stripe(sandbox, disputed)["evidence_details"]["submission_count"]) == (1, 1)

    def test_not_after_the_deadline(self, disputed: Order, staff: User, sandbox: Sandbox) -> None:
        Dispute.objects.update(respond_by=timezone.now() - timedelta(minutes=1))

        with pytest.raises(DisputeTakesNoAnswer):
            send_evidence(dispute=of(disputed), reason="x", actor=staff)
        assert (DisputeEvidence.objects.count(), at_stripe(sandbox, disputed)["status"]) == (0, "needs_response")

    def test_one_that_reached_the_bank_unheard_of_is_not_sent_twice(
        self, disputed: Order, staff: User, sandbox: Sandbox, lose_answer: Any
    ) -> None:
        send_evidence(dispute=of(disputed), reason="x", actor=staff)
        lose_answer("billing.payments.answering.submit_evidence")
        tasks.continue_waiting_evidence()
        assert DisputeEvidence.objects.get().state == "waiting"
        DisputeEvidence.objects.update(due_at=timezone.now())

        assert tasks.continue_waiting_evidence() == 1

        assert DisputeEvidence.objects.get().state == "submitted"
        assert at_stripe(sandbox, disputed)["evidence_details"]["submission_count"] == 1

    def test_whoever_comes_second_with_an_answer_changes_nothing(
        self, disputed: Order, staff: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        evidence = send_evidence(dispute=of(disputed), reason="x", actor=staff)

        def overtaken(*_: Any, **__: Any) -> None:
            DisputeEvidence.objects.update(state="submitted", settled_at=disputed.paid_at)

        monkeypatch.setattr("billing.payments.answering.submit_evidence", overtaken)
        for _ in range(2):
            assert continue_evidence(evidence_id=evidence.pk).settled_at == disputed.paid_at
        assert not AuditEvent.objects.filter(action="dispute.evidence_submitted").exists()
        assert at_stripe(sandbox, disputed)["status"] == "needs_response"

    def test_one_that_came_too_late_is_told_to_staff(self, disputed: Order, staff: User, sandbox: Sandbox) -> None:
        send_evidence(dispute=of(disputed), reason="x", actor=staff)
        sandbox.control(f"/disputes/{of(disputed).pk}/lose")

        tasks.continue_waiting_evidence()

        disputed.refresh_from_db()
        assert DisputeEvidence.objects.get().state == "refused"
        assert disputed.flag == "Stripe took no evidence for a dispute: The dispute was lost before the answer reached the bank."

    def test_one_that_stripe_refuses_is_told_to_staff_and_may_be_sent_again(self, disputed: Order, staff: User, sandbox: Sandbox) -> None:
        evidence = send_evidence(dispute=of(disputed), reason="x", actor=staff)
        DisputeEvidence.objects.update(fields=evidence.fields | {"product_description": "x" * 20_001})
        tasks.continue_waiting_evidence()
        disputed.refresh_from_db()
        assert (DisputeEvidence.objects.get().state, "must be at most 20000" in disputed.flag) == ("refused", True)

        send_evidence(dispute=of(disputed), reason="shorter", actor=staff)
        tasks.continue_waiting_evidence()

        assert sorted(DisputeEvidence.objects.values_list("state", flat=True)) == ["refused", "submitted"]
        assert at_stripe(sandbox, disputed)["status"] == "under_review"

    def test_an_inquiry_and_an_appeal_are_answered_in_the_same_way(self, paid: Order, staff: User, sandbox: Sandbox) -> None:
        inquiry = sandbox.dispute(paid, inquiry=True)
        reconcile_order(order_id=paid.pk)
        send_evidence(dispute=of(paid), reason="x", actor=staff)
        tasks.continue_waiting_evidence()
        assert (of(paid).status, of(paid).is_inquiry, reconcile_order(order_id=paid.pk).state) == ("warning_under_review", True, "paid")
        sandbox.control(f"/disputes/{inquiry}/lose")
        sandbox.control(f"/disputes/{inquiry}/appeal")
        reconcile_order(order_id=paid.pk)

        send_evidence(dispute=of(paid), reason="x", actor=staff)
        tasks.continue_waiting_evidence()

        assert (of(paid).status, DisputeEvidence.objects.filter(state="submitted").count()) == ("appeal_under_review", 2)


class TestTheSellerAddsWhatTheyKnow:
    def page(self, seller: SellerProfile, dispute: Dispute, **typed: str) -> Any:
        client = Client()
        client.force_login(person_of(seller))
        address = f"/selling/disputes/{dispute.pk}/"
        return client.post(address, typed) if typed else client.get(address)

    def test_and_sees_what_is_sent_without_the_buyers_addresses(self, disputed: Order, seller: SellerProfile, buyer: User) -> None:
        pull(disputed)
        AuditEvent.objects.filter(action="order.placed").update(address="198.51.100.4")

        answer = self.page(seller, of(disputed))

        text = answer.content.decode()
        assert answer.status_code == 200
        for words in ("The buyer says that they did not get what they paid for", "docker/27.3.1", "Survives a node.", HIDDEN):
            assert words in text
        for secret in ("203.0.113.9", "198.51.100.4", buyer.email):
            assert secret not in text

    def test_and_their_words_decide(self, disputed: Order, seller: SellerProfile, staff: User, sandbox: Sandbox, holds, buyer) -> None:
        answer = self.page(seller, of(disputed), text="We helped them to set it up.\nwinning_evidence")
        assert answer.status_code == 303
        send_evidence(dispute=of(disputed), reason="x", actor=staff)

        tasks.continue_waiting_evidence()

        assert "We helped them to set it up." in at_stripe(sandbox, disputed)["evidence"]["uncategorized_text"]
        assert (of(disputed).status, len(holds(buyer))) == ("won", 1)

    def test_until_it_is_sent_and_no_longer(self, disputed: Order, seller: SellerProfile, staff: User) -> None:
        send_evidence(dispute=of(disputed), reason="x", actor=staff)

        with pytest.raises(EvidenceAlreadySent):
            write_statement(dispute=of(disputed), text="Wait!", actor=person_of(seller))

        answer = self.page(seller, of(disputed), text="Wait!")
        assert (answer.status_code, of(disputed).seller_statement) == (409, "")
        assert "The answer is on its way to the bank." in self.page(seller, of(disputed)).content.decode()
        tasks.continue_waiting_evidence()
        assert "The answer is with the bank." in self.page(seller, of(disputed)).content.decode()

    def test_and_not_more_than_fits(self, disputed: Order, seller: SellerProfile) -> None:
        assert self.page(seller, of(disputed), text="x" * 5_001).status_code == 400
        assert of(disputed).seller_statement == ""

    def test_and_nobody_elses(self, disputed: Order, buyer: User, client: Client) -> None:
        client.force_login(buyer)

        answers = [client.get(f"/selling/disputes/{of(disputed).pk}/"), client.post(f"/selling/disputes/{of(disputed).pk}/", {"text": "x"})]

        assert [answer.status_code for answer in answers] in ([404, 404], [302, 302])
        assert of(disputed).seller_statement == ""

    def test_all_their_disputes_stand_in_a_list(self, disputed: Order, seller: SellerProfile, client: Client) -> None:
        DisputeFactory()
        client.force_login(person_of(seller))

        text = client.get("/selling/disputes/").content.decode()

        assert (disputed.number in text, text.count("/selling/disputes/dp_")) == (True, 1)
