import pytest
from django.conf import settings
from rest_framework.test import APIClient

from marketplace.images.models import Image, Manifest, Namespace
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory

pytestmark = pytest.mark.django_db


def test_choosing_a_namespace_makes_a_seller(as_buyer: APIClient) -> None:
    response = as_buyer.post("/api/v1/namespaces/", {"name": "fjord", "display_name": "Fjord Security"}, format="json")

    assert response.status_code == 201
    assert response.json()["name"] == "fjord"
    assert Namespace.objects.get(name="fjord").owner.seller.display_name == "Fjord Security"


def test_a_broken_name_is_refused_with_the_rule(as_buyer: APIClient) -> None:
    response = as_buyer.post("/api/v1/namespaces/", {"name": "Fjord", "display_name": "Fjord"}, format="json")

    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    assert "lower-case" in response.json()["detail"]
    assert Namespace.objects.count() == 0


def test_only_ones_own_namespaces_are_listed(as_seller: APIClient, as_other: APIClient) -> None:
    names = [[row["name"] for row in client.get("/api/v1/namespaces/").json()["results"]] for client in (as_seller, as_other)]

    assert names == [["acme"], ["rival"]]


def test_a_name_is_reserved(as_seller: APIClient, namespace: Namespace) -> None:
    response = as_seller.post("/api/v1/images/", {"namespace": namespace.pk, "name": "db"}, format="json")

    assert response.status_code == 201
    assert response.json()["reference"] == f"{settings.LAYERSTORE_IMAGE_HOST}/acme/db"
    assert Image.objects.get(repository="acme/db").owner == namespace.owner


def test_a_taken_name_is_a_conflict_in_the_domains_words(as_seller: APIClient, namespace: Namespace) -> None:
    ImageFactory(namespace=namespace, name="db")

    response = as_seller.post("/api/v1/images/", {"namespace": namespace.pk, "name": "db"}, format="json")

    assert (response.status_code, response.json()["code"]) == (409, "image_name_already_reserved")
    assert Image.objects.count() == 1


def test_nobody_reserves_in_somebody_elses_namespace(as_other: APIClient, namespace: Namespace) -> None:
    response = as_other.post("/api/v1/images/", {"namespace": namespace.pk, "name": "db"}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["namespace"])
    assert Image.objects.count() == 0


def test_a_name_is_given_up(as_seller: APIClient, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace)

    response = as_seller.delete(f"/api/v1/images/{image.pk}/")

    image.refresh_from_db()
    assert (response.status_code, image.is_live) == (204, False)


def test_somebody_elses_name_does_not_exist(as_other: APIClient, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace)

    answers = [as_other.get(f"/api/v1/images/{image.pk}/"), as_other.delete(f"/api/v1/images/{image.pk}/")]

    image.refresh_from_db()
    assert [answer.status_code for answer in answers] == [404, 404]
    assert image.is_live


def test_tags_tell_digest_size_and_platforms(as_seller: APIClient, as_other: APIClient, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace)
    TagFactory(image=PushedImageFactory(namespace=namespace), name="2.0")

    rows = as_seller.get("/api/v1/tags/", {"image": image.pk}).json()["results"]

    manifest = image.tags.get().manifest
    assert [(row["name"], row["digest"], row["size"], row["platforms"]) for row in rows] == [
        ("1.0", manifest.digest, 3_000_000, ["linux/amd64"])
    ]
    assert as_other.get("/api/v1/tags/").json()["results"] == []


def test_without_a_token_nothing_is_answered(client: APIClient) -> None:
    response = client.get("/api/v1/images/")

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="Layerstore API"')


def test_a_token_without_the_scope_is_told_so(namespace: Namespace) -> None:
    secret = AccessTokenFactory(user=namespace.owner.user, scopes=["registry:pull"]).secret

    response = APIClient(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/images/")

    assert response.status_code == 403
    assert "scope api" in response.json()["detail"]


def test_lists_come_in_pages(as_seller: APIClient, namespace: Namespace) -> None:
    for _ in range(3):
        ImageFactory(namespace=namespace)

    first = as_seller.get("/api/v1/images/", {"page_size": 2}).json()
    second = as_seller.get(first["next"]).json()

    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)
    assert len({row["id"] for row in first["results"] + second["results"]}) == 3


def test_a_tag_that_nobody_can_read_is_removed_and_no_other(as_seller: APIClient, as_other: APIClient, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace)
    broken = TagFactory(image=image, name="broken", manifest=ManifestFactory(image=image, described_at=None, last_error="answers 500"))
    fine = image.tags.get(name="1.0")

    assert as_other.delete(f"/api/v1/tags/{broken.pk}/").status_code == 404
    refused = as_seller.delete(f"/api/v1/tags/{fine.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "manifest_is_readable")
    assert not Manifest.objects.filter(removal_asked_at__isnull=False).exists()

    assert as_seller.delete(f"/api/v1/tags/{broken.pk}/").status_code == 202
    assert Manifest.objects.get(removal_asked_at__isnull=False) == broken.manifest


def test_the_tag_that_pages_lead_with_is_told_and_chosen(as_seller: APIClient, as_other: APIClient, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace)
    TagFactory(image=image, name="2.0")
    address = f"/api/v1/images/{image.pk}/"
    assert [as_seller.get(address).json()[name] for name in ("featured_tag", "leading_tag")] == ["", "2.0"]

    assert as_other.patch(address, {"featured_tag": "1.0"}, format="json").status_code == 404
    assert as_seller.patch(address, {}, format="json").status_code == 400
    refused = as_seller.patch(address, {"featured_tag": "3.0"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_tag")
    assert as_seller.get(address).json()["leading_tag"] == "2.0"

    chosen = as_seller.patch(address, {"featured_tag": "1.0"}, format="json")
    assert (chosen.status_code, chosen.json()["featured_tag"], chosen.json()["leading_tag"]) == (200, "1.0", "1.0")
    assert (
        as_seller.get("/api/v1/images/", {"repository": ImageFactory(namespace=namespace).repository}).json()["results"][0]["leading_tag"]
        == ""
    )
