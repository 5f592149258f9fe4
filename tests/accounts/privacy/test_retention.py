"""What has served its purpose goes by itself; the rest stays as it was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.organisations.models import Invitation
from accounts.privacy import tasks
from accounts.privacy.services import retention
from accounts.privacy.services.retention import forget_old_personal_data
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from audit.services import record_audit
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, RobotFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOTHING = {"audit addresses": 0, "mails": 0, "access tokens": 0, "invitations": 0, "sign-ins": 0, "archives": 0}


def test_the_trail_keeps_the_act_and_loses_the_address(settings):
    now, user = timezone.now(), UserFactory()
    old, young = (record_audit(actor=user, action="user.tried", target=user) for _ in range(2))
    AuditEvent.objects.update(address="192.0.2.1")
    AuditEvent.objects.filter(pk=old.pk).update(at=now - settings.LAYERSTORE_AUDIT_ADDRESSES_KEPT - DAY)

    assert forget_old_personal_data(now=now) == NOTHING | {"audit addresses": 1}

    assert dict(AuditEvent.objects.values_list("pk", "address")) == {old.pk: None, young.pk: "192.0.2.1"}


def test_old_mails_go(settings):
    now = timezone.now()
    for key, age in (("old", settings.LAYERSTORE_MAIL_KEPT + DAY), ("young", settings.LAYERSTORE_MAIL_KEPT - DAY)):
        OutgoingMail.objects.create(key=key, to="a@b.example", subject="s", created_at=now - age)

    assert forget_old_personal_data(now=now) == NOTHING | {"mails": 1}

    assert [mail.key for mail in OutgoingMail.objects.all()] == ["young"]


def test_tokens_and_robots_go_long_after_their_end(settings):
    now = timezone.now()
    ended, recent = now - settings.LAYERSTORE_ENDED_TOKENS_KEPT - DAY, now - DAY
    for make in (AccessTokenFactory, RobotFactory):
        make(name="revoked", revoked_at=ended)
        make(name="expired", expires_at=ended)
        make(name="just-revoked", revoked_at=recent)
        make(name="just-expired", expires_at=recent)
        make(name="live")

    assert forget_old_personal_data(now=now) == NOTHING | {"access tokens": 4}

    assert sorted(AccessToken.objects.values_list("name", flat=True)) == sorted(["just-revoked", "just-expired", "live"] * 2)


def test_invitations_that_nobody_accepted_go(settings):
    now = timezone.now()
    old = now - settings.LAYERSTORE_MAIL_KEPT - DAY
    InvitationFactory(email="never@b.example", expires_at=old)
    InvitationFactory(email="yes@b.example", expires_at=old, accepted_at=old, accepted_by=UserFactory())
    InvitationFactory(email="open@b.example", expires_at=now + DAY)

    assert forget_old_personal_data(now=now) == NOTHING | {"invitations": 1}

    assert sorted(Invitation.objects.values_list("email", flat=True)) == ["open@b.example", "yes@b.example"]


def test_a_backlog_goes_in_batches_and_the_job_finds_nothing_afterwards(settings, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    old = timezone.now() - settings.LAYERSTORE_MAIL_KEPT - DAY
    OutgoingMail.objects.bulk_create(OutgoingMail(key=f"{n}", to="a@b.example", subject="s", created_at=old) for n in range(5))

    assert [tasks.forget_old_personal_data(), tasks.forget_old_personal_data()] == [NOTHING | {"mails": 5}, NOTHING]
