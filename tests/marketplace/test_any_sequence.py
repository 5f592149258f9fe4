"""Whatever happens in whatever order: the promises hold after every step."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.errors import DomainError
from common.ids import new_id
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.entitlements.services.grants import grant_entitlements, resume_entitlements, revoke_entitlements, suspend_entitlements
from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from marketplace.images.services.expiry import end_expired_reservations, free_name, names_to_free, revive_reservation, warn_of_expiry
from marketplace.images.services.manifests import record_push
from marketplace.images.services.reservations import release_image, reserve_image
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NamespaceFactory, PushedImageFactory, digest_of

pytestmark = pytest.mark.django_db

NAMES = ["db", "cache"]
QUOTA = 1
steps = st.tuples(st.sampled_from(["reserve", "push", "wait", "end", "free", "sell", "release", "revive"]), st.sampled_from(NAMES))


class World:
    """A namespace with two names and room for one, and a clock."""

    def __init__(self):
        self.namespace = NamespaceFactory(image_quota=QUOTA)
        self.owner = self.namespace.owner.user
        self.buyer = UserFactory().account
        self.now = timezone.now()

    def image(self, name):
        return Image.objects.occupying().filter(name=name).first()

    def take(self, step, name):
        image = self.image(name)
        if step == "wait":
            self.now += timedelta(days=31)
        elif step == "reserve":
            reserve_image(namespace=self.namespace, name=name, actor=self.owner)
        elif step == "end":
            warn_of_expiry(now=self.now)
            end_expired_reservations(now=self.now + timedelta(days=7))
        elif step == "free":
            for one in names_to_free(now=self.now):
                free_name(image=one, now=self.now)
        elif image is not None:
            self.use(step, image)

    def use(self, step, image):
        if step == "push":
            record_push(repository=image.repository, digest=digest_of("x"), media_type=MANIFEST, size=1, tag="1", at=timezone.now())
        elif step == "sell":
            grant_entitlements(holder=self.buyer, images=[image], source_kind=Entitlement.Source.STAFF, source_id=new_id())
        elif step == "release":
            release_image(image=image, reason="", actor=self.owner)
        elif step == "revive":
            revive_reservation(image=image)


class NamesTest(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(steps, max_size=12))
    def test_a_used_name_is_never_freed_and_no_name_is_held_twice(self, taken):
        world = World()
        used = set()
        for step, name in taken:
            try:
                world.take(step, name)
            except DomainError as refusal:
                assert refusal.status == 409
            used |= set(Image.objects.exclude(first_pushed_at=None, first_sold_at=None).values_list("pk", flat=True))

            assert not Image.objects.filter(pk__in=used, freed_at__isnull=False).exists()
            assert all(Image.objects.occupying().filter(name=one).count() <= 1 for one in NAMES)
            assert Image.objects.live().count() <= QUOTA
            buyers = Entitlement.objects.filter(holder=world.buyer).values_list("image__repository", flat=True)
            allowed = allowed_actions(subject=Subject(account_ids=(world.buyer.pk,)), repositories=set(buyers))
            assert all(actions == {Action.PULL} for actions in allowed.values())


class EntitlementsTest(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["grant", "suspend", "resume", "revoke"]), st.integers(0, 2)), max_size=15))
    def test_a_holder_may_pull_exactly_while_one_source_is_in_force(self, changes):
        image, buyer, sources = PushedImageFactory(), UserFactory().account, [new_id() for _ in range(3)]
        state: dict[int, str] = {}
        for change, number in changes:
            source = {"source_kind": Entitlement.Source.ORDER, "source_id": sources[number]}
            if change == "grant":
                grant_entitlements(holder=buyer, images=[image], **source)
                state.setdefault(number, "in force")
            elif change == "revoke":
                revoke_entitlements(**source, reason="Refunded.")
                state.pop(number, None)
            elif number in state:
                (suspend_entitlements if change == "suspend" else resume_entitlements)(**source)
                state[number] = "suspended" if change == "suspend" else "in force"

            allowed = allowed_actions(subject=Subject(account_ids=(buyer.pk,)), repositories=[image.repository])
            assert (Action.PULL in allowed[image.repository]) == ("in force" in state.values())
