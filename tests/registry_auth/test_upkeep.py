"""What the scheduler does with the registry: reconcile, expire, take down. The registry here is a table that the test writes."""

import re
from datetime import timedelta
from unittest import mock

import httpx
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from accounts.models import AuditEvent
from common.errors import LockTimeout
from common.leases import lease
from common.tasks import clear_sessions
from marketplace.models import Image, Manifest, Tag
from marketplace.services.expiry import free_name
from registry_auth import tasks
from registry_auth.errors import RegistryAway
from registry_auth.models import Reconciliation
from registry_auth.registry_client import RegistryClient
from registry_auth.services import reconciliation, reservations
from registry_auth.services.descriptions import describe_waiting_manifests
from registry_auth.services.reconciliation import reconcile
from registry_auth.services.reservations import settle_reservations
from registry_auth.services.take_downs import remove_taken_down_manifests
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, expired_days_ago
from tests.support.registry import INDEX, MANIFEST, OciImage, digest_of, index_of

pytestmark = pytest.mark.django_db
MINE = OciImage(["one"])


class RegistryTable:
    """A registry of the test's making: tags and blobs by repository, and repositories that shall fail."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.only_layers: list[str] = []
        self.types: dict[str, str] = {}
        self.failing: dict[str, int] = {}

    def hold(self, repository: str, tag: str, image: OciImage = MINE) -> None:
        self.tags.setdefault(repository, {})[tag] = image.manifest
        self.blobs |= {**image.blobs, image.digest: image.manifest}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v2/_catalog":
            return httpx.Response(200, json={"repositories": sorted([*self.tags, *self.only_layers])})
        found = re.fullmatch(r"/v2/(.+)/(tags|manifests|blobs)/(.+)", path)
        assert found
        repository, kind, reference = found.groups()
        if repository in self.failing:
            return httpx.Response(self.failing[repository])
        tags = self.tags.get(repository)
        if kind == "tags":
            return httpx.Response(404) if tags is None else httpx.Response(200, json={"tags": sorted(tags)})
        if request.method == "DELETE":
            self.tags[repository] = {tag: content for tag, content in (tags or {}).items() if digest_of(content) != reference}
            self.blobs.pop(reference, None)
            return httpx.Response(202)
        content = (tags or {}).get(reference) or self.blobs.get(reference)
        if content is None:
            return httpx.Response(404)
        digest = digest_of(content)
        headers = {"Content-Type": self.types.get(digest, MANIFEST), "Docker-Content-Digest": digest}
        return httpx.Response(200, content=content, headers=headers)


@pytest.fixture
def table() -> RegistryTable:
    return RegistryTable()


@pytest.fixture
def registry(table, token_transport) -> RegistryClient:
    return RegistryClient(transport=httpx.MockTransport(table.answer), token_transport=token_transport)


class TestReconciliation:
    def test_a_push_that_was_never_told_of_is_written_and_reported(self, registry, table):
        image = ImageFactory()
        table.hold(image.repository, "1.0")

        repairs = reconcile(registry=registry)

        assert (repairs.written, repairs.removed, repairs.described, repairs.unknown_repositories) == (1, 0, 1, 0)
        manifest = image.tags.get(name="1.0").manifest
        assert (manifest.digest, manifest.platforms) == (MINE.digest, ["linux/amd64"])
        assert AuditEvent.objects.get(action="image.reconciled").details == {"written": ["1.0"], "removed": []}

    def test_each_run_reports_what_it_repaired(self, registry, table):
        mine, refused = ImageFactory(), ImageFactory()
        table.hold(mine.repository, "1.0")
        table.hold(refused.repository, "1.0")
        table.hold("nobody/home", "1.0")
        table.failing[refused.repository] = 403

        reconcile(registry=registry)

        run = Reconciliation.objects.get()
        assert (run.written, run.removed, run.described, run.unknown_repositories, run.refused) == (1, 0, 1, 1, 1)
        assert (run.problem, run.ended_at is not None) == ("", True)

    def test_a_run_that_the_registry_ends_reports_what_it_came_to(self, registry, table):
        first, second = sorted((ImageFactory(), ImageFactory()), key=lambda image: image.repository)
        for image in (first, second):
            table.hold(image.repository, "1.0")
        table.failing[second.repository] = 503

        with pytest.raises(RegistryAway):
            reconcile(registry=registry)

        run = Reconciliation.objects.get()
        assert (run.written, run.problem, run.ended_at is not None) == (1, "The registry answered 503.", True)

    def test_a_run_that_dies_has_no_end(self, registry, monkeypatch):
        monkeypatch.setattr(RegistryClient, "repositories", mock.Mock(side_effect=SystemExit))

        with pytest.raises(SystemExit):
            reconcile(registry=registry)

        assert (Reconciliation.objects.get().ended_at, Reconciliation.objects.get().problem) == (None, "")

    def test_what_is_right_is_left_alone(self, registry, table):
        image = ImageFactory()
        table.hold(image.repository, "1.0")
        reconcile(registry=registry)

        repairs = reconcile(registry=registry)

        assert (repairs.written, repairs.removed, repairs.described) == (0, 0, 0)
        assert AuditEvent.objects.filter(action="image.reconciled").count() == 1

    def test_a_tag_that_moved_is_moved(self, registry, table):
        image = PushedImageFactory()
        table.hold(image.repository, "1.0")

        repairs = reconcile(registry=registry)

        assert (repairs.written, image.tags.get().manifest.digest) == (1, MINE.digest)

    def test_a_tag_that_is_gone_is_removed(self, registry, table):
        image, other = PushedImageFactory(), ImageFactory()
        table.hold(other.repository, "1.0")

        repairs = reconcile(registry=registry)

        assert (repairs.removed, image.tags.count()) == (1, 0)
        assert AuditEvent.objects.get(target_id=str(image.pk)).details == {"written": [], "removed": ["1.0"]}

    def test_a_tag_that_goes_while_we_look_is_not_written(self, registry, table, monkeypatch):
        image = ImageFactory()
        table.hold(image.repository, "1.0")
        monkeypatch.setattr(RegistryClient, "manifest", lambda *_: None)

        assert reconcile(registry=registry).written == 0
        monkeypatch.undo()
        reconcile(registry=registry)
        table.hold(image.repository, "1.0", OciImage(["two"]))
        monkeypatch.setattr(RegistryClient, "manifest", lambda *_: None)
        assert reconcile(registry=registry).written == 0

    def test_names_of_nobody_are_counted_and_left(self, registry, table):
        table.hold("nobody/home", "1.0")

        assert reconcile(registry=registry).unknown_repositories == 1
        assert not Tag.objects.exists()

    def test_a_registry_that_lost_everything_takes_nothing_along(self, registry, caplog):
        image = PushedImageFactory()

        reconcile(registry=registry)

        assert image.tags.count() == 1
        assert "nothing was removed" in caplog.text
        assert "nothing was removed" in Reconciliation.objects.get().problem

    def test_an_empty_registry_of_an_empty_shop_is_fine(self, registry):
        assert reconcile(registry=registry).written == 0

    def test_one_image_that_is_refused_or_busy_stops_no_other(self, registry, table, monkeypatch):
        refused, fine = ImageFactory(), ImageFactory()
        for image in (refused, fine):
            table.hold(image.repository, "1.0")
        table.failing[refused.repository] = 403

        assert reconcile(registry=registry).written == 1
        assert fine.tags.exists()
        table.failing.clear()
        monkeypatch.setattr(reconciliation, "record_push", mock.Mock(side_effect=LockTimeout))
        assert reconcile(registry=registry).written == 0

    def test_a_registry_in_trouble_ends_the_run(self, registry, table):
        image = ImageFactory()
        table.hold(image.repository, "1.0")
        table.failing[image.repository] = 503

        with pytest.raises(RegistryAway):
            reconcile(registry=registry)

    def test_many_tags_are_named_up_to_a_limit(self, registry, table):
        image = ImageFactory()
        for number in range(120):
            table.hold(image.repository, f"t{number:03}")

        assert reconcile(registry=registry).written == 120
        assert len(AuditEvent.objects.get(action="image.reconciled").details["written"]) == 50
        assert image.tags.count() == 120

    def test_one_run_at_a_time(self, monkeypatch):
        work = mock.Mock()
        monkeypatch.setattr(tasks, "reconcile", work)
        with lease("registry_auth.reconcile_registry", lasting=timedelta(minutes=1)):
            tasks.reconcile_registry()
        assert work.call_count == 0

        tasks.reconcile_registry()
        assert work.call_count == 1


class TestDescriptions:
    def test_a_manifest_that_is_gone_is_forgotten(self, registry):
        manifest = ManifestFactory(described_at=None)

        assert describe_waiting_manifests(registry=registry) == 1
        assert not Manifest.objects.filter(pk=manifest.pk).exists()

    def test_a_manifest_that_is_refused_is_not_asked_for_again(self, registry, table):
        manifest = ManifestFactory(described_at=None)
        table.failing[manifest.image.repository] = 403

        describe_waiting_manifests(registry=registry)

        manifest.refresh_from_db()
        assert (manifest.kind, manifest.described_at is not None) == ("artifact", True)
        assert describe_waiting_manifests(registry=registry) == 0

    def test_a_child_that_is_gone_leaves_the_index_its_other_children(self, registry, table):
        child, gone = MINE, OciImage(["gone"])
        image = ImageFactory()
        table.hold(image.repository, "child")
        index = index_of([child, gone])
        table.blobs[digest_of(index)] = index
        table.types[digest_of(index)] = INDEX
        manifest = ManifestFactory(image=image, digest=digest_of(index), kind=Manifest.Kind.INDEX, described_at=None)

        assert describe_waiting_manifests(registry=registry) == 2

        manifest.refresh_from_db()
        assert (manifest.kind, manifest.size, manifest.children) == ("index", child.size, [child.digest, gone.digest])
        assert image.manifests.get(digest=child.digest).platforms == ["linux/amd64"]

    def test_a_registry_in_trouble_leaves_it_waiting(self, registry, table):
        manifest = ManifestFactory(described_at=None)
        table.failing[manifest.image.repository] = 500

        with pytest.raises(RegistryAway):
            describe_waiting_manifests(registry=registry)

        manifest.refresh_from_db()
        assert manifest.described_at is None


class TestReservations:
    @pytest.fixture
    def expired(self) -> Image:
        return ImageFactory(**expired_days_ago(2))

    def test_a_name_that_nothing_was_pushed_to_is_free_again(self, registry, expired):
        settle_reservations(registry=registry, now=timezone.now())

        expired.refresh_from_db()
        assert expired.freed_at is not None

    @pytest.mark.parametrize("layers_alone", [True, False])
    def test_a_name_with_anything_under_it_is_kept(self, registry, table, expired, layers_alone):
        if layers_alone:
            table.only_layers.append(expired.repository)
        else:
            table.hold(expired.repository, "1.0")

        settle_reservations(registry=registry, now=timezone.now())

        expired.refresh_from_db()
        assert (expired.freed_at, expired.ended_at, expired.first_pushed_at is not None) == (None, None, True)

    def test_while_the_registry_is_away_no_name_is_freed(self, expired, monkeypatch):
        monkeypatch.setattr(RegistryClient, "repositories", mock.Mock(side_effect=RegistryAway("away")))

        tasks.expire_reservations()

        expired.refresh_from_db()
        assert expired.freed_at is None

    def test_a_name_with_a_push_under_way_waits_and_nobody_is_asked(self, expired, monkeypatch):
        lifetime = django_settings.LAYERSTORE_PUSH_TOKEN_LIFETIME + django_settings.LAYERSTORE_TOKEN_LEEWAY
        Image.objects.update(ended_at=timezone.now() - lifetime + timedelta(seconds=5))
        asked = mock.Mock()
        monkeypatch.setattr(RegistryClient, "repositories", asked)

        tasks.expire_reservations()

        expired.refresh_from_db()
        assert (expired.freed_at, asked.call_count) == (None, 0)

    def test_one_name_that_is_busy_stops_no_other(self, registry, monkeypatch):
        images = [ImageFactory(**expired_days_ago(2)) for _ in range(2)]
        free = free_name

        def stumble(*, image):
            if image == images[0]:
                raise LockTimeout
            return free(image=image)

        monkeypatch.setattr(reservations, "free_name", stumble)
        settle_reservations(registry=registry, now=timezone.now())

        assert [Image.objects.get(pk=image.pk).freed_at is not None for image in images] == [False, True]

    def test_one_run_at_a_time(self, monkeypatch):
        work = mock.Mock()
        monkeypatch.setattr(tasks, "settle_reservations", work)
        with lease("registry_auth.expire_reservations", lasting=timedelta(minutes=1)):
            tasks.expire_reservations()

        assert work.call_count == 0


class TestTakeDowns:
    def test_all_manifests_go_known_or_not(self, registry, table):
        image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
        other = PushedImageFactory()
        table.hold(image.repository, "untold")

        assert remove_taken_down_manifests(registry=registry) == 2

        assert table.tags[image.repository] == {}
        assert (image.manifests.count(), other.manifests.count()) == (0, 1)
        event = AuditEvent.objects.get(action="image.manifests_removed")
        assert (event.target_id, event.reason, event.details) == (str(image.pk), "malware", {"manifests": 2})
        assert remove_taken_down_manifests(registry=registry) == 0

    def test_one_image_that_is_refused_stops_no_other(self, registry, table):
        refused, other = PushedImageFactory.create_batch(2, taken_down_at=timezone.now(), take_down_reason="malware")
        table.failing[refused.repository] = 405

        assert remove_taken_down_manifests(registry=registry) == 1

        assert (refused.manifests.count(), other.manifests.count()) == (1, 0)

    def test_what_is_restored_meanwhile_keeps_its_content(self, registry, monkeypatch):
        first, second = PushedImageFactory.create_batch(2, taken_down_at=timezone.now(), take_down_reason="malware")
        delete = registry.delete_manifest

        def restore_meanwhile(repository, digest):
            delete(repository, digest)
            Image.objects.exclude(repository=repository).update(taken_down_at=None, take_down_reason="")

        monkeypatch.setattr(registry, "delete_manifest", restore_meanwhile)

        assert remove_taken_down_manifests(registry=registry) == 1

        assert first.manifests.count() + second.manifests.count() == 1

    def test_it_waits_for_a_registry_that_is_away(self, table, monkeypatch):
        image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
        monkeypatch.setattr(RegistryClient, "tags", mock.Mock(side_effect=RegistryAway("away")))

        tasks.remove_taken_down()

        assert image.manifests.count() == 1


class TestTasks:
    def test_a_registry_that_is_away_stops_neither_draining_nor_the_worker(self, monkeypatch, caplog):
        monkeypatch.setattr(tasks, "describe_waiting_manifests", mock.Mock(side_effect=RegistryAway("away")))
        monkeypatch.setattr(tasks, "reconcile", mock.Mock(side_effect=RegistryAway("away")))

        tasks.drain_registry_events()
        tasks.reconcile_registry()

        assert "manifests wait for their description" in caplog.text
        assert "the next run begins anew" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("task", "job"),
    [
        (tasks.prune_registry_events, "registry_auth.tasks.prune_events"),
        (tasks.remove_taken_down, "registry_auth.tasks.remove_taken_down_manifests"),
        (clear_sessions, "common.tasks.call_command"),
    ],
    ids=lambda given: given.name if hasattr(given, "name") else "",
)
def test_a_job_whose_lease_is_held_does_nothing(task, job):
    with mock.patch(job) as work:
        with lease(task.name, lasting=timedelta(minutes=1)):
            task()
        assert work.call_count == 0
        task()
        assert work.call_count == 1
