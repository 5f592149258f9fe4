"""An image, its seller, and a buyer of it."""

import pytest

from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory


@pytest.fixture
def image():
    return ImageFactory()


@pytest.fixture
def seller(image):
    return AccessTokenFactory(user=image.owner.user)


@pytest.fixture
def buyer(image):
    credential = AccessTokenFactory()
    EntitlementFactory(holder=credential.user.account, image=image)
    return credential
