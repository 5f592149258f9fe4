"""A pull credential pulls its images, as long as its user may, and opens nothing else."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import EmailNotVerified, TokenTooPowerful
from accounts.models import AccessToken, TokenScope, User
from accounts.selectors.tokens import find_credential
from accounts.services.tokens import create_access_token
from marketplace.errors import NothingToPull
from marketplace.models import CredentialImage, Entitlement, Image
from marketplace.selectors.access import Action, Subject, allowed_actions
from marketplace.services.credentials import make_pull_credential
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory

pytestmark = pytest.mark.django_db
PULL = frozenset({Action.PULL})


@pytest.fixture
def buyer() -> User:
    return UserFactory()


@pytest.fixture
def bought(buyer: User):
    return EntitlementFactory(holder=buyer.account).image


def allowed(token: AccessToken, *images: Image) -> list[frozenset[Action]]:
    subject = Subject.by_token(token)
    answer = allowed_actions(subject=subject, repositories=[image.repository for image in images])
    return [answer[image.repository] for image in images]


def test_it_pulls_its_images_and_no_other_that_its_user_holds(buyer: User, bought: Image) -> None:
    other = EntitlementFactory(holder=buyer.account).image

    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="shop floor")

    assert (issued.token.scopes, issued.token.limited_to) == ([TokenScope.PULL], bought.repository)
    assert allowed(issued.token, bought, other) == [PULL, frozenset()]
    credential = find_credential(issued.secret)
    assert credential is not None
    assert credential.limited


def test_a_bundle_is_one_credential(buyer: User, bought: Image) -> None:
    other = EntitlementFactory(holder=buyer.account).image

    issued = make_pull_credential(user=buyer, image_ids=[other.pk, bought.pk], name="both")

    assert allowed(issued.token, bought, other) == [PULL, PULL]
    assert issued.token.limited_to == ", ".join(sorted([bought.repository, other.repository]))


def test_what_is_free_needs_no_credential_and_is_not_opened_by_one_for_other_images(buyer: User, bought: Image) -> None:
    free = FreeProductFactory().images.get()

    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    assert allowed(issued.token, free) == [frozenset()]
    assert allowed_actions(subject=Subject.anonymous(), repositories=[free.repository]) == {free.repository: PULL}


def test_after_a_refund_it_pulls_nothing(buyer: User, bought: Image) -> None:
    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    Entitlement.objects.all().delete()

    assert allowed(issued.token, bought) == [frozenset()]


def test_without_its_rows_a_limited_credential_opens_nothing(buyer: User, bought: Image) -> None:
    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    CredentialImage.objects.all().delete()

    assert allowed(issued.token, bought) == [frozenset()]


def test_one_of_the_staff_pulls_no_more_with_it_than_a_customer() -> None:
    staff = UserFactory(staff=True)
    held, other = EntitlementFactory(holder=staff.account).image, ImageFactory()

    issued = make_pull_credential(user=staff, image_ids=[held.pk], name="x")

    assert allowed(issued.token, held, other) == [PULL, frozenset()]
    assert not Subject.by_token(issued.token).is_staff


def test_what_one_may_not_pull_makes_no_credential(buyer: User, bought: Image) -> None:
    foreign = ImageFactory()

    for chosen in ([], [foreign.pk], [bought.pk, foreign.pk], [buyer.pk]):
        with pytest.raises(NothingToPull):
            make_pull_credential(user=buyer, image_ids=chosen, name="x")

    assert not AccessToken.objects.exists()


def test_without_a_verified_address_nothing_is_left(bought: Image) -> None:
    user = UserFactory(verified=False)
    EntitlementFactory(holder=user.account, image=bought)

    with pytest.raises(EmailNotVerified):
        make_pull_credential(user=user, image_ids=[bought.pk], name="x")

    assert not CredentialImage.objects.exists()


def test_it_makes_no_tokens(buyer: User, bought: Image) -> None:
    maker = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x").token

    with pytest.raises(TokenTooPowerful):
        create_access_token(user=buyer, name="more", scopes=[TokenScope.PULL], maker=maker)

    assert AccessToken.objects.count() == 1


def test_the_database_refuses_one_that_does_more_than_pull(buyer: User, bought: Image) -> None:
    token = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x").token

    with pytest.raises(IntegrityError, match="access_token_limited_only_pulls"), transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(scopes=[TokenScope.PULL, TokenScope.API])
