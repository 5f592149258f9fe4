"""A seller's image: commands with real names, tags as they arrive, and the policy's own word."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.images.selectors.tags import visible_tags
from tests.factories.marketplace import (
    EntitlementFactory,
    FreeProductFactory,
    ImageFactory,
    ManifestFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


def permissions(client: Client, image: Image) -> dict[str, str]:
    rows = client.get(f"/selling/images/{image.pk}/").context["permissions"]
    return {row.who: "".join(letter if allowed else "-" for letter, allowed in zip("RWD", row.allowed, strict=True)) for row in rows}


def test_an_image_that_waits_for_its_push_shows_the_commands_and_the_end(seller_client: Client, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace, name="db", expires_at=timezone.now() + timedelta(days=20, hours=1))

    response = seller_client.get(f"/selling/images/{image.pk}/")

    assert_sound(response)
    html = response.content.decode()
    assert "docker login layerstore.test:8080 -u acme" in html
    assert "docker tag db:1.0 layerstore.test:8080/acme/db:1.0" in html
    assert "docker push layerstore.test:8080/acme/db:1.0" in html
    assert "in 3 weeks" in html
    assert "No tag yet" in html
    assert f'data-live="/selling/images/{image.pk}/tags"' in html


def test_a_list_of_tags_that_stops_says_so(seller_client: Client, namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.images.selectors.tags.LISTED", 2)
    image = PushedImageFactory(namespace=namespace, name="db")
    assert b"Only the newest" not in seller_client.get(f"/selling/images/{image.pk}/tags").content
    for name in ("1.1", "1.2"):
        TagFactory(image=image, manifest=image.manifests.get(), name=name)
    product = ProductFactory(namespace=namespace, images=[image])

    for page in (f"/selling/images/{image.pk}/tags", f"/{namespace.name}/{product.slug}"):
        assert "Only the newest 2 tags are listed." in seller_client.get(page).content.decode()


def test_tags_arrive_in_the_part_that_is_polled(seller_client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="db")

    response = seller_client.get(f"/selling/images/{image.pk}/tags")

    html = response.content.decode()
    assert "<html" not in html
    assert "1.0" in html
    assert image.tags.get().manifest.short_digest in html
    assert '<span class="pill pill-ok">New</span>' in html


def test_who_may_do_what_is_the_policy_s_word(seller_client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace)
    EntitlementFactory(image=image)

    assert permissions(seller_client, image) == {"You": "RW-", "1 holder": "R--", "Everybody": "---", "Staff": "R-D"}


def test_a_free_product_lets_everybody_pull(seller_client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace)
    FreeProductFactory(namespace=namespace, images=[image])

    assert permissions(seller_client, image)["Everybody"] == "R--"


def test_an_image_taken_down_lets_nobody_pull_and_says_so(seller_client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, taken_down_at=timezone.now(), take_down_reason="It holds malware.")

    assert "It holds malware." in seller_client.get(f"/selling/images/{image.pk}/").content.decode()
    assert permissions(seller_client, image) == {"You": "---", "0 holders": "---", "Everybody": "---", "Staff": "R-D"}


def test_a_name_never_pushed_to_can_be_given_up(seller_client: Client, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace, name="db")

    response = seller_client.post(f"/selling/images/{image.pk}/release", follow=True)

    assert response.redirect_chain == [("/selling/?seller=acme", 302)]
    assert "You have given up acme/db." in response.content.decode()
    image.refresh_from_db()
    assert not image.is_live
    assert "The reservation has ended" in seller_client.get(f"/selling/images/{image.pk}/").content.decode()


def test_an_image_on_sale_is_not_given_up(seller_client: Client, namespace: Namespace) -> None:
    image = ProductFactory(namespace=namespace).images.get()

    response = seller_client.post(f"/selling/images/{image.pk}/release", follow=True)

    assert response.redirect_chain == [(f"/selling/images/{image.pk}/", 302)]
    assert "is on sale" in response.content.decode()
    image.refresh_from_db()
    assert image.is_live


class TestUnreadable:
    @pytest.fixture
    def tag(self, namespace: Namespace) -> Tag:
        image = PushedImageFactory(namespace=namespace)
        manifest = ManifestFactory(image=image, described_at=None, last_error="RegistryFailed: The registry answered 500.", attempts=3)
        return TagFactory(image=image, name="broken", manifest=manifest)

    def test_what_cannot_be_read_is_told_to_its_seller_with_a_way_out(self, seller_client: Client, tag: Tag) -> None:
        page = seller_client.get(f"/selling/images/{tag.image_id}/")

        assert_sound(page)
        html = page.content.decode()
        assert "<strong>broken cannot be read.</strong> Buyers do not see it. RegistryFailed: The registry answered 500." in html
        assert [row.name for row in page.context["rows"]] == ["1.0"]
        assert "We will try again" in html
        Manifest.objects.update(given_up_at=timezone.now())
        assert "We have given up trying." in seller_client.get(f"/selling/images/{tag.image_id}/tags").content.decode()

    def test_the_seller_asks_for_its_removal(self, seller_client: Client, tag: Tag) -> None:
        answer = seller_client.post(f"/selling/images/{tag.image_id}/manifests/{tag.manifest_id}/remove", follow=True)

        assert "You asked for its removal" in answer.content.decode()
        manifest = Manifest.objects.get(pk=tag.manifest_id)
        assert (manifest.removal_asked_at is not None, manifest.attempts, manifest.last_error) == (True, 0, "")
        assert AuditEvent.objects.get(action="manifest.removal_asked").details == {"digest": manifest.digest}
        assert not visible_tags().filter(name="broken").exists()

    def test_what_can_be_read_stays(self, seller_client: Client, tag: Tag) -> None:
        fine = tag.image.manifests.get(described_at__isnull=False)

        answer = seller_client.post(f"/selling/images/{tag.image_id}/manifests/{fine.pk}/remove", follow=True)

        assert f"{fine.short_digest} can be read, so buyers may have it." in answer.content.decode()
        assert not Manifest.objects.filter(removal_asked_at__isnull=False).exists()


def test_the_seller_chooses_what_pages_lead_with(seller_client: Client, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace)
    assert 'name="featured_tag"' not in seller_client.get(f"/selling/images/{image.pk}/").content.decode()
    TagFactory(image=image, name="2.0")
    TagFactory(image=image, name="1.9")
    page = seller_client.get(f"/selling/images/{image.pk}/")
    assert_sound(page)
    assert "the highest version, or else the newest (2.0)" in page.content.decode()

    answer = seller_client.post(f"/selling/images/{image.pk}/featured", {"featured_tag": "1.9"}, follow=True)

    assert "Pages lead with 1.9 now." in answer.content.decode()
    assert '<option value="1.9" selected>' in answer.content.decode()
    refused = seller_client.post(f"/selling/images/{image.pk}/featured", {"featured_tag": "3.0"}, follow=True)
    assert "Buyers see no tag 3.0 on" in refused.content.decode()
    image.refresh_from_db()
    assert (image.featured_tag, image.leading_tag) == ("1.9", image.tags.get(name="1.9"))
    image.tags.all().delete()
    assert (
        "Pages will lead with the first tag you push."
        in seller_client.post(f"/selling/images/{image.pk}/featured", follow=True).content.decode()
    )


def test_a_choice_that_is_not_listed_stays_chosen(seller_client: Client, namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    image = ImageFactory(namespace=namespace)
    TagFactory(image=image, name="1.0", pushed_at=timezone.now() - timedelta(days=1))
    TagFactory(image=image, name="2.0")
    seller_client.post(f"/selling/images/{image.pk}/featured", {"featured_tag": "1.0"})
    monkeypatch.setattr("marketplace.images.selectors.tags.LISTED", 1)

    assert '<option value="1.0" selected>' in seller_client.get(f"/selling/images/{image.pk}/").content.decode()
