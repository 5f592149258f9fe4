"""Pull access that was given for a time: reminded of once, marked at its end, bought again meanwhile."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.organisations.models import Role
from common.ids import new_id
from marketplace.entitlements.locks import lock_entitlements_of_source
from marketplace.entitlements.models import TIME_OVER, Entitlement
from marketplace.entitlements.selectors import holders_among
from marketplace.entitlements.services import ending
from marketplace.entitlements.services.ending import end_entitlements, remind_of_ends
from marketplace.entitlements.services.grants import grant_entitlements
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory, PushedImageFactory

pytestmark = pytest.mark.django_db
GIVEN = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def given(days: float, **fields: object) -> Entitlement:
    found: Entitlement = EntitlementFactory(granted_at=GIVEN, ends_at=GIVEN + days * DAY, source_kind="seller", **fields)
    return found


def test_three_days_before_the_end_the_holder_is_told_once() -> None:
    given(14, buyer__email="mira@example.test", image__repository="acme/db")

    assert [remind_of_ends(now=GIVEN + day * DAY) for day in (0, 10.9, 11, 12, 13.9, 14, 15)] == [0, 0, 1, 0, 0, 0, 0]
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == ("mira@example.test", "Your pull access ends on 15 June")
    assert "acme/db" in mail.body_text
    assert "15 June 2026, 09:30 UTC" in mail.body_text


def test_a_bundle_is_one_mail_and_each_holder_gets_one() -> None:
    source = new_id()
    holder = UserFactory().account
    for image in (PushedImageFactory(), PushedImageFactory()):
        given(14, source_id=source, holder=holder, image=image)
    given(14, source_id=source)

    assert remind_of_ends(now=GIVEN + 12 * DAY) == 2
    assert OutgoingMail.objects.count() == 2


def test_owners_are_told_of_what_an_organisation_was_given() -> None:
    owner = MembershipFactory(role=Role.OWNER)
    MembershipFactory(account=owner.account, role=Role.MEMBER)
    given(14, holder=owner.account)

    remind_of_ends(now=GIVEN + 12 * DAY)

    assert [mail.to for mail in OutgoingMail.objects.all()] == [owner.user.email]


@pytest.mark.parametrize("fields", [{"ends_at": None}, {"ends_at": GIVEN + 3 * DAY}, {"revoked": True}], ids=str)
def test_nobody_is_reminded_of_what_has_no_end_or_was_short_or_is_over(fields: dict[str, object]) -> None:
    EntitlementFactory(**{"granted_at": GIVEN, "ends_at": GIVEN + 14 * DAY, **fields})

    assert remind_of_ends(now=GIVEN + 2 * DAY) + remind_of_ends(now=GIVEN + 12 * DAY) == 0
    assert not OutgoingMail.objects.exists()


def test_what_another_worker_has_reminded_of_meanwhile_is_passed_over() -> None:
    one = given(14)
    Entitlement.objects.update(end_reminded_at=GIVEN)

    assert ending._remind(one.pk, now=GIVEN + 12 * DAY) is False
    assert not OutgoingMail.objects.exists()


def test_one_that_cannot_be_told_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sorted((given(14) for _ in range(3)), key=lambda row: row.pk)

    def fail(*, source_kind: str, source_id: UUID) -> object:
        if source_id == rows[0].source_id:
            raise ValueError
        return lock_entitlements_of_source(source_kind=source_kind, source_id=source_id)

    monkeypatch.setattr(ending, "lock_entitlements_of_source", fail)
    monkeypatch.setattr(ending, "_AT_ONCE", 1)

    assert [remind_of_ends(now=GIVEN + 12 * DAY) for _ in range(3)] == [1, 1, 0]


def test_what_has_ended_is_marked_at_its_moment_with_the_reason_and_the_rest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_BATCH", 2)
    ended = [given(14) for _ in range(3)]
    others: list[Entitlement] = [given(15), EntitlementFactory(granted_at=GIVEN), EntitlementFactory(revoked=True, ends_at=GIVEN)]
    before = list(Entitlement.objects.filter(pk__in=[one.pk for one in others]).order_by("pk").values())

    assert [end_entitlements(now=GIVEN + 14 * DAY) for _ in range(2)] == [3, 0]

    marked = Entitlement.objects.filter(pk__in=[one.pk for one in ended]).values_list("revoked_at", "revocation_reason")
    assert set(marked) == {(GIVEN + 14 * DAY, TIME_OVER)}
    assert list(Entitlement.objects.filter(pk__in=[one.pk for one in others]).order_by("pk").values()) == before


def test_it_says_when_and_why_it_ended_before_a_job_has_marked_it() -> None:
    over, open_, revoked = given(14), EntitlementFactory(), EntitlementFactory(revoked=True)

    assert (over.ended_at, over.why_ended, over.in_force) == (GIVEN + 14 * DAY, TIME_OVER, False)
    assert (open_.ended_at, open_.why_ended, open_.in_force) == (None, "", True)
    assert (revoked.ended_at, revoked.why_ended, revoked.in_force) == (revoked.revoked_at, "Refunded.", False)


def test_what_ends_by_itself_can_be_bought_meanwhile() -> None:
    product = ProductFactory()
    image = product.images.get()
    for_a_time, for_good = UserFactory().account, UserFactory().account
    ends_at = datetime.now(tz=UTC) + DAY
    grant_entitlements(holder=for_a_time, images=[image], source_kind=Entitlement.Source.SELLER, source_id=new_id(), ends_at=ends_at)
    grant_entitlements(holder=for_good, images=[image], source_kind=Entitlement.Source.SELLER, source_id=new_id())

    assert Entitlement.objects.in_force().count() == 2
    assert holders_among([for_a_time.pk, for_good.pk], product).in_force == {for_good.pk}
