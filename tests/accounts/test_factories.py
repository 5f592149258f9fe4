import pytest
from allauth.account.models import EmailAddress

from accounts.people.models import Account
from accounts.tokens.selectors import find_live_token
from tests.factories.accounts import PASSWORD, AccessTokenFactory, SellerFactory, UserFactory


@pytest.mark.django_db
def test_a_user_comes_with_a_person_account_a_password_and_a_verified_address() -> None:
    user = UserFactory()

    assert user.account.kind == Account.Kind.PERSON
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.django_db
def test_a_user_may_be_unverified_or_staff() -> None:
    assert not EmailAddress.objects.get(user=UserFactory(verified=False)).verified
    assert UserFactory(staff=True).is_superuser


@pytest.mark.django_db
def test_a_seller_is_a_persons_account() -> None:
    user = UserFactory()

    assert SellerFactory(user=user).account == user.account
    assert SellerFactory(account=UserFactory().account).can_be_paid


@pytest.mark.django_db
def test_a_made_token_opens_its_users_door() -> None:
    token = AccessTokenFactory()

    assert find_live_token(token.secret) == token
