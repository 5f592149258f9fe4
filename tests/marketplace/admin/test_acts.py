"""What staff do asks for a reason, is done by one service, and is written down."""

from datetime import UTC, datetime

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from audit.models import AuditEvent
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory, NamespaceFactory, ProductFactory, PushedImageFactory, TrialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def me() -> User:
    return UserFactory(staff=True)


@pytest.fixture
def staff(client: Client, me: User) -> Client:
    client.force_login(me)
    return client


def do(client: Client, act: str, row: Model, **given: object):
    address = reverse(f"admin:marketplace_{row._meta.model_name}_changelist")
    answer = client.post(address, {"action": act, "index": 0, "_selected_action": [row.pk], **given})
    row.refresh_from_db()
    return answer


def done(client: Client, act: str, row: Model, **given: object):
    return do(client, act, row, act_confirmed="yes", reason="Asked for by its owner.", **given)


def trail() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "reason"))


def test_an_act_asks_first_and_says_what_follows(staff: Client) -> None:
    image = PushedImageFactory()

    answer = do(staff, "take_down", image)

    assert "A pull token that was already issued works for up to 6 minutes." in answer.content.decode()
    assert "A push token that was already issued works for up to 31 minutes." in answer.content.decode()
    assert image.taken_down_at is None


def test_nothing_happens_without_a_reason(staff: Client) -> None:
    image = PushedImageFactory()

    answer = do(staff, "take_down", image, act_confirmed="yes", reason="  ")

    assert answer.status_code == 400
    assert image.taken_down_at is None
    assert trail() == []


def test_an_image_is_taken_down_and_restored(staff: Client) -> None:
    image = PushedImageFactory()

    done(staff, "take_down", image)
    assert image.taken_down_at is not None
    done(staff, "restore", image)
    assert image.taken_down_at is None

    assert trail() == [("image.taken_down", "Asked for by its owner."), ("image.restored", "Asked for by its owner.")]


def test_a_name_is_released(staff: Client) -> None:
    image = ImageFactory()

    done(staff, "release", image)

    assert image.ended_at is not None
    assert trail() == [("image.released", "Asked for by its owner.")]


def test_the_guard_against_look_alikes_is_cleared(staff: Client) -> None:
    namespace = NamespaceFactory(skeleton="acrne")

    done(staff, "clear_skeleton", namespace)

    assert namespace.skeleton is None
    assert trail() == [("namespace.skeleton_cleared", "Asked for by its owner.")]


def test_a_product_is_suspended_and_reinstated(staff: Client) -> None:
    product = ProductFactory()

    states = []
    for act in ("suspend", "reinstate"):
        done(staff, act, product)
        states.append(product.state)

    assert states == [Product.State.SUSPENDED, Product.State.WITHDRAWN]

    assert [action for action, _ in trail()] == ["product.suspended", "product.reinstated"]


def test_an_image_is_given_to_a_user(staff: Client, me: User) -> None:
    image, user = PushedImageFactory(), UserFactory()

    done(staff, "give", image, holder=user.username)

    given = Entitlement.objects.get()
    event = AuditEvent.objects.get()
    assert (given.holder, given.image, given.source_kind, given.source_id) == (user.account, image, Entitlement.Source.STAFF, event.pk)
    assert (event.action, event.actor, event.reason, event.details["holder"]) == (
        "image.given",
        me,
        "Asked for by its owner.",
        str(user.account.pk),
    )


def test_an_image_is_given_until_the_end_of_a_day_that_is_to_come(staff: Client) -> None:
    image, user = PushedImageFactory(), UserFactory()

    done(staff, "give", image, holder=user.username, ends_on="2001-01-01")
    assert not Entitlement.objects.exists()
    done(staff, "give", image, holder=user.username, ends_on="2090-12-31")

    assert Entitlement.objects.get().ends_at == datetime(2090, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("name", [pytest.param("nobody", id="unknown"), pytest.param("gone", id="disabled")])
def test_nothing_is_given_to_nobody(staff: Client, name: str) -> None:
    UserFactory(username="gone", is_active=False)

    answer = done(staff, "give", PushedImageFactory(), holder=name)

    assert "No active user has this name." in answer.content.decode()
    assert not Entitlement.objects.exists()


def test_what_was_given_is_taken_back(staff: Client) -> None:
    given = EntitlementFactory(source_kind=Entitlement.Source.STAFF)

    done(staff, "take_back", given)

    assert given.revocation_reason == "Asked for by its owner."
    assert trail() == [("entitlement.revoked", "Asked for by its owner.")]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"source_kind": Entitlement.Source.ORDER}, "Refund the order", id="bought"),
        pytest.param({"source_kind": Entitlement.Source.SUBSCRIPTION}, "Refund the order", id="subscribed"),
        pytest.param({"source_kind": Entitlement.Source.TRIAL}, "End the trial", id="tried"),
        pytest.param({"source_kind": Entitlement.Source.STAFF, "revoked": True}, "revoked already", id="revoked"),
    ],
)
def test_what_was_bought_or_has_ended_is_not_taken_back(staff: Client, fields: dict[str, object], message: str) -> None:
    entitlement = EntitlementFactory(**fields)
    before = entitlement.revoked_at

    answer = done(staff, "take_back", entitlement)

    assert message in staff.get(answer.url).content.decode()
    assert entitlement.revoked_at == before
    assert trail() == []


def test_a_trial_is_ended(staff: Client) -> None:
    trial = TrialFactory()

    done(staff, "end", trial)

    assert (trial.ended_early, trial.end_reason) == (True, "Asked for by its owner.")
    assert not Entitlement.objects.in_force().exists()
    assert trail() == [("trial.ended", "Asked for by its owner.")]


def test_one_refusal_does_not_stop_the_other_rows(staff: Client) -> None:
    down, up = PushedImageFactory(), PushedImageFactory()
    done(staff, "take_down", down)
    address = reverse("admin:marketplace_image_changelist")

    staff.post(address, {"action": "take_down", "_selected_action": [down.pk, up.pk], "act_confirmed": "yes", "reason": "Copied."})

    up.refresh_from_db()
    assert up.take_down_reason == "Copied."


def test_a_customer_can_do_none_of_it(client: Client) -> None:
    client.force_login(UserFactory())
    image = PushedImageFactory()

    assert done(client, "take_down", image).status_code == 403
    assert image.taken_down_at is None
    assert trail() == []


def test_staff_put_nobodys_image_into_a_product(staff: Client) -> None:
    product, foreign = ProductFactory(), PushedImageFactory()
    before = list(product.images.all())
    typed = {"images": str(foreign.pk), "title": "Theirs", "product_images-0-image": str(foreign.pk)}

    for address in (reverse("admin:marketplace_product_change", args=[product.pk]), reverse("admin:marketplace_product_add")):
        assert staff.post(address, typed).status_code == 403

    product.refresh_from_db()
    assert (list(product.images.all()), product.title == "Theirs", Product.objects.count()) == (before, False, 1)
