"""A world with one row of each kind, of which the tests then make many."""

import pytest
from django.db import connection
from django.test import Client

from accounts.sellers.models import SellerProfile
from config.gallery.examples import EXAMPLES
from marketplace.products.models import Category
from tests.architecture.bounded_work.worlds import World
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, RobotFactory, UserFactory
from tests.factories.billing import DiscountFactory, DisputeFactory, OfferFactory, PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import (
    GiftFactory,
    NamespaceFactory,
    ProductFactory,
    ReportFactory,
    ReviewFactory,
    TrialFactory,
)
from tests.support.clients import client_of


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(
        "config.gallery.views.EXAMPLES", dict([*EXAMPLES.items()][:1])
    )  # mails hold no rows; all of them are weighed by the gallery's own test
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_date")
        (today,) = cursor.fetchone()
    namespace = NamespaceFactory(image_quota=10**6)
    user = namespace.owner.user
    SellerProfile.objects.filter(pk=namespace.owner_id).update(stripe_account_id=None)  # nobody is there to be asked
    product = ProductFactory(namespace=namespace, category=Category.objects.get(pk="databases"))
    order = PaidOrderFactory(placed_by=user)
    dispute = DisputeFactory(order=PaidOrderFactory(product=product))
    own = MembershipFactory(user=user)
    token = AccessTokenFactory(user=user)
    image = product.images.get()
    review = ReviewFactory(product=product)
    report = ReportFactory(product=product, upheld=True)
    rows = {
        "handle": own.account,
        "review_id": review,
        "review": review,
        "report_id": report,
        "report": ReportFactory(reporter=user),
        "membership_id": own,
        "invitation_id": InvitationFactory(account=own.account),
        "robot_id": RobotFactory(organisation=own.account),
        "product_id": product,
        "image_id": image,
        "order_id": order,
        "dispute_id": dispute,
        "subscription_id": SubscriptionFactory(placed_by=user),
        "price_id": ProductFactory(namespace=namespace, price__interval="month").prices.get(),
        "token_id": token,
        "access-token": token,
        "robot": RobotFactory(organisation=own.account),
        "namespace": namespace,
        "namespace_id": namespace,
        "image": image,
        "tag": image.tags.get(),
        "product": product,
        "price": product.prices.get(),
        "order": order,
        "discount": DiscountFactory(seller=namespace.owner.seller),
        "offer_id": OfferFactory(account=user.account, email=""),
        "gift_id": GiftFactory(product=product),
        "gift": GiftFactory(product=product),
        "trial": TrialFactory(user=user),
    }
    program = Client(headers={"authorization": f"Bearer {token.secret}"})
    return World(user, rows, client_of(user), program, client_of(UserFactory(staff=True)), today)
