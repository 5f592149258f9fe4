"""Reconciliation: what events missed is repaired."""

from datetime import timedelta
from unittest import mock

import pytest

from audit.models import AuditEvent
from common.db.errors import LockTimeout
from common.db.leases.holding import lease
from marketplace.images.models import Tag
from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep import reconciliation
from registry_auth.upkeep.models import Reconciliation, RepositoryTrouble
from registry_auth.upkeep.reconciliation import reconcile
from registry_auth.upkeep.tasks import reconcile_registry
from tests.factories.marketplace import ImageFactory, PushedImageFactory
from tests.registry_auth.upkeep.conftest import MINE
from tests.support.registry import OciImage

pytestmark = pytest.mark.django_db


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

    def test_an_image_that_takes_too_long_ends_no_run_and_is_gone_on_with_by_the_next(self, registry, table, monkeypatch):
        image = PushedImageFactory()
        known = image.tags.get()
        table.hold(image.repository, known.name)
        table.hold(image.repository, "missing")
        with monkeypatch.context() as hurried:
            hurried.setattr(reconciliation, "LONGEST_IMAGE", timedelta(seconds=-1))
            assert reconcile(registry=registry).written == 0

        assert Reconciliation.objects.get().ended_at is not None
        assert not RepositoryTrouble.objects.exists()
        assert reconcile(registry=registry).written == 2
        assert set(image.tags.values_list("name", "manifest__digest")) == {(known.name, MINE.digest), ("missing", MINE.digest)}

    def test_a_run_that_the_registry_ends_reports_what_it_came_to(self, registry, table):
        images = sorted((ImageFactory() for _ in range(4)), key=lambda image: image.pk)
        for image in images:
            table.hold(image.repository, "1.0")
        table.failing |= {image.repository: 503 for image in images[1:]}

        with pytest.raises(RegistryAway):
            reconcile(registry=registry)

        run = Reconciliation.objects.get()
        assert (run.written, run.refused, run.ended_at is not None) == (1, 2, True)
        assert run.problem == "The registry answered 503 for several sellers."

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

    def test_many_tags_are_named_up_to_a_limit(self, registry, table, monkeypatch):
        monkeypatch.setattr(reconciliation, "PAGE", 20)  # they are read in pages
        image = ImageFactory()
        for number in range(55):
            table.hold(image.repository, f"t{number:03}")

        assert reconcile(registry=registry).written == 55
        assert len(AuditEvent.objects.get(action="image.reconciled").details["written"]) == 50
        assert image.tags.count() == 55

    def test_one_run_at_a_time(self, monkeypatch):
        work = mock.Mock()
        monkeypatch.setattr("registry_auth.upkeep.tasks.reconcile", work)
        with lease("registry_auth.reconcile_registry", lasting=timedelta(minutes=1)):
            reconcile_registry()
        assert work.call_count == 0

        reconcile_registry()
        assert work.call_count == 1
