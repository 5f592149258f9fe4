"""Reservations end, and names are freed."""

from datetime import timedelta
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from common.db.errors import LockTimeout
from common.db.leases.holding import lease
from marketplace.images.models import Image
from marketplace.images.services.expiry import free_name
from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep import reservations
from registry_auth.upkeep.reservations import settle_reservations
from registry_auth.upkeep.tasks import expire_reservations
from tests.factories.marketplace import ImageFactory, expired_days_ago

pytestmark = pytest.mark.django_db


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

        expire_reservations()

        expired.refresh_from_db()
        assert expired.freed_at is None

    def test_a_name_with_a_push_under_way_waits_and_nobody_is_asked(self, expired, monkeypatch):
        lifetime = django_settings.LAYERSTORE_PUSH_TOKEN_LIFETIME + django_settings.LAYERSTORE_TOKEN_LEEWAY
        Image.objects.update(ended_at=timezone.now() - lifetime + timedelta(seconds=5))
        requests = mock.Mock()
        monkeypatch.setattr(RegistryClient, "repositories", requests)

        expire_reservations()

        expired.refresh_from_db()
        assert (expired.freed_at, requests.call_count) == (None, 0)

    def test_a_lifetime_below_the_shortest_frees_no_name_before_its_last_push_token_has_ended(self, expired, monkeypatch, settings):
        settings.LAYERSTORE_PUSH_TOKEN_LIFETIME = timedelta(seconds=5)  # tokens are signed for 60 s all the same
        Image.objects.update(ended_at=timezone.now() - settings.LAYERSTORE_TOKEN_LEEWAY - timedelta(seconds=30))
        requests = mock.Mock()
        monkeypatch.setattr(RegistryClient, "repositories", requests)

        expire_reservations()

        expired.refresh_from_db()
        assert (expired.freed_at, requests.call_count) == (None, 0)

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
        monkeypatch.setattr("registry_auth.upkeep.tasks.settle_reservations", work)
        with lease("registry_auth.expire_reservations", lasting=timedelta(minutes=1)):
            expire_reservations()

        assert work.call_count == 0
