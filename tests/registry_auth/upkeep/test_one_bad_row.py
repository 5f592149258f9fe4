"""One bad row stops no other: in every loop over rows that asks the registry, for every way in which a row can be bad."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from unittest import mock

import httpx
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from audit.models import AuditEvent
from common.db.claims import Attempt
from common.db.models import Outage
from common.db.outages import begin_outage, outages
from marketplace.images.models import Image, Manifest
from marketplace.images.services.unreadable_manifests import ask_for_removal, describe_again
from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep import reconciliation, take_downs
from registry_auth.upkeep.descriptions import describe_waiting_manifests
from registry_auth.upkeep.models import Reconciliation, RepositoryTrouble
from registry_auth.upkeep.reconciliation import reconcile
from registry_auth.upkeep.take_downs import remove_taken_down_manifests, remove_unreadable_manifests
from registry_auth.upkeep.tasks import expire_reservations
from registry_auth.upkeep.troubles import Upkeep, retry_trouble
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory
from tests.registry_auth.upkeep.conftest import MINE, RegistryTable
from tests.support.registry import OciImage

pytestmark = pytest.mark.django_db


@dataclass
class Loop:
    """A loop over rows: how a row of it comes to be, what is called, and what says that a row is done, or why not."""

    make: Callable[[RegistryTable], Image]
    run: Callable
    done: Callable[[Image], bool]
    row: Callable[[Image], Attempt]


def _waiting(table: RegistryTable) -> Image:
    image = ImageFactory()
    ManifestFactory(image=image, digest=MINE.digest, described_at=None)
    table.hold(image.repository, "1.0")
    return image


def _untold(table: RegistryTable) -> Image:
    image = ImageFactory()
    table.hold(image.repository, "1.0")
    return image


def _taken_down(table: RegistryTable) -> Image:
    image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
    table.hold(image.repository, "1.0")
    return image


def _unwanted(table: RegistryTable) -> Image:
    image = ImageFactory()
    manifest = ManifestFactory(image=image, digest=MINE.digest, described_at=None, last_error="unreadable")
    table.hold(image.repository, "1.0")
    ask_for_removal(manifest=manifest, actor=image.owner.user)
    return image


def _trouble(image: Image) -> RepositoryTrouble:
    return RepositoryTrouble.objects.get(image=image)


LOOPS = {
    "describing": Loop(
        _waiting,
        describe_waiting_manifests,
        lambda image: image.manifests.filter(described_at__isnull=False).exists(),
        lambda image: image.manifests.get(),
    ),
    "reconciling": Loop(_untold, reconcile, lambda image: image.tags.exists(), _trouble),
    "taking down": Loop(_taken_down, remove_taken_down_manifests, lambda image: not image.manifests.exists(), _trouble),
    "removing": Loop(
        _unwanted, remove_unreadable_manifests, lambda image: not image.manifests.exists(), lambda image: image.manifests.get()
    ),
}


@pytest.fixture(params=LOOPS)
def loop(request) -> Loop:
    return LOOPS[request.param]


def _due(row: Attempt) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("status", [500, 503, 401, 429])
def test_one_bad_row_stops_no_other(loop, registry, table, status):
    first, bad, last = (loop.make(table) for _ in range(3))
    table.failing[bad.repository] = status

    loop.run(registry=registry)

    assert [loop.done(image) for image in (first, bad, last)] == [True, False, True]
    row = loop.row(bad)
    assert (f"answered {status}" in row.last_error, row.attempts, row.due_at > timezone.now()) == (True, 1, True)
    assert not outages().exists()


def test_a_row_that_we_stumble_over_stops_no_other(loop, registry, table, monkeypatch):
    bad, good = loop.make(table), loop.make(table)
    for name in ("manifest", "tags", "delete_manifest"):
        ask = getattr(RegistryClient, name)

        def asking(client, repository, *rest, ask=ask):
            if repository == bad.repository:
                raise ValueError("nobody thought of this")
            return ask(client, repository, *rest)

        monkeypatch.setattr(RegistryClient, name, asking)

    loop.run(registry=registry)

    assert (loop.done(bad), loop.done(good)) == (False, True)
    assert loop.row(bad).last_error == "ValueError: nobody thought of this"


def test_a_bad_row_is_put_off_longer_each_time_given_up_with_its_reason_and_tried_again_at_staffs_word(loop, registry, table, caplog):
    bad = loop.make(table)
    table.failing[bad.repository] = 500
    waits = []
    for _ in range(12):
        loop.run(registry=registry)
        row = loop.row(bad)
        waits.append(round((row.due_at - timezone.now()).total_seconds()))
        _due(row)

    assert waits == sorted(waits)
    assert (row.given_up_at is not None, "answered 500" in row.last_error) == (True, True)
    assert any(record.levelname == "ERROR" and "given up" in record.message for record in caplog.records)
    before = len(table.requests)
    loop.run(registry=registry)
    assert not [request for request in table.requests[before:] if bad.repository in request and "catalog" not in request]

    table.failing.clear()
    staff = UserFactory(staff=True)
    if isinstance(row, RepositoryTrouble):
        retry_trouble(trouble=row, reason="the storage is mended", actor=staff)
    else:
        describe_again(manifest=row, reason="the storage is mended", actor=staff)
    loop.run(registry=registry)
    assert loop.done(bad)
    assert AuditEvent.objects.filter(actor=staff, reason="the storage is mended").exists()
    assert not RepositoryTrouble.objects.exists()


def test_rows_of_several_sellers_that_fail_alike_mean_that_the_registry_is_away(loop, registry, table):
    images = [loop.make(table) for _ in range(4)]
    table.failing |= {image.repository: 500 for image in images}

    with pytest.raises(RegistryAway, match="answered 500 for several sellers"):
        loop.run(registry=registry)

    assert [(outage.dependency, outage.reason) for outage in outages()] == [("registry", "answered 500")]
    table.failing.clear()
    _due_all()
    loop.run(registry=registry)
    assert all(map(loop.done, images))
    assert not outages().exists()


def _due_all() -> None:
    for model in (Manifest, RepositoryTrouble):
        model.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_registry_that_takes_no_connection_ends_the_run_at_once_and_counts_against_nobody(loop, table, token_transport):
    images = [loop.make(table) for _ in range(2)]
    requests = []

    def refuse(request):
        requests.append(request)
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(RegistryAway, match="takes no connection"):
        loop.run(registry=RegistryClient(transport=httpx.MockTransport(refuse), token_transport=token_transport))

    assert len(requests) == 1
    assert not any(map(loop.done, images))
    assert set(Manifest.objects.values_list("attempts", "last_error")) <= {(0, "")}
    assert not RepositoryTrouble.objects.exists()


def test_a_registry_that_hangs_is_not_asked_without_end(loop, table, token_transport):
    PushedImageFactory.create_batch(4)
    for _ in range(10):
        loop.make(table)
    requests = []

    def hang(request):
        requests.append(request)
        raise httpx.ReadTimeout("nothing comes", request=request)

    with pytest.raises(RegistryAway):
        loop.run(registry=RegistryClient(transport=httpx.MockTransport(hang), token_transport=token_transport))

    assert len(requests) <= 10
    assert Outage.objects.get().reason == "gives no answer in time"


def test_the_end_of_the_tasks_time_is_no_fault_of_a_row(loop, registry, table, monkeypatch):
    loop.make(table)
    for name in ("manifest", "tags", "delete_manifest"):
        monkeypatch.setattr(RegistryClient, name, mock.Mock(side_effect=SoftTimeLimitExceeded))

    with pytest.raises(SoftTimeLimitExceeded):
        loop.run(registry=registry)

    assert set(Manifest.objects.values_list("attempts", "last_error")) <= {(0, "")}
    assert not RepositoryTrouble.objects.exists()


class TestOneBadTag:
    def test_a_tag_whose_link_is_damaged_spares_the_others_of_its_image(self, registry, table):
        image = ImageFactory()
        for name in ("a", "b", "c"):
            table.hold(image.repository, name)
        table.failing[f"{image.repository}:b"] = 500

        reconcile(registry=registry)

        assert set(image.tags.values_list("name", flat=True)) == {"a", "c"}
        assert "manifests/b" in _trouble(image).last_error

    def test_an_image_of_many_damaged_tags_costs_few_questions(self, registry, table):
        image = ImageFactory()
        for number in range(50):
            table.hold(image.repository, f"t{number}")
            table.failing[f"{image.repository}:t{number}"] = 500

        reconcile(registry=registry)

        assert len([requests for requests in table.requests if "/manifests/" in requests]) == 3

    def test_a_take_down_leaves_only_the_damaged_tag(self, registry, table):
        image = _taken_down(table)
        known, untold = image.manifests.get(), OciImage(["untold"])
        table.hold(image.repository, "2.0", untold)
        table.tags[image.repository]["damaged"] = b""
        table.failing[f"{image.repository}:damaged"] = 500

        assert remove_taken_down_manifests(registry=registry) == 3  # the one that was known, and two that were not

        assert (image.manifests.count(), set(table.tags[image.repository])) == (0, {"damaged"})
        assert {f"DELETE {image.repository}/manifests/{digest}" for digest in (known.digest, untold.digest)} <= set(table.requests)
        assert "manifests/damaged" in _trouble(image).last_error

    @pytest.mark.parametrize("gone", [True, False])
    def test_a_deletion_that_fails_is_made_again_unless_the_manifest_has_gone(self, table, token_transport, gone):
        image = _unwanted(table)

        def fail(request):
            told = table.answer(request) if gone or request.method != "DELETE" else None
            return httpx.Response(500) if request.method == "DELETE" else told

        client = RegistryClient(transport=httpx.MockTransport(fail), token_transport=token_transport)

        assert remove_unreadable_manifests(registry=client) == gone
        assert image.manifests.exists() is not gone
        assert gone or "answered 500 to DELETE" in image.manifests.get().last_error


class TestLimits:
    def test_a_take_down_run_has_an_end(self, registry, table, monkeypatch):
        image = _taken_down(table)
        monkeypatch.setattr(take_downs, "LONGEST_RUN", timedelta(seconds=-1))

        assert remove_taken_down_manifests(registry=registry) == 0
        assert image.manifests.exists()

    def test_a_removal_run_has_an_end_and_gives_back(self, registry, table, monkeypatch):
        image = _unwanted(table)
        monkeypatch.setattr(take_downs, "LONGEST_RUN", timedelta(seconds=-1))

        assert remove_unreadable_manifests(registry=registry) == 0
        assert image.manifests.get().attempts == 0

    def test_a_reconciliation_that_takes_too_long_is_gone_on_with_by_the_next(self, registry, table, monkeypatch):
        images = sorted((PushedImageFactory() for _ in range(3)), key=lambda image: image.pk)
        for image in images:
            table.hold(image.repository, "1.0")
        over = iter([False, True])
        monkeypatch.setattr(Upkeep, "is_over", lambda _: next(over, False))

        reconcile(registry=registry)

        run = Reconciliation.objects.get()
        assert (run.stopped_before, run.written, "continues" in run.problem) == (images[1].pk, 1, True)
        assert reconcile(registry=registry).written == 2

    def test_of_very_many_tags_each_run_looks_at_some(self, registry, table, monkeypatch):
        image = ImageFactory()
        for number in range(10):
            table.hold(image.repository, f"t{number}")
        reconcile(registry=registry)
        monkeypatch.setattr(reconciliation, "MOST_TAGS", 4)
        table.requests.clear()

        reconcile(registry=registry)

        assert len([requests for requests in table.requests if requests.startswith("HEAD")]) == 4

    def test_without_the_catalogue_tags_are_repaired_and_none_is_removed(self, registry, table, caplog):
        gone, moved = PushedImageFactory(), PushedImageFactory()
        table.hold(moved.repository, "1.0")
        table.failing["_catalog"] = 500

        repairs = reconcile(registry=registry)

        assert (repairs.written, repairs.removed, gone.tags.count()) == (1, 0, 1)
        assert "answered 500" in Reconciliation.objects.get().problem
        assert "catalogue cannot be read" in caplog.text

    def test_without_the_catalogue_no_name_is_freed(self, monkeypatch, caplog):
        monkeypatch.setattr("registry_auth.upkeep.tasks.settle_reservations", mock.Mock(side_effect=RegistryAway("away")))

        expire_reservations()

        assert "names not freed" in caplog.text


class TestBack:
    @pytest.mark.parametrize("without", ["connection", "token"])
    def test_a_registry_that_could_not_be_used_at_all_is_asked_again_where_nothing_waits(self, registry, table, token_transport, without):
        def refuse(request):
            raise httpx.ConnectError("refused", request=request)

        refuses, answers = httpx.MockTransport(refuse), httpx.MockTransport(table.answer)
        transport, tokens = (refuses, token_transport) if without == "connection" else (answers, refuses)
        refusing = RegistryClient(transport=transport, token_transport=tokens)
        with pytest.raises(RegistryAway):
            reconcile(registry=refusing)
        assert outages().exists()

        with pytest.raises(RegistryAway):
            describe_waiting_manifests(registry=refusing)
        assert outages().exists()
        describe_waiting_manifests(registry=registry)
        assert not outages().exists()

    def test_one_that_failed_for_rows_is_back_when_one_of_them_goes_through(self, registry, table):
        begin_outage("registry", reason="answered 500")

        describe_waiting_manifests(registry=registry)

        assert outages().exists()
        assert table.requests == []
