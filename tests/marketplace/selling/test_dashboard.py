"""Beginning to sell, reserving names, and the dashboard that knows the next step."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.models import User
from marketplace.images.models import Image, Namespace
from tests.factories.marketplace import DraftProductFactory, ImageFactory, NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/selling/")["Location"] == "/account/login/?next=/selling/"


def test_a_member_without_a_namespace_is_led_to_the_beginning(member_client: Client) -> None:
    for path in ("/selling/", "/selling/reserve/", "/selling/products/new/"):
        assert member_client.get(path)["Location"] == "/selling/start/"


def test_choosing_a_namespace_makes_a_seller(member_client: Client, member: User) -> None:
    assert_sound(member_client.get("/selling/start/"))

    response = member_client.post("/selling/start/", {"display_name": "Mira Data", "name": "mira-data"}, follow=True)

    assert response.redirect_chain == [("/selling/reserve/?seller=mira", 302)]
    assert Namespace.objects.get(owner=member.account).name == "mira-data"
    assert "mira-data is yours" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        pytest.param("acme", 409, "acme is taken", id="taken"),
        pytest.param("acrne", 409, "looks too much like", id="look-alike"),
        pytest.param("Big", 422, "Use lower-case letters", id="grammar"),
        pytest.param("admin", 422, "is reserved", id="reserved word"),
        pytest.param("", 400, "This field is required", id="nothing"),
    ],
)
def test_a_refused_namespace_says_why_and_keeps_what_was_typed(
    member_client: Client, member: User, namespace: Namespace, name: str, status: int, sentence: str
) -> None:
    Namespace.objects.update(skeleton="acme")

    response = member_client.post("/selling/start/", {"display_name": "My shop", "name": name})

    assert_sound(response)
    assert response.status_code == status
    html = response.content.decode()
    assert sentence in html
    assert 'value="My shop"' in html
    assert 'aria-invalid="true"' in html
    assert not Namespace.objects.filter(owner=member.account).exists()


def test_a_seller_does_not_begin_twice(seller_client: Client) -> None:
    assert seller_client.get("/selling/start/")["Location"] == "/selling/?seller=acme"


def test_a_name_is_reserved_without_any_script(seller_client: Client, namespace: Namespace) -> None:
    assert_sound(seller_client.get("/selling/reserve/"))

    response = seller_client.post("/selling/reserve/", {"name": "db"}, follow=True)

    image = Image.objects.get(repository="acme/db")
    assert response.redirect_chain == [(f"/selling/images/{image.pk}/", 302)]
    assert_sound(response)
    assert "acme/db is yours. Push to it now." in response.content.decode()


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        pytest.param("taken", 409, "acme/taken is taken", id="taken"),
        pytest.param("Postgres_HA!", 422, "Use lower-case letters", id="grammar"),
        pytest.param("", 400, "This field is required", id="nothing"),
    ],
)
def test_a_refused_name_says_why_and_keeps_what_was_typed(
    seller_client: Client, namespace: Namespace, name: str, status: int, sentence: str
) -> None:
    ImageFactory(namespace=namespace, name="taken")

    response = seller_client.post("/selling/reserve/", {"name": name})

    assert_sound(response)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert f'value="{name}"' in response.content.decode() or not name
    assert Image.objects.count() == 1


def test_a_seller_with_two_namespaces_chooses_one(seller_client: Client, namespace: Namespace) -> None:
    other = NamespaceFactory(name="other", owner=namespace.owner)
    foreign = NamespaceFactory(name="foreign")

    assert_sound(seller_client.get("/selling/reserve/"))
    refused = seller_client.post("/selling/reserve/", {"name": "db", "namespace": foreign.pk})
    seller_client.post("/selling/reserve/", {"name": "db", "namespace": other.pk})

    assert refused.status_code == 400
    assert Image.objects.get().repository == "other/db"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(
            "free",
            {"available": True, "repository": "acme/free", "message": "acme/free is free. Your first push keeps it for good."},
            id="free",
        ),
        pytest.param("mine", {"available": False, "repository": "acme/mine", "message": "You hold acme/mine already."}, id="held"),
        pytest.param(
            "gone",
            {"available": False, "repository": "acme/gone", "message": "acme/gone was given up, and is not free. Choose another name."},
            id="tombstone",
        ),
        pytest.param(
            "tags", {"available": False, "repository": "", "message": "tags is reserved. Choose another name."}, id="reserved word"
        ),
        pytest.param(
            "\x00", {"available": False, "repository": "", "message": "Use only a to z, 0 to 9, and . _ - between them."}, id="NUL"
        ),
    ],
)
def test_availability_is_told_as_one_types(seller_client: Client, namespace: Namespace, name: str, answer: dict[str, object]) -> None:
    ImageFactory(namespace=namespace, name="mine")
    ImageFactory(namespace=namespace, name="gone", first_pushed_at=timezone.now(), ended_at=timezone.now(), end_kind="released")

    assert seller_client.get("/selling/reserve/availability", {"name": name}).json() == answer


def test_availability_is_told_of_the_seller_s_own_namespaces_only(seller_client: Client, namespace: Namespace) -> None:
    other, foreign = NamespaceFactory(name="other", owner=namespace.owner), NamespaceFactory()

    def ask(chosen: object) -> int:
        return seller_client.get("/selling/reserve/availability", {"name": "db", "namespace": str(chosen)}).status_code

    assert [ask(other.pk), ask(foreign.pk), ask("nonsense")] == [200, 404, 404]


def test_the_dashboard_walks_with_the_seller(seller_client: Client, namespace: Namespace) -> None:
    titles = []
    pages = []

    def look() -> None:
        response = seller_client.get("/selling/")
        assert_sound(response)
        step = response.context["next_step"]
        titles.append(step.title if step else None)
        pages.append(step.url if step else None)

    EmailAddress.objects.update(verified=False)
    look()
    EmailAddress.objects.update(verified=True)
    look()
    image = ImageFactory(namespace=namespace, name="db")
    look()
    PushedImageFactory(namespace=namespace)
    look()
    DraftProductFactory(namespace=namespace, images=[image])
    look()
    ProductFactory(namespace=namespace)
    look()

    assert titles == ["confirm your e-mail", "reserve a name", "push an image", "make its page and price", "publish", None]
    whose = f"?seller={namespace.owner.handle}"
    assert [page for page in pages if page and "?" in page] == [
        f"/selling/reserve/{whose}",
        f"/selling/products/new/{whose}",
        f"/selling/{whose}#pr",
    ]


def test_the_push_step_names_the_real_image(seller_client: Client, namespace: Namespace) -> None:
    ImageFactory(namespace=namespace, name="db")

    assert "docker push layerstore.test:8080/acme/db:1.0" in seller_client.get("/selling/").content.decode()


def test_the_dashboard_shows_only_what_is_the_seller_s(seller_client: Client, namespace: Namespace) -> None:
    mine = ProductFactory(namespace=namespace)
    ProductFactory()

    context = seller_client.get("/selling/").context

    assert [listing.product for listing in context["products"]] == [mine]
    assert [listing.image for listing in context["images"]] == list(mine.images.all())


def test_queries_do_not_grow_with_images_and_products(seller_client: Client, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace)
    with CaptureQueriesContext(connection) as few:
        seller_client.get("/selling/")
    for _ in range(5):
        ProductFactory(namespace=namespace)

    with CaptureQueriesContext(connection) as many:
        seller_client.get("/selling/")

    assert len(many) == len(few)
