"""A person can take along what the shop holds of them, and be forgotten; what others rely on stays."""

import json
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import CharField, EmailField, JSONField, TextField
from django.utils import timezone

from accounts.organisations.models import Invitation, Membership
from accounts.people.models import User
from accounts.privacy.errors import AccountAlreadyDeleted, AccountHasObligations
from accounts.privacy.handlers import handlers
from accounts.privacy.selectors import export_personal_data
from accounts.privacy.services.deletion import delete_account
from accounts.tokens.models import AccessToken
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from audit.services import record_audit
from billing.gifts.models import OrderGift
from billing.orders.models import Order
from billing.refunds.models import Refund
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.gifts.models import Gift
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory
from tests.factories.marketplace import EntitlementFactory, GiftFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    user = UserFactory(username="jane", email="jane@person.example")
    EmailAddress.objects.filter(user=user).update(email="jane@person.example")
    AccessTokenFactory(user=user, name="laptop")
    MembershipFactory(user=user, role="member")
    EntitlementFactory(holder=user.account)
    queue_mail(to="jane@person.example", template="token_created", context={"token": user.access_tokens.get()}, key="about:jane")
    record_audit(actor=user, action="user.renamed", target=user)
    for accepted in (None, timezone.now()):
        invitation = InvitationFactory(email="jane@person.example", accepted_at=accepted, accepted_by=accepted and user)
        record_audit(actor=invitation.invited_by, action="invitation.sent", target=invitation)
    AuditEvent.objects.filter(actor=user).update(address="192.0.2.1")
    return user


def forgotten(user, actor=None):
    return delete_account(user=user, reason="They asked by mail.", actor=actor)


def texts_of_everything():
    """Every text that the database holds, by its column."""
    for model in apps.get_models():
        if model.__module__.startswith("tests."):
            continue  # another test's own row, whose table is gone
        columns = [field.name for field in model._meta.concrete_fields if isinstance(field, CharField | TextField | EmailField | JSONField)]
        for row in model._default_manager.values(*columns) if columns else ():
            for name, value in row.items():
                yield f"{model._meta.label}.{name}", json.dumps(value, default=str)


def test_nothing_that_names_the_person_is_left_anywhere(person):
    OrderFactory(buyer=person.account, placed_by=person, email="jane@person.example", state=Order.State.REFUNDED, paid_at=timezone.now())

    forgotten(person)

    assert [where for where, text in texts_of_everything() if "jane" in text] == []
    assert not AuditEvent.objects.filter(address="192.0.2.1").exists()


def test_sign_in_tokens_memberships_and_library_end(person):
    image = person.account.entitlements.get().image
    password = person.password

    staff = UserFactory(staff=True)

    user = forgotten(person, actor=staff)

    assert (user.is_active, user.has_usable_password(), user.password != password) == (False, False, True)
    assert not AccessToken.objects.filter(user=user).exists()
    assert not Membership.objects.filter(user=user).exists()
    assert not Entitlement.objects.live().filter(holder=user.account).exists()
    assert allowed_actions(subject=Subject.of(user), repositories=[image.repository]) == {image.repository: frozenset[Action]()}
    assert not OutgoingMail.objects.filter(key="about:jane").exists()
    event = AuditEvent.objects.get(action="user.deleted")
    assert (event.actor, event.reason, event.target_label) == (staff, "They asked by mail.", user.username)


def test_orders_stay_without_an_address(person):
    order = OrderFactory(buyer=person.account, placed_by=person, state=Order.State.PAID, paid_at=timezone.now())

    forgotten(person)

    kept = Order.objects.get(pk=order.pk)
    assert (kept.amount, kept.state, kept.buyer) == (order.amount, "paid", person.account)
    assert kept.email.endswith("@deleted.invalid")


def test_the_user_name_is_free_for_somebody_else(person):
    forgotten(person)

    assert UserFactory(username="jane").account.handle == "jane"


@pytest.mark.parametrize("kind", ["staff", "last owner", "on sale", "pending order", "waiting refund", "disputed sale"])
def test_who_others_rely_on_is_not_deleted(person, kind):
    paid = {"paid_at": timezone.now()}
    match kind:
        case "staff":
            User.objects.filter(pk=person.pk).update(is_staff=True)
            words = "is staff"
        case "last owner":
            MembershipFactory(user=person, role="owner", account__name="Gate 9")
            words = "Gate 9 has no other owner"
        case "on sale":
            product = ProductFactory(title="Postgres HA")
            person = product.seller.account.user
            words = "Still on sale: Postgres HA."
        case "pending order":
            OrderFactory(buyer=person.account, placed_by=person)
            words = "is not settled yet"
        case "waiting refund":
            order = OrderFactory(buyer=person.account, placed_by=person, state=Order.State.PAID, **paid)
            Refund.objects.create(order=order, payment_intent_id="pi_1", amount=1, reason="Asked.")
            words = "is not settled yet"
        case _:
            order = OrderFactory(state=Order.State.DISPUTED, **paid)
            Product.objects.update(state=Product.State.WITHDRAWN)
            person = order.seller.account.user
            words = "is not settled yet"
    person.refresh_from_db()
    before = list(texts_of_everything())

    with pytest.raises(AccountHasObligations, match=words):
        forgotten(person)

    assert list(texts_of_everything()) == before


def test_an_owner_among_others_goes_and_the_organisation_stays(person):
    held = MembershipFactory(user=person, role="owner", account__name="Gate 9")
    other = MembershipFactory(account=held.account, role="owner")

    forgotten(person)

    assert list(held.account.memberships.all()) == [other]


def test_a_second_deletion_and_one_without_a_reason_change_nothing(person):
    with pytest.raises(ReasonMissing):
        delete_account(user=person, reason=" ", actor=None)
    stale = User.objects.get(pk=person.pk)
    forgotten(person)

    for again in (person, stale):
        with pytest.raises(AccountAlreadyDeleted):
            forgotten(again)

    assert AuditEvent.objects.filter(action="user.deleted").count() == 1


def test_the_export_holds_what_each_app_holds_and_no_secret(person):
    OrderFactory(buyer=person.account, placed_by=person, product_title="Postgres HA")
    out = StringIO()

    call_command("export_account", "Jane", stdout=out)

    exported = json.loads(out.getvalue())
    assert exported["account"]["username"] == "jane"
    assert [address["email"] for address in exported["email_addresses"]] == ["jane@person.example"]
    assert [token["name"] for token in exported["access_tokens"]] == ["laptop"]
    assert [order["product_title"] for order in exported["orders"]] == ["Postgres HA"]
    assert [held["image__repository"] for held in exported["library"]] == [person.account.entitlements.get().image.repository]
    assert (len(exported["organisations"]), exported["acts"][0]["address"]) == (1, "192.0.2.1")
    token = AccessToken.objects.get(user=person)
    assert [secret for secret in (token.secret_hash, person.password) if secret in out.getvalue()] == []


def test_the_export_of_nobody_is_refused():
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("export_account", "nobody")


def test_subjects_of_two_apps_never_overwrite_each_other(person):
    assert len(handlers()) == 3
    subjects = [name for handler in handlers() for name in handler.export(person)]

    assert len(subjects) == len(set(subjects)) == len(export_personal_data(person))


@pytest.mark.parametrize("claimed", [True, False])
def test_what_others_sent_to_the_person_is_forgotten_too(person, claimed):
    order = PaidOrderFactory()
    OrderGift.objects.create(order=order, email="jane@person.example", message="Dear jane")
    GiftFactory(product=order.product, email="jane@person.example", message="Dear jane", claimed=claimed, user=person)

    forgotten(person)

    assert [where for where, text in texts_of_everything() if "jane" in text] == []
    assert OrderGift.objects.get().email.endswith("@deleted.invalid")


def test_whoever_enters_the_address_of_another_and_goes_takes_nothing_from_them():
    stranger = UserFactory(email="jane@person.example", verified=False)
    EmailAddress.objects.create(user=stranger, email="new@person.example")
    EmailAddress.objects.create(user=stranger, email="Stranger@person.example", verified=True)
    OrderGift.objects.create(order=PaidOrderFactory(), email="jane@person.example", message="Dear Jane")
    for email in ("jane@person.example", "new@person.example", "stranger@person.example"):
        GiftFactory(email=email)
    invitation = InvitationFactory(email="jane@person.example")
    queue_mail(to="jane@person.example", template="token_created", context={"token": AccessTokenFactory()}, key="about:jane")
    assert export_personal_data(stranger)["mails"] == []

    forgotten(stranger)

    assert [gift.email for gift in Gift.objects.exclude(secret_hash=None).order_by("email")] == [
        "jane@person.example",
        "new@person.example",
    ]
    assert OrderGift.objects.values_list("email", "message").get() == ("jane@person.example", "Dear Jane")
    assert Invitation.objects.get().email == invitation.email
    assert OutgoingMail.objects.get().to == "jane@person.example"
