import uuid
from dataclasses import dataclass, fields
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.organisations.models import Role
from marketplace.credentials.models import CredentialImage
from marketplace.entitlements import credential_facts
from marketplace.entitlements import policy as access
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Facts, Subject, allowed_actions, decide
from marketplace.images.models import Image
from marketplace.products.models import Price, Product, ProductImage
from tests.factories.accounts import (
    AccessTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationSellerFactory,
    RobotFactory,
    SellerFactory,
    UserFactory,
)
from tests.factories.marketplace import (
    EntitlementFactory,
    FreeProductFactory,
    ImageFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    expired_days_ago,
)

pytestmark = pytest.mark.django_db

PULL, PUSH, DELETE = Action.PULL, Action.PUSH, Action.DELETE
NOTHING: frozenset[Action] = frozenset()


def actions(subject, image):
    return allowed_actions(subject=subject, repositories=[image.repository])[image.repository]


def owner_of(image):
    return Subject.of(image.owner.user)


def stop(image, how):
    """Bring a good image, with its seller, into one of the states of the policy's table."""
    if how == "suspended":
        image.owner.seller.suspended_at, image.owner.seller.suspension_reason = timezone.now(), "Fraud."
        image.owner.seller.save()
    if how == "ended":
        image.ended_at, image.end_kind = timezone.now(), Image.End.RELEASED
    if how == "taken down":
        image.taken_down_at, image.take_down_reason = timezone.now(), "Malware."
    image.save()


TABLE: dict[str, dict[str, set[Action] | frozenset[Action]]] = {
    "owner": {"good": {PULL, PUSH}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "owner of the organisation": {"good": {PULL, PUSH}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "editor of the organisation": {"good": {PULL, PUSH}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "member of the organisation": {"good": {PULL}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "billing of the organisation": {"good": NOTHING, "suspended": NOTHING, "ended": NOTHING, "taken down": NOTHING},
    "robot for the image": {"good": {PULL, PUSH}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "robot for all images": {"good": {PULL}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "robot for another image": {"good": NOTHING, "suspended": NOTHING, "ended": NOTHING, "taken down": NOTHING},
    "robot of another organisation": {"good": NOTHING, "suspended": NOTHING, "ended": NOTHING, "taken down": NOTHING},
    "holder": {"good": {PULL}, "suspended": {PULL}, "ended": {PULL}, "taken down": NOTHING},
    "anybody": {"good": {PULL}, "suspended": NOTHING, "ended": {PULL}, "taken down": NOTHING},
    "staff": {"good": {PULL, DELETE}, "suspended": {PULL, DELETE}, "ended": {PULL, DELETE}, "taken down": {PULL, DELETE}},
    "stranger": {"good": NOTHING, "suspended": NOTHING, "ended": NOTHING, "taken down": NOTHING},
}


def of_organisation(image, role):
    """Somebody with this role in the organisation that owns the image, as a person and by an access token for everything."""
    user = MembershipFactory(account=image.owner, role=role).user
    return Subject.of(user), AccessTokenFactory(user=user)


def robot_of(organisation, *, for_image=None):
    scopes = {"scopes": ["registry:pull", "registry:push"], "limited_to": "some"} if for_image else {}
    robot = RobotFactory(organisation=organisation, **scopes)
    if for_image:
        CredentialImage.objects.create(credential=robot, image=for_image)
    return Subject.by_token(robot), robot


@pytest.mark.parametrize(("who", "how"), [(who, how) for who, row in TABLE.items() for how in row])
def test_the_table_of_the_policy_holds(who, how):
    seller = OrganisationSellerFactory() if "organisation" in who or "robot" in who else SellerFactory()
    product = (FreeProductFactory if who == "anybody" else ProductFactory)(namespace=NamespaceFactory(seller=seller))
    image = product.images.get()
    subject, token = {
        "owner": lambda: (owner_of(image), AccessTokenFactory(user=image.owner.user)),
        "owner of the organisation": lambda: of_organisation(image, Role.OWNER),
        "editor of the organisation": lambda: of_organisation(image, Role.EDITOR),
        "member of the organisation": lambda: of_organisation(image, Role.MEMBER),
        "billing of the organisation": lambda: of_organisation(image, Role.BILLING),
        "robot for the image": lambda: robot_of(image.owner, for_image=image),
        "robot for all images": lambda: robot_of(image.owner),
        "robot for another image": lambda: robot_of(image.owner, for_image=PushedImageFactory(namespace=image.namespace)),
        "robot of another organisation": lambda: robot_of(OrganisationFactory(), for_image=image),
        "holder": lambda: (Subject.of(EntitlementFactory(image=image).holder.user), None),
        "anybody": lambda: (Subject.anonymous(), None),
        "staff": lambda: (Subject.of(UserFactory(staff=True)), None),
        "stranger": lambda: (Subject.of(UserFactory()), None),
    }[who]()

    stop(image, how)

    assert actions(subject, image) == TABLE[who][how]
    if token:  # the token process finds the same by the secret
        found = credential_facts.find_credential_facts(token.secret, repositories=[image.repository])
        assert found is not None
        assert decide(found.facts[image.repository], is_staff=found.subject.is_staff) == TABLE[who][how]


@pytest.mark.parametrize(("role", "may"), [(Role.OWNER, {PULL}), (Role.EDITOR, {PULL}), (Role.MEMBER, {PULL}), (Role.BILLING, set())])
def test_members_pull_what_their_organisation_holds_and_who_only_pays_does_not(role, may):
    membership = MembershipFactory(role=role)
    held = EntitlementFactory(holder=membership.account).image

    assert actions(Subject.of(membership.user), held) == may

    membership.delete()
    assert actions(Subject.of(membership.user), held) == NOTHING


def test_a_robot_pulls_what_its_organisation_holds_and_nothing_of_whoever_made_it():
    robot = RobotFactory()
    owner = MembershipFactory(account=robot.organisation).user
    held = EntitlementFactory(holder=robot.organisation).image
    of_the_owner = EntitlementFactory(holder=owner.account).image

    assert actions(Subject.by_token(robot), held) == {PULL}
    assert actions(Subject.by_token(robot), of_the_owner) == NOTHING


def test_every_asked_name_is_a_key_and_unknown_ones_grant_nothing_to_anybody():
    odd = ["nobody/has-it", "", "a\x00b", "\ud800", "é/é", "x" * 300, "UPPER/case", "a/b\n"]

    for subject in (Subject.anonymous(), Subject.of(UserFactory(staff=True))):
        assert allowed_actions(subject=subject, repositories=odd) == dict.fromkeys(odd, NOTHING)


def test_one_name_says_nothing_about_another():
    mine, other = PushedImageFactory(), PushedImageFactory()

    assert allowed_actions(subject=owner_of(mine), repositories=[mine.repository, other.repository]) == {
        mine.repository: {PULL, PUSH},
        other.repository: NOTHING,
    }


def test_a_freed_name_grants_nothing_to_its_old_owner():
    image = ImageFactory(**expired_days_ago(1), freed_at=timezone.now())

    assert actions(owner_of(image), image) == NOTHING


def test_a_name_reserved_again_answers_for_the_new_image():
    old = ImageFactory(**expired_days_ago(1), freed_at=timezone.now())
    new = ImageFactory(namespace=old.namespace, name=old.name)

    assert actions(owner_of(new), new) == {PULL, PUSH}


@pytest.mark.parametrize("change", ["revoked", "suspended"])
def test_an_entitlement_that_is_not_in_force_grants_nothing(change):
    entitlement = EntitlementFactory(**{change: True})

    assert actions(Subject.of(entitlement.holder.user), entitlement.image) == NOTHING


def test_what_was_given_for_a_time_grants_until_its_end_whether_a_job_has_marked_it_or_not():
    ended = EntitlementFactory(ends_at=timezone.now() - timedelta(seconds=1))
    lasting = EntitlementFactory(ends_at=timezone.now() + timedelta(hours=1))

    assert actions(Subject.of(ended.holder.user), ended.image) == NOTHING
    assert actions(Subject.of(lasting.holder.user), lasting.image) == {PULL}


def test_another_entitlement_on_the_same_image_still_grants():
    revoked = EntitlementFactory(revoked=True)
    EntitlementFactory(holder=revoked.holder, image=revoked.image)

    assert actions(Subject.of(revoked.holder.user), revoked.image) == {PULL}


@pytest.mark.parametrize("state", [Product.State.DRAFT, Product.State.WITHDRAWN, Product.State.SUSPENDED])
def test_a_free_product_that_is_not_published_gives_nothing_away(state):
    product = FreeProductFactory(state=state, suspension_reason="Wrong.")

    assert actions(Subject.anonymous(), product.images.get()) == NOTHING


def test_a_price_that_was_zero_once_gives_nothing_away():
    product = FreeProductFactory()
    product.prices.update(retired_at=timezone.now())
    Price.objects.create(product=product, amount=500, currency="eur")

    assert actions(Subject.anonymous(), product.images.get()) == NOTHING


def test_an_image_in_a_free_and_in_a_paid_product_is_public():
    product = FreeProductFactory()
    ProductFactory(namespace=product.namespace, images=[product.images.get()])

    assert actions(Subject.anonymous(), product.images.get()) == {PULL}


def test_staff_who_own_an_image_may_do_everything():
    seller = SellerFactory(user=UserFactory(staff=True))
    image = PushedImageFactory(namespace=NamespaceFactory(seller=seller))

    assert actions(owner_of(image), image) == {PULL, PUSH, DELETE}


def test_a_disabled_user_and_a_visitor_are_nobody():
    assert Subject.of(UserFactory(is_active=False, staff=True)) == Subject.anonymous()
    assert Subject.of(AnonymousUser()) == Subject.anonymous()


def test_an_owner_without_a_seller_profile_is_still_the_owner():
    image = PushedImageFactory(namespace=NamespaceFactory(owner=UserFactory().account))

    assert actions(owner_of(image), image) == {PULL, PUSH}


def test_a_hundred_names_cost_one_query(django_assert_num_queries):
    images = [product.images.get() for product in FreeProductFactory.create_batch(3)]
    subject = Subject(account_ids=(images[0].owner_id, uuid.uuid4()), editing_ids=(images[0].owner_id,))
    names = [image.repository for image in images] + [f"no/such-{n}" for n in range(100)]

    with django_assert_num_queries(1):
        allowed = allowed_actions(subject=subject, repositories=names)

    assert len(allowed) == 103
    assert allowed[images[0].repository] == {PULL, PUSH}


def test_every_table_is_reached_by_an_index():
    namespace = NamespaceFactory()
    images = ImageFactory.build_batch(2_000, namespace=namespace, owner=namespace.owner, reserved_by=namespace.owner.user)
    Image.objects.bulk_create(images)
    holders = [UserFactory().account for _ in range(20)]
    order = Entitlement.Source.ORDER
    held = [Entitlement(holder=holder, image=image, source_kind=order, source_id=image.pk) for holder in holders for image in images]
    Entitlement.objects.bulk_create(held, batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_image, marketplace_entitlement")
        cursor.execute("SET LOCAL enable_seqscan = off")  # the other tables are empty here
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")  # as the token process runs it
    plans = [
        access._FACTS.plan([uuid.uuid4()], [uuid.uuid4()], uuid.uuid4(), ["a/b", "c/d"]),
        credential_facts._STATEMENTS["hash"].plan(["x"], timezone.now(), ["a/b", "c/d"]),
        credential_facts._STATEMENTS["identity"].plan(uuid.uuid4(), 0, timezone.now(), ["a/b", "c/d"]),
    ]

    for plan in plans:
        assert "Seq Scan" not in plan
        assert "hashed SubPlan" not in plan
        assert "image_of_repository" in plan
        assert "Index Only Scan using entitlement_held_until" in plan


@dataclass(frozen=True)
class World:
    """A plain model of one image, one seller and what may be between them and somebody."""

    owner: bool
    staff: bool
    ended: bool
    taken_down: bool
    seller_suspended: bool
    freed: bool
    entitlements: tuple[tuple[bool, bool, bool, int | None], ...]  # the subject's own, revoked, suspended, hours until its end
    products: tuple[tuple[str, int, bool], ...]  # state, amount, retired


def restated(world):
    """The policy once more, in other words: who is stopped by what."""
    if world.freed:
        return NOTHING
    out = set()
    if world.staff:
        out = {PULL, DELETE}
    mine = any(own and not revoked and not suspended and (ends is None or ends > 0) for own, revoked, suspended, ends in world.entitlements)
    free = any(state == "published" and amount == 0 and not retired for state, amount, retired in world.products)
    may_pull = world.owner or mine or (free and not world.seller_suspended)
    if may_pull and not world.taken_down:
        out.add(PULL)
    if world.owner and not (world.taken_down or world.seller_suspended or world.ended):
        out.add(PUSH)
    return out


def build(world):
    seller = SellerFactory(suspended_at=timezone.now() if world.seller_suspended else None, suspension_reason="Fraud.")
    namespace = NamespaceFactory(seller=seller)
    ended = {"ended_at": timezone.now(), "end_kind": "expired"} if world.ended or world.freed else {}
    down = {"taken_down_at": timezone.now(), "take_down_reason": "Malware."} if world.taken_down else {}
    image = ImageFactory(namespace=namespace, **ended, **down, freed_at=timezone.now() if world.freed else None)
    user = namespace.owner.user if world.owner else UserFactory()
    user.is_staff = user.is_superuser = world.staff
    for own, revoked, suspended, ends in world.entitlements:
        change = {"revoked": revoked, "suspended": suspended, "ends_at": None if ends is None else timezone.now() + timedelta(hours=ends)}
        EntitlementFactory(image=image, **({"holder": user.account} if own else {}), **change)
    for state, amount, retired in world.products:
        product = ProductFactory(namespace=namespace, images=[image], state=state, price__amount=amount, suspension_reason="x")
        product.prices.update(retired_at=timezone.now() if retired else None)
    return Subject.of(user), image


booleans = st.booleans()
worlds = st.builds(
    World,
    **{field.name: booleans for field in fields(World) if field.type is bool},
    entitlements=st.lists(st.tuples(booleans, booleans, booleans, st.sampled_from([None, -1, 1])), max_size=3).map(tuple),
    products=st.lists(st.tuples(st.sampled_from(Product.State.values), st.sampled_from([0, 500]), booleans), max_size=2).map(tuple),
)


class PolicyTest(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(worlds)
    def test_in_every_world_the_policy_says_what_its_restatement_says(self, world):
        subject, image = build(world)

        assert actions(subject, image) == restated(world)
        if not world.freed:  # whoever is nobody has at most what is given away
            assert actions(Subject.anonymous(), image) <= {PULL}


@given(st.builds(Facts, *[booleans] * 9), booleans)
def test_nobody_but_staff_may_delete_what_was_never_sold_and_nobody_but_who_edits_for_the_owner_may_push(facts, is_staff):
    granted = decide(facts, is_staff=is_staff)

    assert (DELETE in granted) == (is_staff and facts.within_limits and not facts.sold)
    assert granted == frozenset() or facts.within_limits
    assert PUSH not in granted or facts.edited
    assert PUSH not in granted or PULL in granted  # the registry needs both for an upload


def test_models_named_in_the_text_of_the_query_are_the_tables():
    for model in (Image, Entitlement, ProductImage, Product, Price):
        assert model._meta.db_table in access._FACTS.text
