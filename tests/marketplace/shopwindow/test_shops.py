"""Product pages: who sees them, what the one button does, and that nothing on them runs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from marketplace.covers.services import draw_cover_of_image, draw_outdated_covers
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Product, ProductPicture
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    ImageFactory,
    LayerListFactory,
    ManifestFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
    layer,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(namespace: Namespace) -> Product:
    image = PushedImageFactory(namespace=namespace, name="db")
    return ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=[image], price__amount=4900)


def test_a_stranger_sees_price_command_tags_and_layers(client: Client, product: Product) -> None:
    response = client.get("/acme/db")

    assert_sound(response)
    html = response.content.decode()
    assert response.context["offer_state"].kind == "sale"
    assert "docker pull layerstore.test:8080/acme/db:1.0" in html
    assert "€49.00" in html
    assert "Sign in to buy" in html
    layers = product.images.get().manifests.get().layer_list.layers
    assert [row.layer for row in response.context["details"][0].layers] == layers[::-1]


def test_a_member_buys_with_one_button(member_client: Client, product: Product) -> None:
    html = member_client.get("/acme/db").content.decode()

    assert f'action="/billing/buy/{product.pk}/"' in html


def test_a_holder_is_sent_to_the_library(member_client: Client, member: User, product: Product) -> None:
    EntitlementFactory(holder=member.account, image=product.images.get())

    assert member_client.get("/acme/db").context["offer_state"].kind == "held"


def test_nobody_without_an_organisation_is_asked_for_whom(member_client: Client, product: Product) -> None:
    html = member_client.get("/acme/db").content.decode()

    assert 'name="buyer"' not in html
    assert html.count(f'action="/billing/buy/{product.pk}/"') == 2  # in the box, and in the bar of narrow windows


def test_who_buys_for_an_organisation_chooses_in_the_form(member_client: Client, member: User, product: Product) -> None:
    for name in ("Acme Team", "Beta"):
        MembershipFactory(user=member, account__name=name, account__handle=name.split()[0].lower() + "-team", role=Role.BILLING)
    EntitlementFactory(holder=member.memberships.get(account__name="Beta").account, image=product.images.get())

    page = assert_sound(member_client.get("/acme/db"))

    radios = {radio["value"]: ("checked" in radio, "disabled" in radio) for radio in page.all("input") if radio.get("name") == "buyer"}
    assert radios == {"mira": (True, False), "acme-team": (False, False), "beta-team": (False, True)}
    html = member_client.get("/acme/db").content.decode()
    assert "Buy as" in html
    assert "Beta has this. Its owners and members can pull it." in html
    assert html.count(f'action="/billing/buy/{product.pk}/"') == 1
    assert 'href="#buy"' in html


def test_a_free_product_is_got_for_an_organisation(member_client: Client, member: User, namespace: Namespace) -> None:
    FreeProductFactory(namespace=namespace, slug="free")
    MembershipFactory(user=member, account__name="Acme Team")

    html = member_client.get("/acme/free").content.decode()

    assert "Get it as" in html
    assert "Acme Team" in html


def test_who_pulls_it_by_an_organisation_is_warned_of_paying_again(member_client: Client, member: User, product: Product) -> None:
    team = MembershipFactory(user=member, account__name="Acme Team", role=Role.MEMBER).account
    EntitlementFactory(holder=team, image=product.images.get())

    response = member_client.get("/acme/db")

    assert_sound(response)
    html = response.content.decode()
    assert "<strong>Acme Team has this.</strong> You can already pull it as one of its members." in html
    assert "In your library" in html
    assert f'action="/billing/buy/{product.pk}/"' in html
    assert 'name="buyer"' not in html


def test_the_seller_is_sent_to_the_editor(seller_client: Client, product: Product) -> None:
    assert seller_client.get("/acme/db").context["offer_state"].kind == "own"


def test_a_free_product_is_got_without_stripe(client: Client, member_client: Client, namespace: Namespace) -> None:
    free = FreeProductFactory(namespace=namespace, slug="free")

    assert "without an account" in client.get("/acme/free").content.decode()
    assert f'action="/library/get/{free.pk}/"' in member_client.get("/acme/free").content.decode()


def test_a_seller_who_cannot_be_paid_sells_nothing(client: Client, product: Product) -> None:
    SellerProfile.objects.filter(pk=product.seller_id).update(charges_enabled=False)

    assert client.get("/acme/db").context["offer_state"].kind == "closed"


def test_an_image_taken_down_is_not_for_sale(client: Client, product: Product) -> None:
    Image.objects.update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    assert client.get("/acme/db").context["offer_state"].kind == "closed"


def test_a_draft_exists_for_its_seller_and_staff_only(
    client: Client, member_client: Client, seller_client: Client, namespace: Namespace
) -> None:
    DraftProductFactory(namespace=namespace, slug="draft")
    staff = Client()
    staff.force_login(UserFactory(staff=True))

    assert client.get("/acme/draft").status_code == 404
    assert member_client.get("/acme/draft").status_code == 404
    assert client.get("/covers/acme/draft.svg").status_code == 404
    assert "Only you and staff can see this page" in seller_client.get("/acme/draft").content.decode()
    assert staff.get("/acme/draft").status_code == 200


def test_products_of_a_suspended_seller_are_gone(client: Client, product: Product) -> None:
    SellerProfile.objects.filter(pk=product.seller_id).update(suspended_at=timezone.now(), suspension_reason="Fraud.")

    assert client.get("/acme/db").status_code == 404
    assert client.get("/acme").status_code == 404


def test_a_bundle_shows_each_image(client: Client, namespace: Namespace) -> None:
    images = [PushedImageFactory(namespace=namespace, name=name) for name in ("one", "two")]
    ProductFactory(namespace=namespace, slug="both", images=images)

    response = client.get("/acme/both")

    assert_sound(response)
    assert [detail.reference for detail in response.context["details"]] == [
        f"layerstore.test:8080/acme/{name}:1.0" for name in ("one", "two")
    ]


def test_a_product_whose_image_was_never_pushed_still_has_a_page(seller_client: Client, namespace: Namespace) -> None:
    DraftProductFactory(namespace=namespace, slug="empty", images=[ImageFactory(namespace=namespace, name="empty")])

    response = seller_client.get("/acme/empty")

    assert_sound(response)
    assert response.context["cover"] is None
    assert seller_client.get("/covers/acme/empty.svg").status_code == 404


def test_an_index_shows_the_layers_of_its_first_described_child(client: Client, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace, name="multi", first_pushed_at=timezone.now())
    child = ManifestFactory(image=image)
    LayerListFactory(manifest=child, layers=[layer("base")])
    index = ManifestFactory(image=image, kind="index", children=["sha256:unknown", child.digest], platforms=["linux/amd64", "linux/arm64"])
    TagFactory(image=image, manifest=index)
    ProductFactory(namespace=namespace, slug="multi", images=[image])

    response = client.get("/acme/multi")

    assert len(response.context["details"][0].layers) == 1
    assert response.context["listing"].platforms == ("amd64", "arm64")


def test_an_image_of_very_many_layers_is_drawn_and_listed_whole(client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="deep", pushed=[layer(f"{n}", 1_000 * (n + 1)) for n in range(30)])
    draw_cover_of_image(image_id=image.pk)
    ProductFactory(namespace=namespace, slug="deep", images=[image])

    response = client.get("/acme/deep")

    assert_sound(response)
    assert len(response.context["details"][0].layers) == 30
    assert response.context["cover"].body.count('V260H0z"/>') == 2 + 14
    assert {row.fill for row in response.context["details"][0].layers} == {band[3] for band in image.cover.bands}


def test_latest_stands_behind_the_name_that_says_more(client: Client, product: Product) -> None:
    image = product.images.get()
    TagFactory(image=image, name="latest", manifest=image.tags.get().manifest)
    TagFactory(image=image, name="1", manifest=image.tags.get(name="1.0").manifest, pushed_at=image.tags.get(name="1.0").pushed_at)
    TagFactory(image=image, name="sha256-abc.sig", manifest=ManifestFactory(image=image, kind="artifact"))

    response = client.get("/acme/db")

    assert [(row.name, row.also) for row in response.context["details"][0].rows] == [("1.0", ["latest", "1"])]
    assert response.context["details"][0].reference == "layerstore.test:8080/acme/db:1.0"


@pytest.mark.parametrize("field", ["title", "summary", "description", "licence_name", "licence_text"])
def test_nothing_that_a_seller_writes_runs(client: Client, product: Product, field: str) -> None:
    Product.objects.filter(pk=product.pk).update(**{field: '<script>alert(1)</script>"><img src=x onerror=alert(1)>'})

    html = client.get("/acme/db").content.decode()

    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_the_policy_forbids_inline_style_and_script(client: Client, product: Product) -> None:
    policy = client.get("/acme/db")["Content-Security-Policy"]

    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"


def test_pictures_have_words_and_sizes(client: Client, product: Product) -> None:
    picture = ProductPicture(product=product, alt="Failover in seconds", width=800, height=500)
    picture.file.name = "products/a.webp"
    ProductPicture.objects.bulk_create([picture])

    page = assert_sound(client.get("/acme/db"))

    assert {"src": "/media/products/a.webp", "alt": "Failover in seconds", "width": "800", "height": "500", "loading": "lazy"} in page.all(
        "img"
    )


def test_the_cover_is_a_picture_of_its_own(client: Client, product: Product) -> None:
    draw_outdated_covers()

    response = client.get("/covers/acme/db.svg")

    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg"')
    assert response.content.count(b"<path") > 4


def test_a_cover_that_not_everybody_may_see_is_kept_by_no_cache(seller_client: Client, product: Product) -> None:
    draw_outdated_covers()
    SellerProfile.objects.update(suspended_at=timezone.now(), suspension_reason="Fraud.")

    response = seller_client.get("/covers/acme/db.svg")

    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")


def test_a_shop_shows_what_is_published_and_its_seller_more(
    client: Client, seller_client: Client, product: Product, namespace: Namespace
) -> None:
    DraftProductFactory(namespace=namespace)

    response = client.get("/acme")

    assert_sound(response)
    assert [listing.product for listing in response.context["listings"]] == [product]
    assert "Your dashboard" in seller_client.get("/acme").content.decode()


def test_an_empty_shop_says_so(client: Client, seller_client: Client, namespace: Namespace) -> None:
    assert "has not published anything" in client.get("/acme").content.decode()
    assert "Create a product" in seller_client.get("/acme").content.decode()


@pytest.mark.parametrize("path", ["/nobody", "/nobody/nothing", "/acme/nothing", "/covers/nobody/x.svg", "/Acme", "/%00", "/acme/%2e%2e"])
def test_what_is_not_there_is_a_page_of_ours(client: Client, namespace: Namespace, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert_sound(response)


def test_an_address_without_its_slash_is_forgiven(client: Client) -> None:
    response = client.get("/search")

    assert (response.status_code, response["Location"]) == (301, "/search/")


@pytest.mark.parametrize("drawn", [False, True])
def test_queries_do_not_grow_with_images_tags_and_layers(client: Client, namespace: Namespace, *, drawn: bool) -> None:
    ProductFactory(namespace=namespace, slug="small", images=[PushedImageFactory(namespace=namespace) for _ in range(2)])
    many = [PushedImageFactory(namespace=namespace) for _ in range(6)]
    for image in many:
        LayerListFactory(manifest=TagFactory(image=image, name="2.0").manifest)
    ProductFactory(namespace=namespace, slug="large", images=many)
    if drawn:
        draw_outdated_covers()

    with CaptureQueriesContext(connection) as few:
        client.get("/acme/small")
    with CaptureQueriesContext(connection) as more:
        client.get("/acme/large")

    assert len(more) == len(few)
