"""Pages say nothing in English to who reads another language, wherever it comes from: templates, views, forms, choices, our libraries."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from billing.gifts.models import OrderGift
from marketplace.gifts.services.ending import suspend_gift_of_order
from marketplace.products.models import Category, Product
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory, SubscriptionFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    GiftFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    ReviewFactory,
    TrialFactory,
)
from tests.support.books import book_sale
from tests.support.pseudo_language import mark_translations, outside_of_marks_at, seen_outside_of_marks

pytestmark = pytest.mark.django_db
# `zork` begins every text that a row of these tests has, `acme` is the example of pages; factories count their names.
NAMES = (
    *("zork", "acme", "image-", "shop-", "person-", "layerstore.test", "linux", "amd64", "sha256", "acct_"),
    *("EUR", "USD", "GBP", "CHF", "JPY", "[0-9A-F]{10}"),
)
PUBLIC = (
    "/",
    "/search/?q=zork",
    "/search/?q=nothing-is-called-so",
    "/how-it-works/",
    "/help/docker/",
    "/help/kubernetes/",
    "/help/ci/",
    "/categories/databases/",
    "/zork",
    "/zork/zork1",
    "/zork/zork1/reviews/",
    "/why/",
    "/account/login/",
    "/account/signup/",
)
OF_A_SELLER = (
    *(
        "/library/",
        "/orders/",
        "/subscriptions/",
        "/account/",
        "/account/email/",
        "/account/tokens/",
        "/account/organisations/",
        "/account/sessions/",
    ),
    *(
        "/account/data/",
        "/account/2fa/",
        "/account/reports/",
        "/library/credential/",
        "/selling/stuck/",
        "/selling/domain/",
        "/selling/orders/",
        "/selling/subscriptions/",
    ),
    *("/selling/", "/selling/reserve/", "/selling/products/new/", "/selling/payouts/", "/selling/balance/"),
)


@pytest.fixture
def product() -> Product:
    namespace = NamespaceFactory(name="zork", seller__user__username="zork-seller")
    return ProductFactory(
        namespace=namespace,
        title="zork zork1",
        slug="zork1",
        summary="zork zork2",
        description="zork zork3",
        licence_name="zork4",
        category=Category.objects.get(pk="databases"),
        images=[PushedImageFactory(namespace=namespace, name="zork7")],
    )


@pytest.fixture
def seller(product: Product) -> User:
    user = product.namespace.owner.user
    assert user is not None
    return user


@pytest.fixture(autouse=True)
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_translations(monkeypatch, "de")


bare = partial(outside_of_marks_at, names=NAMES)


def test_what_everybody_sees_is_translated(client: Client, product: Product) -> None:
    ReviewFactory(product=product, text="zork zork8")

    assert [text for address in PUBLIC for text in bare(client, address)] == []


def test_what_takes_forms_alone_says_so_in_the_readers_language(client: Client) -> None:
    response = client.get("/language", headers={"Accept-Language": "de"})

    assert (response.status_code, response["Content-Language"]) == (405, "de")
    assert list(seen_outside_of_marks(response.content.decode(), names=NAMES)) == []


def test_a_form_that_is_too_old_is_refused_in_the_readers_language() -> None:
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": "de", "Referer": "http://testserver/search/"})
    response = browser.post("/account/login/")

    assert (response.status_code, response["Content-Language"]) == (403, "de")
    assert list(seen_outside_of_marks(response.content.decode(), names=NAMES)) == []


def test_pages_of_refunds_are_translated(client: Client, product: Product, seller: User) -> None:
    product.refund_days = 14
    product.save(update_fields=["refund_days"])
    order = PaidOrderFactory(product=product, refund_days=14, unpulled_refund_days=14)
    RefundFactory(order=order, state="failed", reason="zork zork9")
    client.force_login(order.placed_by)
    of_buyer = [bare(client, f"/orders/{order.pk}/{page}") for page in ("", "refund/")]
    client.force_login(seller)

    assert [*of_buyer, *(bare(client, f"/selling/orders/{order.pk}/{page}") for page in ("", "refund/"))] == [[]] * 4


def test_pages_of_trials_are_translated(client: Client, product: Product, seller: User) -> None:
    Product.objects.filter(pk=product.pk).update(trial_days=14)
    page = f"/{product.namespace.name}/{product.slug}"
    trials = [TrialFactory(product=product, days=days, started_at=timezone.now() - timedelta(days=9)) for days in (5, 14)]
    offered = [bare(client, page)]
    for trial in trials:
        client.force_login(trial.started_by)
        offered += [bare(client, address) for address in (page, "/library/")]
    client.force_login(seller)

    assert [*offered, *(bare(client, f"/selling/{each}/") for each in ("trials", f"products/{product.pk}"))] == [[]] * 7


def test_pages_of_gifts_are_translated(client: Client, product: Product, seller: User) -> None:
    order = PaidOrderFactory(product=product, unpulled_refund_days=14)
    order.placed_by.account.entitlements.all().delete()
    OrderGift.objects.create(order=order, email="zork@example.test", message="zork zork9")
    paid = {"source_kind": "order", "source_id": order.pk, "giver": order.buyer, "given_by": order.placed_by, "reason": ""}
    GiftFactory(product=product, email="zork@example.test", message="zork zork9", **paid)
    given = GiftFactory(product=product, email="zork@example.test", reason="zork zork9", claimed=True, user__username="zork2")
    of_order = [f"/orders/{order.pk}/{page}" for page in ("", "gift", "refund/")]
    client.force_login(order.placed_by)
    of_buyer = [bare(client, address) for address in (f"/billing/give/{product.pk}/", *of_order)]
    RefundFactory(order=order, state="waiting", origin="buyer", reason="zork zork9")
    suspend_gift_of_order(order_id=order.pk)
    of_buyer += [bare(client, address) for address in of_order]
    client.force_login(seller)

    assert [*of_buyer, *(bare(client, f"/selling/gifts/{page}") for page in ("", f"{given.pk}/"))] == [[]] * 9


def test_what_is_refused_is_told_in_translation(client: Client) -> None:
    refused = {
        "/account/login/": {"login": "zork", "password": "zork"},
        "/account/signup/": {"email": "zork", "username": "Zork zork", "password1": "1"},
        "/account/password/reset/": {"email": "zork"},
        "/why/": {"reference": "zork zork"},
    }

    for address, form in refused.items():
        response = client.post(address, form, headers={"Accept-Language": "de"})
        assert response.status_code < 500, address
        assert seen_outside_of_marks(response.content.decode(), names=NAMES) == [], address
    for address in ("/not/there/at/all", "/account/organisations/zork/"):
        assert (
            seen_outside_of_marks(client.get(address, headers={"Accept-Language": "de"}, follow=True).content.decode(), names=NAMES) == []
        )


def test_what_a_buyer_and_a_seller_see_is_translated(client: Client, product: Product, seller: User) -> None:
    for image in product.images.all():
        EntitlementFactory(holder=seller.account, image=image)
    book_sale(PaidOrderFactory(product=product), at=timezone.now())
    for state in ("active", "past_due", "ended"):
        ends = {"state": state, "ended_at": timezone.now()}
        SubscriptionFactory(placed_by=seller, product__title="zork5", product_title="zork5", seller=product.seller, **ends)
    order = OrderFactory(buyer=seller.account, placed_by=seller, product=ProductFactory(title="zork5", summary="zork6"))
    client.force_login(seller)

    image = product.images.get()
    pages = (
        *(*OF_A_SELLER, reverse("marketplace:product_edit", args=[product.pk]), reverse("marketplace:image", args=[image.pk])),
        *(reverse("billing:price_announce", args=[one.pk]) for one in product.prices.exclude(interval="")),
        *(reverse("billing:order", args=[order.pk]), reverse("marketplace:report", args=["product", product.pk])),
    )
    assert [text for address in pages for text in bare(client, address)] == []


def test_words_outside_of_marks_are_seen() -> None:
    page = '<html lang="de"><p title="All">⟦Your⟧ orders <code>docker</code></p><p lang="en">English</p><p>⟦a <b>zork ⟦b⟧</b> c⟧ zork</p></html>'

    assert seen_outside_of_marks(page, names=["zork"]) == ['title="All"', "orders"]
