"""Reports from the first word to the end of an appeal: who may do what in which state, who is told, and what is written down."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import User
from accounts.privacy.services.deletion import delete_account
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.images.errors import NotYours
from marketplace.images.models import Image
from marketplace.moderation.errors import AlreadyReported, NotConcerned, ReportStateConflict
from marketplace.moderation.models import Report
from marketplace.moderation.selectors import addresses_of, decisions_about
from marketplace.moderation.services import appeal_report, decide_appeal, decide_report, make_report, take_report
from marketplace.moderation.targets import Target, find_target
from marketplace.moderation.tasks import forget_reporters
from marketplace.personal_data import export_marketplace
from marketplace.products.models import Product
from marketplace.reviews.services import hide_review
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    ReportFactory,
    ReviewFactory,
)
from tests.support.trail import trail

pytestmark = pytest.mark.django_db
State = Report.State


@pytest.fixture
def staff() -> User:
    return UserFactory(staff=True)


def target_of(product: Product) -> Target:
    found = find_target("product", product.pk, None)
    assert found
    return found


def concerned_in(report: Report) -> User:
    """The person whom it is about."""
    assert report.concerned.user
    return report.concerned.user


def reporter_of(report: Report) -> User:
    """The user who made it."""
    assert report.reporter
    return report.reporter


def mails() -> set[tuple[str, str]]:
    return set(OutgoingMail.objects.values_list("to", "subject"))


def decided(report: Report, actor: User, *, upheld: bool = True, decision: str = "It mines coins.") -> Report:
    return decide_report(report=report, upheld=upheld, answer="Thank you.", decision=decision, reason="Looked at it.", actor=actor)


def test_a_user_and_a_visitor_report() -> None:
    product, user = ProductFactory(title="Postgres HA"), UserFactory()

    by_user = make_report(target=target_of(product), kind="malware", details="It mines.", reporter=user, email="ignored@example.test")
    by_visitor = make_report(target=target_of(product), kind="licence", details="Mine.", reporter=None, email="kim@example.test")

    assert (by_user.reporter, by_user.reporter_email) == (user, None)
    assert (by_visitor.reporter, by_visitor.reporter_email) == (None, "kim@example.test")
    for report in (by_user, by_visitor):
        assert (report.state, report.owner, report.concerned) == (State.OPEN, None, product.seller.account)
        assert (report.about, report.target_id, report.target_label) == ("product", product.pk, "the product Postgres HA")
    assert list(AuditEvent.objects.order_by("at").values_list("action", "actor")) == [("report.made", user.pk), ("report.made", None)]
    assert mails() == set()


def test_a_user_hears_that_their_report_still_waits() -> None:
    report = ReportFactory()

    with pytest.raises(AlreadyReported):
        make_report(target=target_of(Product.objects.get()), kind="other", details="Again.", reporter=report.reporter)

    assert (Report.objects.count(), trail()) == (1, [])


def test_nobody_learns_by_an_address_who_has_reported() -> None:
    product = ProductFactory()
    first = make_report(target=target_of(product), kind="other", details="Mine.", reporter=None, email="kim@example.test")

    again = make_report(target=target_of(product), kind="malware", details="A guess.", reporter=None, email="kim@example.test")

    assert again == first
    assert (Report.objects.get().details, trail()) == ("Mine.", ["report.made"])


def test_what_was_decided_can_be_reported_again(staff: User) -> None:
    report = ReportFactory()
    decided(report, staff, upheld=False)

    make_report(target=target_of(Product.objects.get()), kind="malware", details="It still mines.", reporter=report.reporter)

    assert Report.objects.count() == 2


def test_what_the_reader_sees_can_be_reported() -> None:
    product, holder = ProductFactory(), UserFactory()
    image, review = product.images.get(), ReviewFactory(product=product)
    unsold = PushedImageFactory()
    EntitlementFactory(holder=holder.account, image=unsold)

    seller = product.seller.account
    for about, row, concerned in [
        ("product", product, seller),
        ("image", image, seller),
        ("shop", seller, seller),
        ("review", review, review.buyer),
    ]:
        found = find_target(about, row.pk, None)
        assert found
        assert (found.about, found.pk, found.concerned) == (about, row.pk, concerned)
        assert found.url.startswith(f"/{product.namespace.name}")
    held = find_target("image", unsold.pk, holder)
    assert held
    assert held.label == f"the image {unsold.repository}"


@pytest.mark.parametrize(
    "kind", ["draft", "image of a draft", "suspended shop", "hidden review", "no namespace", "unknown kind", "freed name"]
)
def test_what_the_reader_does_not_see_cannot_be_reported(kind: str, staff: User) -> None:
    product = DraftProductFactory()
    match kind:
        case "draft":
            found = find_target("product", product.pk, staff)
        case "image of a draft":
            found = find_target("image", product.images.get().pk, UserFactory())
        case "suspended shop":
            namespace = NamespaceFactory()
            type(namespace.owner.seller).objects.update(suspended_at=timezone.now(), suspension_reason="Fraud.")
            found = find_target("shop", namespace.owner_id, None)
        case "hidden review":
            review = ReviewFactory()
            hide_review(review=review, reason="Insults.", actor=staff)
            found = find_target("review", review.pk, None)
        case "no namespace":
            found = find_target("shop", staff.account.pk, None)
        case "freed name":
            image = ProductFactory().images.get()
            Image.objects.filter(pk=image.pk).update(
                ended_at=timezone.now(), end_kind=Image.End.EXPIRED, freed_at=timezone.now(), first_pushed_at=None
            )
            found = find_target("image", image.pk, None)
        case _:
            found = find_target("user", staff.pk, None)

    assert found is None


def test_a_report_gets_an_owner_and_another_one(staff: User) -> None:
    report, colleague = ReportFactory(), UserFactory(staff=True)

    taken = take_report(report=report, reason="I know the seller.", actor=staff)
    assert (taken.state, taken.owner) == (State.TAKEN, staff)
    taken = take_report(report=report, reason="Holidays.", actor=colleague)

    assert (taken.state, taken.owner) == (State.TAKEN, colleague)
    assert list(AuditEvent.objects.order_by("at").values_list("action", "reason")) == [
        ("report.taken", "I know the seller."),
        ("report.taken", "Holidays."),
    ]
    assert mails() == set()


def test_an_upheld_report_is_told_to_both_sides(staff: User) -> None:
    report = ReportFactory()

    found = decided(report, staff)

    assert (found.state, found.owner, found.answer, found.decision) == (State.UPHELD, staff, "Thank you.", "It mines coins.")
    seller = concerned_in(report)
    assert mails() == {
        (reporter_of(report).email, f"Your report about {report.target_label}"),
        (seller.email, f"A report about {report.target_label}"),
    }
    to_seller = OutgoingMail.objects.get(to=seller.email)
    assert report.reporter.username not in to_seller.body_text + to_seller.body_html
    assert f"/account/reports/{report.pk}/" in to_seller.body_text
    assert trail() == ["report.upheld"]


@pytest.mark.parametrize("decision", ["", "Somebody took you for another one."])
def test_a_dismissed_report_is_told_to_the_one_concerned_only_if_staff_write_to_them(staff: User, decision: str) -> None:
    report = ReportFactory()

    found = decided(report, staff, upheld=False, decision=decision)

    seller = concerned_in(report)
    assert found.state == State.DISMISSED
    assert OutgoingMail.objects.filter(to=seller.email).exists() is bool(decision)
    assert decisions_about(seller).exists() is bool(decision)
    assert trail() == ["report.dismissed"]


def test_a_visitor_is_answered_at_their_address(staff: User) -> None:
    decided(ReportFactory(reporter=None, reporter_email="kim@example.test"), staff, decision="")

    assert {to for to, _ in mails()} == {"kim@example.test"}


def test_who_cannot_be_reached_is_not_written_to(staff: User) -> None:
    report = ReportFactory()
    User.objects.filter(pk__in=[report.reporter_id, report.concerned.user_id]).update(is_active=False)

    decided(report, staff)

    assert mails() == set()
    assert addresses_of(OrganisationFactory()) == []


def test_those_who_buy_for_an_organisation_hear_of_its_review_and_may_appeal(staff: User) -> None:
    owner = MembershipFactory()
    billing = MembershipFactory(account=owner.account, role=Role.BILLING).user
    member = MembershipFactory(account=owner.account, role=Role.MEMBER).user
    report = ReportFactory(about="review", concerned=owner.account)

    found = decided(report, staff)

    assert {to for to, _ in mails()} == {reporter_of(report).email, owner.user.email, billing.email}
    with pytest.raises(NotConcerned):
        appeal_report(report=found, appeal="Not I.", actor=member)
    assert appeal_report(report=found, appeal="It is true.", actor=billing).state == State.APPEALED


def test_an_appeal_goes_back_into_the_queue_and_is_answered(staff: User) -> None:
    report = decided(ReportFactory(), staff)
    seller, colleague = concerned_in(report), UserFactory(staff=True)

    appealed = appeal_report(report=report, appeal="It compiles.", actor=seller)
    assert (appealed.state, appealed.appeal, list(Report.objects.waiting())) == (State.APPEALED, "It compiles.", [report])
    taken = take_report(report=report, reason="Another pair of eyes.", actor=colleague)
    assert (taken.state, taken.owner) == (State.APPEALED, colleague)
    OutgoingMail.objects.all().delete()
    found = decide_appeal(report=report, granted=False, answer="It also mines.", reason="Tried it.", actor=colleague)

    assert (found.state, found.appeal_answer, found.owner) == (State.APPEAL_REJECTED, "It also mines.", colleague)
    assert mails() == {(seller.email, f"Your appeal about {report.target_label}")}
    assert trail() == ["report.upheld", "report.appealed", "report.taken", "report.appeal_rejected"]


def test_the_reporter_hears_of_an_appeal_that_was_granted(staff: User) -> None:
    report = decided(ReportFactory(), staff)
    appeal_report(report=report, appeal="It compiles.", actor=concerned_in(report))
    OutgoingMail.objects.all().delete()

    found = decide_appeal(report=report, granted=True, answer="It does.", reason="Tried it.", actor=staff)

    assert found.state == State.APPEAL_GRANTED
    assert mails() == {
        (concerned_in(report).email, f"Your appeal about {report.target_label}"),
        (reporter_of(report).email, "Your report: we have changed our decision"),
    }


def test_nobody_else_appeals(staff: User) -> None:
    report = decided(ReportFactory(), staff)

    others: list[User] = [reporter_of(report), staff, UserFactory()]
    for actor in others:
        with pytest.raises(NotConcerned):
            appeal_report(report=report, appeal="No.", actor=actor)

    report.refresh_from_db()
    assert (report.state, trail()) == (State.UPHELD, ["report.upheld"])


def test_only_staff_decide_and_with_a_reason(staff: User) -> None:
    report = ReportFactory()
    words = {"answer": "Thanks.", "decision": "Gone."}
    for actor, reason, error in [(concerned_in(report), "I am innocent.", NotYours), (staff, " ", ReasonMissing)]:
        with pytest.raises(error):
            take_report(report=report, reason=reason, actor=actor)
        with pytest.raises(error):
            decide_report(report=report, upheld=False, reason=reason, actor=actor, **words)
        with pytest.raises(error):
            decide_appeal(report=report, granted=True, answer="Yes.", reason=reason, actor=actor)

    report.refresh_from_db()
    assert (report.state, report.owner, trail(), mails()) == (State.OPEN, None, [], set())


def test_nothing_is_decided_or_appealed_twice(staff: User) -> None:
    report = ReportFactory()
    with pytest.raises(ReportStateConflict, match="open"):
        appeal_report(report=report, appeal="Too early.", actor=concerned_in(report))
    with pytest.raises(ReportStateConflict):
        decide_appeal(report=report, granted=True, answer="Of what?", reason="None.", actor=staff)
    decided(report, staff)
    with pytest.raises(ReportStateConflict, match="upheld"):
        decided(report, staff, upheld=False)
    with pytest.raises(ReportStateConflict):
        take_report(report=report, reason="Mine.", actor=staff)
    appeal_report(report=report, appeal="It compiles.", actor=concerned_in(report))
    decide_appeal(report=report, granted=False, answer="It mines.", reason="Tried it.", actor=staff)
    with pytest.raises(ReportStateConflict):
        appeal_report(report=report, appeal="Again.", actor=concerned_in(report))

    assert trail() == ["report.upheld", "report.appealed", "report.appeal_rejected"]


def test_a_stale_page_decides_nothing(staff: User) -> None:
    report = ReportFactory()
    stale = Report.objects.get(pk=report.pk)
    decided(report, staff, upheld=False)

    with pytest.raises(ReportStateConflict):
        decided(stale, staff)

    assert Report.objects.get().state == State.DISMISSED


def test_the_database_refuses_what_no_service_does() -> None:
    report = ReportFactory()
    wrong: list[dict[str, object]] = [
        {"state": "taken"},
        {"state": "upheld", "owner": report.reporter},
        {"state": "appealed", "owner": report.reporter, "decided_at": timezone.now()},
        {"reporter_email": "kim@example.test"},
    ]

    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.filter(pk=report.pk).update(**values)


def test_addresses_of_visitors_are_kept_as_long_as_mails(staff: User) -> None:
    old = timezone.now() - settings.LAYERSTORE_MAIL_KEPT - timedelta(hours=1)
    fields = {"reporter": None, "upheld": True}
    ReportFactory(reporter_email="old@example.test", **fields)
    appealed = ReportFactory(reporter_email="appealed@example.test", **fields)
    Report.objects.update(decided_at=old)
    Report.objects.filter(pk=appealed.pk).update(state=State.APPEALED, appealed_at=old)
    ReportFactory(reporter_email="new@example.test", **fields)
    ReportFactory(reporter=None, reporter_email="open@example.test")

    assert (forget_reporters(), forget_reporters()) == (1, 0)

    kept = set(Report.objects.values_list("reporter_email", flat=True))
    assert kept == {None, "appealed@example.test", "new@example.test", "open@example.test"}


def test_a_deleted_person_leaves_no_words_in_reports(staff: User) -> None:
    person: User = NamespaceFactory(seller__user__username="jane").owner.user
    made = ReportFactory(reporter=person, details="Says jane.")
    by_address = ReportFactory(reporter=None, reporter_email=person.email, details="Says jane.")
    shop = find_target("shop", person.account.pk, None)
    assert shop
    about = decided(make_report(target=shop, kind="other", details="Bad.", reporter=UserFactory()), staff, decision="Dear jane.")
    appeal_report(report=about, appeal="Says jane.", actor=person)
    decide_appeal(report=about, granted=False, answer="Dear jane.", reason="Looked again.", actor=staff)
    decided(made, staff)
    exported = export_marketplace(person)
    assert {one["details"] for one in exported["reports"]} == {"Says jane."}
    assert [one["appeal"] for one in exported["decisions about you"]] == ["Says jane."]

    delete_account(user=person, reason="They asked.", actor=None)

    made.refresh_from_db()
    by_address.refresh_from_db()
    about.refresh_from_db()
    assert (made.details, made.answer, by_address.details, by_address.reporter_email) == ("", "", "", None)
    assert (about.decision, about.appeal, about.appeal_answer, about.target_label) == ("", "", "", "the shop of a deleted account")
    assert (made.state, about.state) == (State.UPHELD, State.APPEAL_REJECTED)
    assert [event for event in AuditEvent.objects.filter(target_type="marketplace.report") if "jane" in event.target_label.lower()] == []
