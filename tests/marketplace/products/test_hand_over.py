"""A person's namespace becomes an organisation's: what is in it goes along, what others have of it stays."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection
from django.db.models import ForeignKey
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from common.errors import DomainError
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.errors import NamespaceQuotaReached, NotYours, RoleNotEnough, SellerIsSuspended
from marketplace.images.models import Image, Manifest, Namespace, StoredBlob
from marketplace.images.services.storage import count_blobs, release_blobs
from marketplace.models import Product, ProductImage
from marketplace.products.errors import BundleAcrossNamespaces, NoMoreRoom
from marketplace.products.selectors.offers import offered_price
from marketplace.products.services import limits
from marketplace.products.services.hand_over import hand_over_namespace
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, MembershipFactory, OrganisationFactory, OrganisationSellerFactory, SellerFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, NamespaceFactory, ProductFactory, PushedImageFactory, digest_of
from tests.marketplace.conftest import acting_for
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
PULL, PUSH = Action.PULL, Action.PUSH


@pytest.fixture
def space() -> Namespace:
    return NamespaceFactory(name="mira", seller=SellerFactory(user__username="mira"))


@pytest.fixture
def mira(space: Namespace) -> User:
    assert space.owner.user
    return space.owner.user


@pytest.fixture
def acme(mira: User) -> Account:
    account: Account = MembershipFactory(account=OrganisationFactory(handle="acme", name="Acme"), user=mira).account
    return account


@pytest.fixture
def product(space: Namespace) -> Product:
    return ProductFactory(namespace=space, images=[PushedImageFactory(namespace=space, name="db")])


def actions(subject: Subject, image: Image) -> frozenset[Action]:
    return allowed_actions(subject=subject, repositories=[image.repository])[image.repository]


def owners() -> list[object]:
    """Return who owns what, as the rows say."""
    return [
        *Namespace.objects.order_by("pk").values_list("owner", flat=True),
        *Image.objects.order_by("pk").values_list("owner", flat=True),
        *Product.objects.order_by("pk").values_list("seller", flat=True),
        *ProductImage.objects.order_by("pk").values_list("owner", flat=True),
        *StoredBlob.objects.order_by("pk").values_list("owner", "digest", "uses"),
        AuditEvent.objects.count(),
    ]


def test_everything_in_it_goes_along_and_the_act_is_in_the_trail(space: Namespace, product: Product, acme: Account, mira: User) -> None:
    hand_over_namespace(namespace=space, organisation=acme, actor=mira)

    image = product.images.get()
    assert {image.owner_id, *Namespace.objects.values_list("owner", flat=True)} == {acme.pk}
    assert {Product.objects.get().seller_id, ProductImage.objects.get().owner_id} == {acme.pk}
    assert SellerProfile.objects.get(pk=acme.pk).display_name == "Acme"
    event = AuditEvent.objects.get(action="namespace.handed_over")
    assert (event.actor, event.target_id) == (mira, str(space.pk))
    assert event.details == {"before": "mira", "after": "acme", "images": 1, "products": 1}
    assert [mail.to for mail in OutgoingMail.objects.all()] == [mira.email]


def test_buyers_keep_everything_and_members_act_by_their_role(space: Namespace, product: Product, acme: Account, mira: User) -> None:
    image = product.images.get()
    entitlement = EntitlementFactory(image=image)
    editor = MembershipFactory(account=acme, role=Role.EDITOR).user

    hand_over_namespace(namespace=space, organisation=acme, actor=mira)

    assert actions(Subject.of(entitlement.holder.user), image) == {PULL}
    assert actions(Subject.of(mira), image) == actions(Subject.of(editor), image) == {PULL, PUSH}
    acme.memberships.filter(user=mira).delete()
    assert actions(Subject.of(mira), image) == frozenset()
    assert actions(Subject.of(AnonymousUser()), image) == frozenset()


def test_what_has_a_price_waits_until_the_organisation_can_be_paid(space: Namespace, product: Product, acme: Account, mira: User) -> None:
    assert offered_price(product) is not None

    hand_over_namespace(namespace=space, organisation=acme, actor=mira)

    moved = Product.objects.get()
    assert moved.is_visible
    assert offered_price(moved) is None
    SellerProfile.objects.filter(pk=acme.pk).update(stripe_account_id="acct_acme", charges_enabled=True, payouts_enabled=True)
    assert offered_price(Product.objects.get()) is not None


def test_storage_is_counted_for_the_new_owner_and_shared_blobs_once(space: Namespace, product: Product, acme: Account, mira: User) -> None:
    kept = Manifest.objects.get(image__in=PushedImageFactory(namespace=NamespaceFactory(owner=mira.account)).tags.values("image"))
    moved = Manifest.objects.get(image=product.images.get())
    base, top, other = (digest_of(name) for name in ("base", "top", "other"))
    OrganisationSellerFactory(account=acme)
    count_blobs(owner_id=acme.pk, sizes={base: 10})
    for manifest, digests in ((kept, [base, other]), (moved, [base, top])):
        manifest.blobs = count_blobs(owner_id=mira.account.pk, sizes=dict.fromkeys(digests, 10))
        manifest.save(update_fields=["blobs"])

    hand_over_namespace(namespace=space, organisation=acme, actor=mira)

    rows = set(StoredBlob.objects.values_list("owner", "digest", "uses"))
    assert rows == {(acme.pk, base, 2), (acme.pk, top, 1), (mira.account.pk, base, 1), (mira.account.pk, other, 1)}
    moved.refresh_from_db()
    assert set(StoredBlob.objects.filter(pk__in=moved.blobs or ()).values_list("owner", "digest")) == {(acme.pk, base), (acme.pk, top)}
    release_blobs(moved.blobs or ())
    assert set(StoredBlob.objects.filter(owner=acme).values_list("digest", "uses")) == {(base, 1)}


def stranger(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    return {"actor": MembershipFactory(account=acme).user}


def member_only(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    return {"organisation": MembershipFactory(user=mira, role=Role.EDITOR).account}


def outsider(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    return {"organisation": OrganisationFactory()}


def suspended_giver(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    SellerProfile.objects.filter(pk=space.owner_id).update(suspended_at=timezone.now(), suspension_reason="x")
    return {}


def suspended_taker(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    OrganisationSellerFactory(account=acme, suspended_at=timezone.now(), suspension_reason="x")
    return {}


def full(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    NamespaceFactory(seller=OrganisationSellerFactory(account=acme))
    return {}


def bundle(space: Namespace, acme: Account, mira: User) -> dict[str, object]:
    other = NamespaceFactory(owner=mira.account)
    ProductFactory(namespace=other, images=[PushedImageFactory(namespace=other), PushedImageFactory(namespace=space)])
    return {}


@pytest.mark.parametrize(
    ("hinder", "error"),
    [
        (stranger, NotYours),
        (outsider, NotYours),
        (member_only, RoleNotEnough),
        (suspended_giver, SellerIsSuspended),
        (suspended_taker, SellerIsSuspended),
        (full, NamespaceQuotaReached),
        (bundle, BundleAcrossNamespaces),
    ],
)
def test_what_stands_against_it_leaves_everything_as_it_was(
    space: Namespace, product: Product, acme: Account, mira: User, hinder, error: type[DomainError]
) -> None:
    wanted = {"namespace": space, "organisation": acme, "actor": mira, **hinder(space, acme, mira)}
    before = owners()

    with pytest.raises(error):
        hand_over_namespace(**wanted)

    assert owners() == before


def test_limits_of_one_seller_hold_for_what_is_given(
    space: Namespace, product: Product, acme: Account, mira: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PRODUCTS", 0)
    before = owners()

    with pytest.raises(NoMoreRoom):
        hand_over_namespace(namespace=space, organisation=acme, actor=mira)

    assert owners() == before


def test_every_row_that_names_an_account_moves_or_stays_by_decision() -> None:
    """A new model that repeats who owns a name must be moved, too; say here that it is, or why it stays."""
    moved = {
        "marketplace.Namespace.owner",
        "marketplace.Image.owner",
        "marketplace.Product.seller",
        "marketplace.ProductImage.owner",
        "marketplace.UnsavedText.seller",
    }
    counted_anew = {
        "marketplace.StoredBlob.owner",
        "marketplace.DailyFigures.seller",
        "marketplace.RevenueOutlook.seller",
        "marketplace.CountOutlook.seller",
    }
    of_buyers = {"marketplace.Entitlement.holder", "marketplace.PullCount.buyer", "marketplace.BuyerPull.buyer", "marketplace.Review.buyer"}
    of_buyers |= {"marketplace.Gift.holder", "marketplace.Trial.holder", "marketplace.KnownCard.account"}
    # Whoever sold when it was reported answers for it; whoever gave something can still renew it and take it back.
    of_their_day = {"marketplace.Report.concerned", "marketplace.Gift.giver"}

    found = {
        f"{model._meta.label}.{field.name}"
        for model in Image._meta.apps.get_app_config("marketplace").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in {Account, SellerProfile}
    }

    assert found == moved | counted_anew | of_buyers | of_their_day


def test_the_page_asks_for_a_fresh_login_and_the_name_once_more(space: Namespace, product: Product, acme: Account, mira: User) -> None:
    client, path = Client(), reverse("marketplace:hand_over", args=[space.pk])
    client.force_login(mira)
    typed = {"organisation": str(acme.pk), "typed": "mira"}

    assert_sound(client.get(path))
    assert client.post(path, {**typed, "typed": "other"}).status_code == 400
    assert client.post(path, typed)["Location"].startswith("/account/reauthenticate/")
    assert Namespace.objects.get(pk=space.pk).owner == mira.account

    client = Client()
    client.post(reverse("account_login"), {"login": mira.email, "password": PASSWORD})
    done = client.post(path, typed)
    assert done["Location"] == f"{reverse('marketplace:dashboard')}?seller=acme"
    assert Namespace.objects.get(pk=space.pk).owner == acme
    assert client.get(path).status_code == 404
    assert_sound(client.get(done["Location"]))
    start = client.get(reverse("marketplace:start"))  # what they sold before stays theirs
    assert_sound(start)
    address = f"{reverse('billing:seller_orders')}?seller=mira"
    assert address in start.content.decode()
    assert acting_for(client.get(address).wsgi_request).pk == mira.account.pk


def test_who_owns_no_organisation_is_told_so(space: Namespace, mira: User) -> None:
    client = Client()
    client.force_login(mira)

    page = client.get(reverse("marketplace:hand_over", args=[space.pk]))

    assert_sound(page)
    assert b"You own no organisation" in page.content


def test_the_four_keys_are_checked_again_at_once(space: Namespace, product: Product, acme: Account, mira: User) -> None:
    hand_over_namespace(namespace=space, organisation=acme, actor=mira)

    with connection.cursor() as cursor, pytest.raises(IntegrityError, match=r"image_owner_is_(image|namespace)_owner"):
        cursor.execute("UPDATE marketplace_image SET owner_id = %s", [UserFactory().account.pk])
