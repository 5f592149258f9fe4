"""Buyers who are stuck before their first pull, and the one reason; the seller learns nothing else of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.organisations.models import Membership, Role
from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Product
from registry_auth.why.answers import Reason
from registry_auth.why.stuck import NEVER_PULLED, NEVER_USED, NO_CREDENTIAL, sentence_of, stuck_purchases, why_each_is_stuck
from tests.factories.accounts import (
    AccessTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationSellerFactory,
    RobotFactory,
    UserFactory,
)
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    ImageFactory,
    NamespaceFactory,
    ProductFactory,
    PullCountFactory,
    PushedImageFactory,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return ProductFactory()


@pytest.fixture
def image(product: Product) -> Image:
    return product.images.get()


@pytest.fixture
def buyer(image: Image) -> Account:
    return bought(image, UserFactory(username="jonas").account)


def why_stuck(*, holder: Account, image: Image) -> str:
    (reason,) = why_each_is_stuck([Entitlement.objects.select_related("holder__user", "image").get(holder=holder, image=image)])
    return reason


def bought(image: Image, holder: Account) -> Account:
    EntitlementFactory(holder=holder, image=image)
    return holder


class TestWhoIsStuck:
    def stuck(self, image: Image) -> list[Account]:
        return [purchase.holder for purchase in stuck_purchases(image.owner_id)]

    def test_a_buyer_is_until_they_or_a_member_pull(self, image, buyer):
        firm = bought(image, OrganisationFactory())
        assert self.stuck(image) == [firm, buyer]

        PullCountFactory(image=image, buyer=MembershipFactory(account=firm).user.account)
        assert self.stuck(image) == [buyer]
        PullCountFactory(image=image, buyer=buyer)
        assert self.stuck(image) == []

    def test_pulls_of_others_of_other_images_and_before_the_purchase_do_not_count(self, image, buyer):
        PullCountFactory(image=image, buyer=UserFactory().account)
        PullCountFactory(buyer=buyer)
        PullCountFactory(image=image, buyer=buyer, day=timezone.now().date() - timedelta(days=1))

        assert self.stuck(image) == [buyer]

    def test_whose_money_went_back_and_who_did_not_pay_are_not(self, image):
        EntitlementFactory(image=image, revoked=True)
        EntitlementFactory(image=image, source_kind=Entitlement.Source.FREE)
        EntitlementFactory()

        assert self.stuck(image) == []

    def test_a_subscriber_is_as_a_buyer_is(self, image):
        subscribed = EntitlementFactory(image=image, source_kind=Entitlement.Source.SUBSCRIPTION).holder
        assert self.stuck(image) == [subscribed]

        PullCountFactory(image=image, buyer=subscribed)
        assert self.stuck(image) == []

    def test_a_purchase_of_several_images_is_one_and_over_once_one_was_pulled(self, product):
        images = [PushedImageFactory(namespace=product.namespace) for _ in range(2)]
        order = PaidOrderFactory(product=ProductFactory(namespace=product.namespace, images=images))
        assert self.stuck(images[0]) == [order.buyer]

        PullCountFactory(image=images[1], buyer=order.buyer)

        assert self.stuck(images[0]) == []


class TestTheReason:
    def test_no_access_token(self, image, buyer):
        assert why_stuck(holder=buyer, image=image) == NO_CREDENTIAL

    def test_one_that_was_never_used_and_one_that_was(self, image, buyer):
        token = AccessTokenFactory(user=buyer.user)
        assert why_stuck(holder=buyer, image=image) == NEVER_USED

        token.last_used_at = timezone.now()
        token.save(update_fields=["last_used_at"])
        assert why_stuck(holder=buyer, image=image) == NEVER_PULLED

    def test_the_newest_of_those_that_do_not_pull(self, image, buyer):
        now = timezone.now()
        AccessTokenFactory(user=buyer.user, scopes=["api"], created_at=now - timedelta(days=2))
        AccessTokenFactory(user=buyer.user, revoked_at=now, created_at=now - timedelta(days=1))

        assert why_stuck(holder=buyer, image=image) == Reason.CREDENTIAL_REVOKED

    def test_what_is_wrong_with_the_account_or_the_image_comes_first(self, image, buyer):
        AccessTokenFactory(user=buyer.user, revoked_at=timezone.now())
        Entitlement.objects.update(suspended_at=timezone.now())
        assert why_stuck(holder=buyer, image=image) == Reason.DISPUTED

        empty = ImageFactory()
        assert why_stuck(holder=bought(empty, buyer), image=empty) == Reason.NOTHING_PUSHED

    def test_an_organisation_pulls_by_its_members_and_robots(self, image):
        firm = bought(image, OrganisationFactory())
        MembershipFactory(account=firm, role=Role.BILLING)
        assert why_stuck(holder=firm, image=image) == Reason.ROLE_DOES_NOT_PULL

        RobotFactory(organisation=firm)
        assert why_stuck(holder=firm, image=image) == NEVER_USED
        MembershipFactory(account=firm, role=Role.MEMBER)
        assert why_stuck(holder=firm, image=image) == NEVER_USED

        Membership.objects.update(role=Role.MEMBER)
        assert why_stuck(holder=firm, image=image) == NEVER_USED
        AccessToken.objects.update(revoked_at=timezone.now())
        assert why_stuck(holder=firm, image=image) == Reason.CREDENTIAL_REVOKED

    def test_robots_of_an_organisation_without_members_who_pull(self, image):
        firm = bought(image, OrganisationFactory())
        RobotFactory(organisation=firm)
        Image.objects.filter(pk=image.pk).update(leading_tag=None)
        assert why_stuck(holder=firm, image=image) == Reason.NOTHING_PUSHED

        Entitlement.objects.update(suspended_at=timezone.now())
        assert why_stuck(holder=firm, image=image) == Reason.DISPUTED
        Image.objects.filter(pk=image.pk).update(taken_down_at=timezone.now(), take_down_reason="Malware.")
        assert why_stuck(holder=firm, image=image) == Reason.TAKEN_DOWN

    def test_a_token_for_other_images_or_without_pulls(self, image, buyer):
        token = AccessTokenFactory(user=buyer.user, scopes=["api"])
        assert why_stuck(holder=buyer, image=image) == Reason.CREDENTIAL_LACKS_SCOPE

        AccessToken.objects.filter(pk=token.pk).update(scopes=["registry:pull"], limited_to="another/image")
        assert why_stuck(holder=buyer, image=image) == Reason.CREDENTIAL_LACKS_IMAGE

    def test_somebody_whom_we_disabled(self, image, buyer):
        AccessTokenFactory(user=buyer.user)
        User.objects.filter(pk=buyer.user_id).update(is_active=False)
        assert sentence_of(why_stuck(holder=buyer, image=image)).startswith("Something else")

    def test_only_the_five_newest_credentials_are_looked_at(self, image, buyer):
        AccessTokenFactory(user=buyer.user, created_at=timezone.now() - timedelta(days=2))
        for _ in range(5):
            AccessTokenFactory(user=buyer.user, scopes=["api"])

        assert why_stuck(holder=buyer, image=image) == Reason.CREDENTIAL_LACKS_SCOPE

    def test_each_reason_has_words(self):
        assert sentence_of(NO_CREDENTIAL) == "They have made no access token, so docker cannot sign in."
        assert sentence_of(Reason.SOMEBODY_ELSE).startswith("Something else")


def test_the_seller_reads_who_is_stuck_and_why_and_nothing_of_their_tokens(client: Client, image, buyer):
    AccessTokenFactory(user=buyer.user, name="secret-laptop", revoked_at=timezone.now())
    bought(ImageFactory(), UserFactory(username="unseen").account)
    client.force_login(image.owner.user)

    page = client.get("/selling/stuck/")

    assert_sound(page)
    html = page.content.decode()
    assert "jonas" in html
    assert "The access token that they made was revoked." in html
    assert "secret-laptop" not in html
    assert "unseen" not in html


@pytest.mark.parametrize(("role", "status"), [(Role.OWNER, 200), (Role.BILLING, 200), (Role.EDITOR, 403)])
def test_who_is_stuck_in_an_organisations_shop_is_read_by_who_sees_its_sales(client: Client, role: Role, status: int) -> None:
    acme = OrganisationSellerFactory(account__handle="acme").account
    image = PushedImageFactory(namespace=NamespaceFactory(owner=acme, name="acme"))
    bought(image, UserFactory(username="jonas").account)
    client.force_login(MembershipFactory(account=acme, role=role).user)

    page = client.get("/selling/stuck/?seller=acme")

    assert (page.status_code, "jonas" in page.content.decode()) == (status, status == 200)


def test_nobody_is_stuck_in_an_empty_shop(client: Client, image):
    client.force_login(image.owner.user)

    assert "Nobody is stuck" in client.get("/selling/stuck/").content.decode()


def test_a_page_of_purchases_takes_as_many_statements_as_two(client: Client, image):
    client.force_login(image.owner.user)

    def statements(more: int) -> int:
        for _ in range(more):
            AccessTokenFactory(user=bought(image, UserFactory().account).user)
            AccessTokenFactory(user=MembershipFactory(account=bought(image, OrganisationFactory())).user)
        with CaptureQueriesContext(connection) as captured:
            client.get("/selling/stuck/")
        return len(captured)

    assert statements(1) == statements(11)
