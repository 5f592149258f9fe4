"""One reason, the one that the registry would have; and nothing that the asker could not see otherwise."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from accounts.tokens.models import TokenScope
from accounts.tokens.secrets import new_secret
from accounts.tokens.selectors import identity_token_for
from accounts.tokens.services import log_out_everywhere
from common.ids import new_id
from marketplace.credentials.services import make_pull_credential
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Subject, access_facts
from marketplace.gifts.models import Gift
from marketplace.images.models import Image
from marketplace.products.models import Product
from registry_auth.why.answers import PullAnswer, Reason
from registry_auth.why.diagnosis import Login, why_not_pull
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    GiftFactory,
    ImageFactory,
    ManifestFactory,
    ProductFactory,
    PushedImageFactory,
)

pytestmark = pytest.mark.django_db
HOST, SITE = "layerstore.test:8080", "http://layerstore.test:8080"
UNKNOWN = f"sha256:{'0' * 64}"


@pytest.fixture
def product() -> Product:
    return ProductFactory(images=None)


@pytest.fixture
def image(product: Product) -> Image:
    return product.images.get()


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


def ask(image: Image | str, viewer: User | None = None, **fields) -> PullAnswer:
    tells_all = fields.pop("tells_all", False)
    name = image if isinstance(image, str) else f"{image.repository}:1.0"
    return why_not_pull(image=name, login=Login(**fields), viewer=viewer, tells_all=tells_all)


class TestTheAccount:
    def test_a_buyer_may_pull(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)

        answer = ask(image, mira)

        assert (answer.reason, answer.command) == (Reason.MAY_PULL, f"docker pull {HOST}/{image.repository}:1.0")
        assert answer.may_pull

    def test_a_token_that_docker_already_has_works_for_the_registrys_leeway_too(self, image, mira, settings) -> None:
        settings.LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=300)
        settings.LAYERSTORE_TOKEN_LEEWAY = timedelta(seconds=90)
        EntitlementFactory(holder=mira.account, image=image)

        assert ask(image, mira).next_step.endswith("A registry token that docker already has works for up to 7 more minutes.")

    def test_whoever_has_not_bought_is_sent_to_the_product(self, product, image, mira) -> None:
        answer = ask(image, mira)

        assert (answer.reason, answer.url) == (Reason.NOT_BOUGHT, f"{SITE}/{product.namespace.name}/{product.slug}")
        assert not answer.may_pull

    @pytest.mark.parametrize("fields", [{"price__amount": 900}, {"price__amount": 100, "state": Product.State.WITHDRAWN}])
    def test_of_several_products_it_is_the_one_that_docker_was_told_of(self, product, image, mira, fields) -> None:
        ProductFactory(namespace=product.namespace, images=[image], **fields)
        told = access_facts(subject=Subject.of(mira), repositories=[image.repository])[image.repository].sold_at

        answer = ask(image, mira)

        assert (answer.reason, answer.url) == (Reason.NOT_BOUGHT, f"{SITE}{told}")
        assert told == f"/{product.namespace.name}/{product.slug}"

    def test_a_product_that_cannot_be_had_hides_no_other_that_can(self, product, image, mira) -> None:
        stopped = PushedImageFactory(namespace=product.namespace, taken_down_at=timezone.now(), take_down_reason="Malware.")
        ProductFactory(namespace=product.namespace, images=[image, stopped])

        answer = ask(image, mira)

        assert (answer.reason, answer.url) == (Reason.NOT_BOUGHT, f"{SITE}/{product.namespace.name}/{product.slug}")

    def test_a_stranger_is_told_to_sign_in(self, image) -> None:
        assert ask(image).reason is Reason.NOT_SIGNED_IN

    def test_anybody_may_pull_what_is_free(self) -> None:
        assert ask(FreeProductFactory().images.get()).reason is Reason.MAY_PULL

    def test_a_refund_is_named(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image, revoked=True)

        answer = ask(image, mira)

        assert answer.reason is Reason.REFUNDED
        assert answer.sentence.endswith("UTC: Refunded.")
        assert answer.next_step == "Buy it again."

    def test_what_was_given_for_a_time_has_ended_before_a_job_has_marked_it(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image, source_kind=Entitlement.Source.SELLER, ends_at=timezone.now())

        answer = ask(image, mira)

        assert answer.reason is Reason.ENDED
        assert answer.sentence.endswith("UTC: It was given until this moment.")

    def test_whoever_bought_it_for_somebody_else_is_told_while_nobody_has_claimed_it(self, image, product, mira) -> None:
        paid = {"source_kind": "order", "source_id": new_id(), "giver": mira.account, "given_by": mira, "reason": ""}
        gift = GiftFactory(product=product, **paid)

        answer = ask(image, mira)

        assert (answer.reason, answer.url) == (Reason.GIFT_UNCLAIMED, f"{settings.LAYERSTORE_PUBLIC_URL}/orders/{gift.source_id}/gift")
        assert ask(image, UserFactory()).reason is Reason.NOT_BOUGHT
        Gift.objects.update(revoked_at=timezone.now(), revocation_reason="Refunded.")
        assert ask(image, mira).reason is Reason.NOT_BOUGHT

    def test_what_staff_gave_and_took_has_ended(self, mira) -> None:
        gift = EntitlementFactory(holder=mira.account, source_kind=Entitlement.Source.STAFF, revoked=True)

        answer = ask(gift.image, mira)

        assert (answer.reason, answer.url) == (Reason.ENDED, "")
        assert answer.next_step == "It is not offered at the moment."

    def test_a_dispute_counts_more_than_an_older_refund(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image, revoked=True)
        EntitlementFactory(holder=mira.account, image=image, suspended=True)

        assert ask(image, mira).reason is Reason.DISPUTED

    def test_what_was_taken_down_says_so(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        Image.objects.update(taken_down_at=timezone.now(), take_down_reason="Malware.")

        assert ask(image, mira).reason is Reason.TAKEN_DOWN

    def test_what_is_shown_but_not_to_be_had_says_so(self, image, mira) -> None:
        Image.objects.update(ended_at=timezone.now(), end_kind=Image.End.RELEASED)

        assert ask(image, mira).reason is Reason.NO_LONGER_OFFERED

    def test_an_empty_image_says_so(self, mira) -> None:
        image = EntitlementFactory(holder=mira.account, image=ImageFactory()).image

        assert ask(image, mira).reason is Reason.NOTHING_PUSHED

    def test_a_tag_that_is_not_there_is_answered_with_one_that_is(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)

        answer = ask(f"{image.repository}:9.9", mira)

        assert (answer.reason, answer.command) == (Reason.NO_SUCH_TAG, f"docker pull {HOST}/{image.repository}:1.0")

    @pytest.mark.parametrize("tag", ["", ":1.0", ":9.9"])
    def test_a_digest_is_looked_up_and_pulled_whatever_the_tag(self, image, mira, tag) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        digest = image.manifests.get().digest

        answer = ask(f"{image.repository}{tag}@{digest}", mira)

        assert (answer.reason, answer.command) == (Reason.MAY_PULL, f"docker pull {HOST}/{image.repository}@{digest}")

    def test_what_lost_its_last_tag_may_be_pulled_by_its_digest(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        image.tags.all().delete()

        assert ask(f"{image.repository}@{image.manifests.get().digest}", mira).reason is Reason.MAY_PULL
        assert ask(f"{image.repository}@{UNKNOWN}", mira).reason is Reason.NOTHING_PUSHED

    def test_a_digest_that_is_not_there_is_answered_with_a_tag_that_is(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        ManifestFactory(digest=UNKNOWN)  # another image's
        name = f"{image.repository}:1.0@{UNKNOWN}"

        answer = ask(f"manifest for {HOST}/{name} not found: manifest unknown", mira)

        assert (answer.reason, answer.command) == (Reason.NO_SUCH_DIGEST, f"docker pull {HOST}/{image.repository}:1.0")
        assert answer.sentence == f"You may pull, but {image.repository} has no image with the digest {UNKNOWN}."

    def test_ones_own_user_name_is_oneself(self, image, mira) -> None:
        assert ask(image, mira, username="Mira").reason is Reason.NOT_BOUGHT
        assert ask(image, mira, username=mira.email).reason is Reason.NOT_BOUGHT


class TestTheCredential:
    def test_it_speaks_for_its_account(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        token = AccessTokenFactory(user=mira)

        for login in ({"secret": token.secret}, {"token": token}, {"secret": token.secret, "username": "mira"}):
            assert ask(image, **login).reason is Reason.MAY_PULL

    def test_an_identity_token_stands_for_it_until_everything_is_logged_out(self, image, mira) -> None:
        secret = identity_token_for(AccessTokenFactory(user=mira))
        assert ask(image, secret=secret).reason is Reason.NOT_BOUGHT

        log_out_everywhere(user=mira)

        assert ask(image, secret=secret).reason is Reason.CREDENTIAL_UNKNOWN

    @pytest.mark.parametrize("secret", [pytest.param(new_secret(), id="well formed"), "a web password"])
    def test_one_that_never_was_is_unknown(self, image, secret) -> None:
        assert ask(image, secret=secret).reason is Reason.CREDENTIAL_UNKNOWN

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"revoked_at": timezone.now()}, Reason.CREDENTIAL_REVOKED),
            ({"expires_at": timezone.now() - timedelta(days=1)}, Reason.CREDENTIAL_EXPIRED),
            ({"scopes": [TokenScope.API]}, Reason.CREDENTIAL_LACKS_SCOPE),
            ({"user__is_active": False}, Reason.CREDENTIAL_UNKNOWN),
        ],
    )
    def test_what_is_wrong_with_it_is_said(self, fields, reason) -> None:
        image = FreeProductFactory().images.get()

        assert ask(image, secret=AccessTokenFactory(**fields).secret).reason is reason

    def test_one_for_other_images_is_told_so_unless_the_name_is_hidden(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        held = EntitlementFactory(holder=mira.account).image
        token = make_pull_credential(user=mira, image_ids=[held.pk], name="cluster").token

        answer = ask(image, token=token)

        assert answer.reason is Reason.CREDENTIAL_LACKS_IMAGE
        assert answer.sentence == f"The account may pull, but the credential cluster is for {held.repository} only."
        assert ask(held, token=token).reason is Reason.MAY_PULL
        assert ask(ImageFactory(), token=token).reason is Reason.NO_SUCH_NAME

    def test_another_user_name_does_not_open_it(self, image, mira) -> None:
        assert ask(image, secret=AccessTokenFactory(user=mira).secret, username="jonas").reason is Reason.WRONG_ACCOUNT

    def test_a_credential_of_the_account_that_did_not_buy_is_the_wrong_one(self, image, mira) -> None:
        EntitlementFactory(holder=mira.account, image=image)

        answer = ask(image, mira, secret=AccessTokenFactory().secret)

        assert (answer.reason, answer.command) == (Reason.WRONG_ACCOUNT, f"docker login {HOST} -u mira")


class TestWhatStrangersLearn:
    """An unknown name and one that the shop does not show are one answer."""

    @pytest.fixture(params=["reserved", "pushed", "draft", "held by somebody", "free, its seller suspended"])
    def hidden(self, request):
        match request.param:
            case "reserved":
                return ImageFactory()
            case "pushed":
                return PushedImageFactory()
            case "draft":
                return DraftProductFactory().images.get()
            case "held by somebody":
                return EntitlementFactory(image=DraftProductFactory().images.get()).image
            case _:
                free = FreeProductFactory()
                SellerProfile.objects.update(suspended_at=timezone.now(), suspension_reason="Fraud.")
                return free.images.get()

    @pytest.mark.parametrize("viewer", [None, "somebody"])
    def test_a_hidden_name_is_an_unknown_name(self, hidden, viewer) -> None:
        reader = UserFactory() if viewer else None
        unknown = ask("nobody/nothing:1.0", reader)

        answer = ask(hidden, reader)

        assert answer.reason is Reason.NO_SUCH_NAME
        assert answer.sentence == unknown.sentence.replace("nobody/nothing", hidden.repository)
        assert (answer.next_step, answer.command, answer.url) == (unknown.next_step, unknown.command, unknown.url)

    @pytest.mark.parametrize("reader", [None, "reader"])
    def test_what_others_hold_is_not_told_nor_whether_they_exist(self, image, mira, reader) -> None:
        EntitlementFactory(holder=mira.account, image=image)
        viewer = UserFactory(username=reader) if reader else None

        hers, nobodys = (ask(image, viewer, username=name) for name in ("mira", "jonas"))

        assert hers.reason is Reason.SOMEBODY_ELSE
        assert hers.sentence.replace("mira", "jonas") == nobodys.sentence
        assert hers.next_step.replace("mira", "jonas") == nobodys.next_step

    def test_a_holder_sees_what_the_shop_does_not_show(self, mira) -> None:
        image = EntitlementFactory(holder=mira.account, revoked=True).image

        assert ask(image, mira).reason is Reason.REFUNDED

    def test_a_reader_who_may_pull_is_told_of_the_wrong_credential_even_where_the_shop_shows_nothing(self, mira) -> None:
        image = EntitlementFactory(holder=mira.account).image

        assert ask(image, mira, secret=AccessTokenFactory().secret).reason is Reason.WRONG_ACCOUNT
        assert ask(image, UserFactory(), secret=AccessTokenFactory().secret).reason is Reason.NO_SUCH_NAME

    def test_the_house_reads_what_others_hold(self, mira) -> None:
        image = EntitlementFactory(holder=mira.account).image

        assert ask(image, username="mira", tells_all=True).reason is Reason.MAY_PULL
        assert ask(image, username="nobody", tells_all=True).reason is Reason.SOMEBODY_ELSE
        assert ask(image, tells_all=True).reason is Reason.NO_LONGER_OFFERED
