"""Rows of somebody, for tests that walk over every address with an id."""

from collections.abc import Mapping

from django.db.models import Model

from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product, ProductPicture
from tests.factories.accounts import (
    AccessTokenFactory,
    DataExportFactory,
    InvitationFactory,
    MembershipFactory,
    RobotFactory,
    SignInFactory,
)
from tests.factories.billing import DisputeFactory, OfferFactory, PaidOrderFactory, RefundFactory, SubscriptionFactory, make_document
from tests.factories.marketplace import (
    DraftProductFactory,
    EditionFactory,
    GiftFactory,
    ProductFactory,
    ReportFactory,
    ReviewFactory,
    TrialFactory,
)
from tests.support.routes import Route

# Parameters that name nobody's row: what a category holds, and what search engines are told.
EVERYBODYS = {"category": "databases", "kind": "pages", "number": "1"}


def rows_of_others() -> dict[str, Model]:
    """Rows of a seller and of a buyer who are neither asking, by the name of the parameter, or of the API's collection."""
    product = DraftProductFactory()
    image = product.images.get()
    order = PaidOrderFactory()
    picture = ProductPicture.objects.create(product=product, file=f"products/{'0' * 32}.webp", width=1, height=1, alt="A picture.")
    token = AccessTokenFactory(user=product.seller.account.user)
    organisation = MembershipFactory(user=product.seller.account.user).account
    robot = RobotFactory(organisation=organisation)
    review = ReviewFactory(product=product)
    report = ReportFactory(product=product, upheld=True)
    document = make_document(order)
    offer = OfferFactory(seller=product.seller, product=product)
    return {
        "offer_id": offer,
        "discount_id": offer,
        "discount": offer,
        "refund": RefundFactory(order=order),
        "handle": organisation,
        "membership_id": organisation.memberships.get(),
        "invitation_id": InvitationFactory(account=organisation),
        "robot_id": robot,
        "robot": robot,
        "product_id": product,
        "image_id": image,
        "manifest_id": image.manifests.get(),
        "order_id": order,
        "dispute_id": DisputeFactory(),
        "subscription_id": SubscriptionFactory(),
        "price_id": ProductFactory(price__interval="month").prices.get(),
        "edition_id": EditionFactory(),
        "edition": EditionFactory(product=DraftProductFactory(namespace=product.namespace)),
        "picture_id": picture,
        "token_id": token,
        "access-token": token,
        "namespace": product.namespace,
        "namespace_id": product.namespace,
        "sign_in_id": SignInFactory(user=product.seller.account.user),
        "export_id": DataExportFactory(user=product.seller.account.user),
        "image": image,
        "tag": image.tags.get(),
        "product": product,
        "price": product.prices.get(),
        "order": order,
        "document_id": document,
        "document": document,
        "report_id": report,
        "report": report,
        "review_id": review,
        "review": review,
        "gift_id": GiftFactory(product=product),
        "gift": GiftFactory(product=product),
        "trial": TrialFactory(product=product),
        "library": Entitlement.objects.filter(source_id=order.pk).get(),
    }


def given(route: Route, rows: Mapping[str, Model]) -> dict[str, object]:
    """Return what the route's parameters are for somebody else's rows."""
    if route.parameters <= EVERYBODYS.keys():
        return {name: EVERYBODYS[name] for name in route.parameters}
    if route.parameters == {"pk"}:
        return {"pk": rows[route.name.rpartition("-")[0]].pk}
    if route.parameters == {"path"}:
        picture = rows["picture_id"]
        assert isinstance(picture, ProductPicture)
        return {"path": picture.file.name}
    if "about" in route.parameters:
        return {"about": "product", "target_id": rows["product_id"].pk}
    if "namespace" in route.parameters:
        product = rows["product_id"]
        assert isinstance(product, Product)
        words = {"namespace": product.namespace.name, "slug": product.slug, "name": product.slug}
        return {name: words[name] for name in route.parameters}
    return {name: getattr(rows[name], name, None) or rows[name].pk for name in route.parameters}
