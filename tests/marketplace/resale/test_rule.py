"""What is flagged, and what is not: the rule on rows as pushes leave them."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.images.errors import NotYours
from marketplace.images.models import Manifest, UncheckedLayers
from marketplace.images.services.manifests import LayerDescription, ManifestDescription, describe_manifest
from marketplace.products.models import Price, Product
from marketplace.resale import services
from marketplace.resale.errors import FlagIsClosed
from marketplace.resale.models import ResaleFlag
from marketplace.resale.rule import SMALLEST
from marketplace.resale.selectors import find_resale
from marketplace.resale.services import close_flag, has_unchecked_layers
from marketplace.resale.tasks import check_layers
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.marketplace import FreeProductFactory, ImageFactory, ManifestFactory, NamespaceFactory, ProductFactory, digest_of

pytestmark = pytest.mark.django_db


def described(image, *names, size=1_000_000, sizes=None):
    """Have the registry's description of an image with these layers, base first, recorded."""
    layers = [LayerDescription(digest_of(name), (sizes or {}).get(name, size), "COPY") for name in names]
    manifest = ManifestFactory(image=image, described_at=None)
    blobs = {manifest.digest: 500} | {layer.digest: layer.size for layer in layers}
    describe_manifest(
        manifest=manifest,
        description=ManifestDescription(kind=Manifest.Kind.IMAGE, size=len(layers) * size, layers=tuple(layers), blobs=blobs),
    )
    return manifest


def paid(*names, product=ProductFactory, **options):
    """An image on sale with these layers, which nobody had before."""
    image = ImageFactory(first_pushed_at=timezone.now())
    product(namespace=image.namespace, images=[image])
    described(image, *names, **options)
    check_layers()
    return image


def pushed(*names, by=None, **options):
    """Somebody else's push of these layers; return what it was flagged for."""
    image = ImageFactory(first_pushed_at=timezone.now(), **({"namespace": by} if by else {}))
    described(image, *names, **options)
    check_layers()
    return [(str(flag.origin), sorted(flag.layers)) for flag in ResaleFlag.objects.filter(image=image)]


def layers(*names):
    return sorted(digest_of(name) for name in names)


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        pytest.param(["base", "model", "app"], ["base", "model", "app"], id="the whole image"),
        pytest.param(["base", "model", "app", "mine"], ["base", "model", "app"], id="built on it"),
        pytest.param(["other base", "model", "app"], ["model", "app"], id="its layers on another base"),
        pytest.param(["model", "base", "mine"], ["base", "model"], id="one layer in another order"),
        pytest.param(["mine", "app"], ["app"], id="one layer alone"),
    ],
)
def test_a_push_with_what_another_seller_sells_is_flagged(names, taken):
    origin = paid("base", "model", "app")

    assert pushed(*names) == [(origin.repository, layers(*taken))]

    event = AuditEvent.objects.get(action="image.resale_flagged")
    assert (event.actor, event.details["origin"], event.details["size"]) == (None, origin.repository, len(taken) * 1_000_000)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["base", "mine"], id="the same base"),
        pytest.param(["base", "model", "mine"], id="a longer beginning, which is a base as far as anybody can tell"),
        pytest.param(["mine"], id="nothing in common"),
        pytest.param(["other base", "tiny", "mine"], id="a layer too small to say anything"),
        pytest.param(["other base", "tool", "mine"], id="one file that both copied from the same place"),
    ],
)
def test_a_push_with_what_both_may_have_from_elsewhere_is_not(names):
    sizes = {"tiny": SMALLEST - 1, "tool": 150_000}
    paid("base", "model", "tool", "tiny", "app", sizes=sizes)

    assert pushed(*names, sizes=sizes) == []


def test_what_many_sellers_have_is_a_base_whoever_had_it_first():
    origin = paid("debian")

    assert pushed("debian", "one") == [(origin.repository, layers("debian"))]
    assert pushed("debian", "two") == [(origin.repository, layers("debian"))]
    assert pushed("debian", "three") == []


@pytest.mark.parametrize("how", ["free", "a draft", "also free", "without a price"])
def test_what_is_not_sold_for_money_is_nobodys_resale(how):
    image = paid("base", "app", product=FreeProductFactory if how == "free" else ProductFactory)
    if how == "a draft":
        Product.objects.update(state=Product.State.DRAFT)
    if how == "also free":
        FreeProductFactory(namespace=image.namespace, images=[image])
    if how == "without a price":
        Price.objects.update(retired_at=timezone.now())

    assert pushed("base", "app") == []


def test_what_was_withdrawn_is_still_its_sellers():
    origin = paid("base", "app")
    Product.objects.update(state=Product.State.WITHDRAWN)

    assert pushed("base", "app") == [(origin.repository, layers("base", "app"))]


def test_a_seller_who_had_it_first_or_pushes_it_again_is_not_flagged():
    first = ImageFactory()
    described(first, "base", "app")
    later = ImageFactory()
    ProductFactory(namespace=later.namespace, images=[later])
    described(later, "base", "app")
    described(first, "base", "app", "more")
    described(ImageFactory(namespace=first.namespace), "base", "app")

    check_layers()

    assert not ResaleFlag.objects.exists()


@pytest.mark.parametrize("first", ["the organisation", "the member"])
def test_an_organisation_and_its_members_do_not_flag_each_other(first):
    organisation = OrganisationFactory()
    SellerFactory(account=organisation)
    member = SellerFactory()
    MembershipFactory(account=organisation, user=member.account.user)
    spaces = [NamespaceFactory(owner=account) for account in (organisation, member.account)]
    origin, copy = [
        ImageFactory(namespace=space, reserved_by=member.account.user)
        for space in (spaces if first == "the organisation" else spaces[::-1])
    ]
    ProductFactory(namespace=origin.namespace, images=[origin])
    described(origin, "base", "app")
    described(copy, "base", "app")

    check_layers()

    assert not ResaleFlag.objects.exists()


def test_each_image_is_flagged_once_for_each_origin_until_staff_have_decided():
    one, two = paid("base", "app"), paid("other")
    image = ImageFactory()
    for tag in ("first", "second"):
        described(image, "base", "app", tag)
        described(image, "mine", "other", tag)
        check_layers()

    assert sorted(str(flag.origin) for flag in ResaleFlag.objects.filter(image=image)) == sorted([one.repository, two.repository])


def test_the_most_that_one_image_of_the_origin_has_is_told():
    image = ImageFactory()
    ProductFactory(namespace=image.namespace, images=[image])
    described(image, "base", "app")
    described(image, "base", "app", "more")
    check_layers()

    assert pushed("base", "app", "more") == [(image.repository, layers("base", "app", "more"))]
    assert pushed("mine", "base") == [(image.repository, layers("base"))]


def test_a_push_of_layers_that_nobody_else_has_costs_few_queries():
    described(ImageFactory(), *(f"layer {number}" for number in range(60)))

    with CaptureQueriesContext(connection) as queries:
        check_layers()

    written = [query["sql"] for query in queries if "marketplace_" in query["sql"] and "lease" not in query["sql"]]
    assert len(written) <= 7
    assert not has_unchecked_layers()


def test_a_manifest_that_went_meanwhile_waits_no_longer():
    manifest = described(ImageFactory(), "base")
    Manifest.objects.filter(pk=manifest.pk).delete()

    assert check_layers() == 0
    assert not UncheckedLayers.objects.exists()


def breaking(monkeypatch, manifest, error):
    """Let the comparison of one manifest end with an error."""

    def all_but_one(compared):
        if compared == manifest:
            raise error
        return find_resale(compared)

    monkeypatch.setattr(services, "find_resale", all_but_one)


def two_copies(*, of):
    """Two pushes of layers, in the order in which they are compared."""
    copies = [described(ImageFactory(first_pushed_at=timezone.now()), *of) for _ in range(2)]
    return sorted(copies, key=lambda manifest: manifest.pk)


def make_due():
    UncheckedLayers.objects.update(due_at=timezone.now())


def test_one_that_cannot_be_compared_keeps_no_other_waiting(monkeypatch):
    paid("base", "app")
    bad, good = two_copies(of=["base", "app"])

    with monkeypatch.context() as patch:
        breaking(patch, bad, ValueError("no layers"))
        assert check_layers() == 1
        assert ResaleFlag.objects.get().image == good.image
        assert not has_unchecked_layers()  # it is put off, and no run follows at once
        assert check_layers() == 0
    assert list(UncheckedLayers.objects.values_list("pk", "attempts")) == [(bad.pk, 1)]

    make_due()
    assert check_layers() == 1
    assert not UncheckedLayers.objects.exists()


def test_one_that_ends_the_run_is_put_off_before_and_the_next_run_goes_on(monkeypatch):
    paid("base", "app")
    bad, good = two_copies(of=["base", "app"])
    breaking(monkeypatch, bad, SoftTimeLimitExceeded)

    with pytest.raises(SoftTimeLimitExceeded):
        check_layers()
    assert check_layers() == 1
    assert ResaleFlag.objects.get().image == good.image

    paid("another")
    make_due()
    new = described(ImageFactory(first_pushed_at=timezone.now()), "another")
    with pytest.raises(SoftTimeLimitExceeded):
        check_layers()
    assert ResaleFlag.objects.filter(image=new.image).exists()  # what was tried less often comes first
    assert list(UncheckedLayers.objects.values_list("pk", "attempts")) == [(bad.pk, 2)]


class TestDeciding:
    @pytest.fixture
    def flag(self):
        paid("base", "app")
        self.shop = NamespaceFactory()
        pushed("base", "app", by=self.shop)
        return ResaleFlag.objects.get()

    def test_what_is_dismissed_excuses_this_seller_and_nobody_else(self, flag):
        staff = UserFactory(staff=True)
        close_flag(flag=flag, outcome=ResaleFlag.Outcome.DISMISSED, reason="They have a licence.", actor=staff)

        assert pushed("base", "app", "next", by=self.shop) == []
        assert pushed("base", "app") == [(str(flag.origin), layers("base", "app"))]
        event = AuditEvent.objects.get(action="resale_flag.dismissed")
        assert (event.actor, event.reason) == (staff, "They have a licence.")

    def test_what_is_upheld_is_flagged_again(self, flag):
        close_flag(flag=flag, outcome=ResaleFlag.Outcome.UPHELD, reason="Copied.", actor=UserFactory(staff=True))
        described(flag.image, "base", "app", "again")

        assert check_layers() == 1

    def test_staff_decide_once_with_a_reason(self, flag):
        staff = UserFactory(staff=True)
        with pytest.raises(NotYours):
            close_flag(flag=flag, outcome=ResaleFlag.Outcome.DISMISSED, reason="Mine.", actor=UserFactory())
        with pytest.raises(ReasonMissing):
            close_flag(flag=flag, outcome=ResaleFlag.Outcome.DISMISSED, reason=" ", actor=staff)
        assert ResaleFlag.objects.get(closed_at=None) == flag
        close_flag(flag=flag, outcome=ResaleFlag.Outcome.UPHELD, reason="Copied.", actor=staff)
        with pytest.raises(FlagIsClosed, match="upheld"):
            close_flag(flag=flag, outcome=ResaleFlag.Outcome.DISMISSED, reason="After all.", actor=staff)

    @pytest.mark.parametrize("act", ["dismiss", "uphold"])
    def test_it_is_decided_in_the_admin(self, client: Client, flag, act):
        client.force_login(UserFactory(staff=True))
        listed = client.get(reverse("admin:marketplace_resaleflag_changelist"))
        assert flag.image.repository in listed.content.decode()

        client.post(
            reverse("admin:marketplace_resaleflag_changelist"),
            {"action": act, "_selected_action": [str(flag.pk)], "act_confirmed": "1", "reason": "Looked at."},
        )

        flag.refresh_from_db()
        assert flag.outcome == {"dismiss": "dismissed", "uphold": "upheld"}[act]
        assert digest_of("app") in client.get(reverse("admin:marketplace_resaleflag_change", args=[flag.pk])).content.decode()
