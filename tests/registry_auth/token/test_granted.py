"""`/auth/token`: who gets what of which scope."""

import pytest
from django.utils import timezone

from accounts.tokens.models import TokenScope
from marketplace.images.models import Image
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import FreeProductFactory, ImageFactory
from tests.registry_auth.conftest import access_of, claims_of
from tests.registry_auth.token.conftest import URL, pull_of, push_of

pytestmark = pytest.mark.django_db


class TestWhoMayDoWhat:
    def test_the_owner_pushes_and_pulls(self, ask, image, seller):
        assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}

    def test_a_buyer_pulls_and_does_not_push(self, ask, image, buyer):
        assert access_of(ask(buyer, push_of(image))) == {image.repository: ["pull"]}

    def test_a_stranger_gets_200_without_rights(self, ask, image):
        response = ask(AccessTokenFactory(), push_of(image))

        assert response.status_code == 200
        assert claims_of(response.json()["token"])["access"] == []

    def test_anybody_pulls_what_is_free(self, ask):
        image = FreeProductFactory().images.get()

        assert access_of(ask(None, push_of(image))) == {image.repository: ["pull"]}

    def test_push_alone_carries_pull(self, ask, image, seller):
        assert access_of(ask(seller, f"repository:{image.repository}:push")) == {image.repository: ["pull", "push"]}

    def test_pull_alone_carries_nothing(self, ask, image, seller):
        assert access_of(ask(seller, pull_of(image))) == {image.repository: ["pull"]}

    @pytest.mark.parametrize(("who", "actions"), [("seller", ["pull", "push"]), ("buyer", ["pull"])])
    def test_a_star_becomes_real_actions_and_is_never_minted(self, ask, image, who, actions, request):
        assert access_of(ask(request.getfixturevalue(who), f"repository:{image.repository}:*")) == {image.repository: actions}

    def test_delete_is_for_staff(self, ask, image, seller):
        staff = AccessTokenFactory(user=UserFactory(staff=True))
        delete = f"repository:{image.repository}:delete"

        assert access_of(ask(seller, delete)) == {}
        assert access_of(ask(staff, delete)) == {image.repository: ["delete"]}

    def test_nobody_deletes_what_was_sold(self, ask, image, seller):
        staff = AccessTokenFactory(user=UserFactory(staff=True))
        Image.objects.filter(pk=image.pk).update(first_sold_at=timezone.now())

        for client in (staff, seller):
            assert access_of(ask(client, f"repository:{image.repository}:delete")) == {}
        assert access_of(ask(staff, f"repository:{image.repository}:*")) == {image.repository: ["pull"]}

    def test_the_catalogue_is_for_staff(self, ask, seller):
        staff = AccessTokenFactory(user=UserFactory(staff=True))

        assert access_of(ask(staff, "registry:catalog:*", "registry:other:*")) == {"catalog": ["*"]}
        assert access_of(ask(seller, "registry:catalog:*")) == {}
        assert access_of(ask(None, "registry:catalog:*")) == {}

    @pytest.mark.parametrize(
        ("scopes", "actions"),
        [
            pytest.param([TokenScope.PULL], ["pull"], id="a pull credential does not push"),
            pytest.param([TokenScope.PUSH], ["pull", "push"], id="a push credential reads what it writes"),
            pytest.param([TokenScope.API], None, id="an API credential opens no image"),
        ],
    )
    def test_a_credential_is_good_for_its_scopes_only(self, ask, image, scopes, actions):
        credential = AccessTokenFactory(user=image.owner.user, scopes=scopes)

        assert access_of(ask(credential, push_of(image))).get(image.repository) == actions

    def test_a_push_credential_does_not_pull_alone(self, ask, image):
        credential = AccessTokenFactory(user=image.owner.user, scopes=[TokenScope.PUSH])

        assert access_of(ask(credential, pull_of(image))) == {}

    def test_a_mount_is_granted_only_with_pull_on_its_source(self, ask, image, seller):
        foreign, own = ImageFactory(), ImageFactory(namespace=image.namespace)

        assert access_of(ask(seller, push_of(image), pull_of(foreign))) == {image.repository: ["pull", "push"]}
        assert access_of(ask(seller, push_of(image), pull_of(own))) == {image.repository: ["pull", "push"], own.repository: ["pull"]}

    def test_an_account_in_the_query_is_a_hint_only(self, ask, image, buyer, seller):
        response = ask(buyer, push_of(image), account=seller.user.username)

        assert claims_of(response.json()["token"])["sub"] == buyer.user.username
        assert access_of(response) == {image.repository: ["pull"]}


class TestScopes:
    def test_repeated_and_joined_scopes_are_read_and_sorted(self, ask, image, seller):
        second = ImageFactory(namespace=image.namespace, name="a-first")

        response = ask(seller, f"{push_of(image)} {pull_of(second)}", f"repository:{second.repository}:push")

        names = [entry["name"] for entry in claims_of(response.json()["token"])["access"]]
        assert names == sorted([image.repository, second.repository])
        assert access_of(response) == {image.repository: ["pull", "push"], second.repository: ["pull", "push"]}

    def test_a_form_joins_and_repeats_them_as_well(self, post, image, seller):
        second = ImageFactory(namespace=image.namespace)
        password = {"grant_type": "password", "username": seller.user.username, "password": seller.secret}

        response = post(**password, scope=[f"{pull_of(image)} {pull_of(second)}", f"repository:{image.repository}:push"])

        assert access_of(response) == {image.repository: ["pull", "push"], second.repository: ["pull"]}

    def test_a_pattern_is_no_name(self, ask, image, seller):
        space = image.namespace.name

        assert access_of(ask(seller, *(f"repository:{name}:pull" for name in ("*", f"{space}/*", f"{space}/", space)))) == {}

    @pytest.mark.parametrize("query", ["", "?scope=", "?scope", "?service=layerstore", "?account=ada&service=layerstore"])
    def test_no_scope_is_200_without_rights(self, client, query):
        response = client.get(f"{URL}{query}")

        assert access_of(response) == {}

    def test_an_unknown_scope_spoils_no_other(self, ask, image, buyer):
        assert access_of(ask(buyer, "nonsense", "plugin:x:pull", "repository:UP/x:pull", pull_of(image))) == {image.repository: ["pull"]}

    def test_a_host_in_the_name_is_another_name(self, ask, image, seller):
        assert access_of(ask(seller, f"repository:127.0.0.1:8080/{image.repository}:pull")) == {}

    def test_a_class_is_dropped_from_the_answer(self, ask, image, seller):
        (entry,) = claims_of(ask(seller, f"repository(plugin):{image.repository}:pull").json()["token"])["access"]

        assert entry == {"type": "repository", "name": image.repository, "actions": ["pull"]}

    def test_very_many_long_scopes_still_fit_a_header_line(self, ask):
        owner = AccessTokenFactory(user=UserFactory(staff=True))
        images = [ImageFactory(name=f"{'n' * 110}{number}") for number in range(60)]

        response = ask(owner, *[f"repository:{image.repository}:*" for image in images])

        assert len(f"Authorization: Bearer {response.json()['token']}") < 8192
        assert 10 < len(access_of(response)) < 50
