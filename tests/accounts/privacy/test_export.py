"""A person's own data as an archive: made by a worker, bounded, for them alone, for some days."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.privacy import handlers
from accounts.privacy.models import DataExport
from accounts.privacy.services import export
from accounts.privacy.services.export import make_data_exports, request_export
from accounts.privacy.services.retention import forget_old_personal_data
from accounts.privacy.tasks import make_data_exports as sweep
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, AccessTokenFactory, UserFactory
from tests.factories.billing import OrderFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
PAGE = "/account/data/"


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


@pytest.fixture
def fresh(mira: User) -> Client:
    client = Client()
    assert client.post(reverse("account_login"), {"login": mira.email, "password": PASSWORD}).status_code == 302
    return client


def files(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_an_archive_is_asked_for_made_and_downloaded(mira: User, fresh: Client) -> None:
    order = OrderFactory(placed_by=mira)
    assert_sound(fresh.get(PAGE))

    assert fresh.post(PAGE)["Location"] == PAGE
    assert b"It is being made" in fresh.get(PAGE).content
    assert sweep() == 1
    assert sweep() == 0

    page = fresh.get(PAGE)
    assert_sound(page)
    made = DataExport.objects.get()
    address = reverse("accounts:data_archive", args=[made.pk])
    assert address.encode() in page.content
    answer = fresh.get(address)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="layerstore-mira-')
    assert "no-store" in answer["Cache-Control"]
    found = files(answer.content)
    assert "What Layerstore holds of mira" in found["README.txt"]
    assert json.loads(found["orders.json"])[0]["id"] == str(order.pk)
    assert {"account.json", "sign_ins.json", "library.json", "mails.json", "acts.json"} <= found.keys()
    assert [mail.to for mail in OutgoingMail.objects.filter(subject="The archive of your data is ready")] == [mira.email]
    assert AuditEvent.objects.filter(action="user.data_requested", actor=mira).count() == 1


def test_what_is_in_it_is_said_in_the_persons_language(mira: User) -> None:
    now = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
    assert "Layerstore holds of mira, as of 20 November 2026, 14:03 UTC" in files(export.pack(mira, now))["README.txt"]

    User.objects.update(language="de")

    said = files(export.pack(mira, now))["README.txt"]
    assert said.startswith("Was Layerstore über mira gespeichert hat (Stand: 20. November 2026, 14:03 UTC)")
    assert "50.000 Zeilen" in " ".join(said.split())


def test_it_needs_a_fresh_login_and_is_for_nobody_else(mira: User) -> None:
    made = request_export(user=mira)
    address = reverse("accounts:data_archive", args=[made.pk])
    clients = {name: Client() for name in ("visitor", "stranger", "owner")}
    clients["stranger"].force_login(UserFactory())
    clients["owner"].force_login(mira)

    assert clients["owner"].get(address).status_code == 404  # not made yet
    make_data_exports(most=1)
    assert clients["visitor"].get(address)["Location"].startswith("/account/login/")
    assert clients["stranger"].get(address).status_code == 404
    assert clients["owner"].get(address)["Location"].startswith("/account/reauthenticate/")


def test_it_expires_and_is_deleted(mira: User, fresh: Client) -> None:
    made = request_export(user=mira)
    make_data_exports(most=1)
    DataExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert fresh.get(reverse("accounts:data_archive", args=[made.pk])).status_code == 404
    assert forget_old_personal_data(now=timezone.now())["archives"] == 1
    assert not DataExport.objects.exists()


def test_asking_again_replaces_the_one_before_even_while_it_is_made(mira: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = request_export(user=mira)
    pack = export.pack

    def meanwhile(user: User, now: datetime) -> bytes:
        if DataExport.objects.filter(pk=first.pk).exists():
            request_export(user=user)
        return pack(user, now)

    monkeypatch.setattr(export, "pack", meanwhile)
    assert make_data_exports(most=1) == 1

    again = DataExport.objects.get()
    assert again.pk != first.pk
    assert again.made_at is None
    assert not OutgoingMail.objects.exists()
    assert make_data_exports(most=5) == 1
    assert DataExport.objects.get().ready


def test_one_that_is_too_big_is_given_up_with_its_reason(mira: User, fresh: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_BYTES", 10)
    request_export(user=mira)

    assert make_data_exports(most=5) == 1

    assert DataExport.objects.get().content is None
    assert str(DataExport.objects.get()) == "archive for mira"
    assert b"too big" in fresh.get(PAGE).content


def test_a_run_whose_time_is_over_ends_and_says_nothing_against_the_archive(mira: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for user in (mira, UserFactory()):
        request_export(user=user)

    def too_long(*_: object) -> bytes:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(export, "pack", too_long)
    with pytest.raises(SoftTimeLimitExceeded):
        make_data_exports(most=5)

    assert sorted(DataExport.objects.values_list("attempts", "last_error")) == [(0, ""), (1, "")]


def test_one_that_fails_stops_no_other_and_is_tried_again(mira: User, monkeypatch: pytest.MonkeyPatch) -> None:
    failing, other = request_export(user=mira), request_export(user=UserFactory())
    pack = export.pack

    def fail_for_mira(user: User, now: datetime) -> bytes:
        if user == mira:
            raise ValueError
        return pack(user, now)

    monkeypatch.setattr(export, "pack", fail_for_mira)
    assert make_data_exports(most=5) == 2

    assert DataExport.objects.get(pk=other.pk).ready
    assert "ValueError" in DataExport.objects.get(pk=failing.pk).last_error
    monkeypatch.undo()
    DataExport.objects.update(due_at=timezone.now())
    assert make_data_exports(most=5) == 1
    assert DataExport.objects.get(pk=failing.pk).ready


def test_a_list_ends_somewhere(mira: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MOST_ROWS", 2)
    AccessTokenFactory.create_batch(3, user=mira)

    assert len(json.loads(files(export.pack(mira, timezone.now()))["access_tokens.json"])) == 2


def test_people_delete_their_own_account_after_a_fresh_login(mira: User, fresh: Client) -> None:
    path = reverse("accounts:account_delete")
    stale = Client()
    stale.force_login(mira)
    request_export(user=mira)

    assert_sound(fresh.get(path))
    assert fresh.post(path, {"handle": "other"}).status_code == 400
    assert stale.post(path, {"handle": "mira"})["Location"].startswith("/account/reauthenticate/")
    assert User.objects.get(pk=mira.pk).deleted_at is None

    assert fresh.post(path, {"handle": "mira"})["Location"] == "/"

    mira.refresh_from_db()
    assert mira.deleted_at is not None
    assert not DataExport.objects.exists()
    assert not mira.sign_ins.exists()
    assert fresh.get(PAGE).status_code == 302
    assert AuditEvent.objects.get(action="user.deleted").reason == "They deleted it themselves."


def test_what_stands_against_a_deletion_is_said_instead(mira: User, fresh: Client) -> None:
    order = OrderFactory(placed_by=mira)

    page = fresh.get(reverse("accounts:account_delete"))
    assert_sound(page)
    assert order.number in page.content.decode()
    assert fresh.post(reverse("accounts:account_delete"), {"handle": "mira"}).status_code == 409
    assert User.objects.get(pk=mira.pk).deleted_at is None
