"""The page on which a seller shows that a domain is theirs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.domains.models import AGAIN, PATIENCE, ShopDomain
from accounts.sellers.models import SellerProfile
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

PAGE = "/selling/domain/"


def test_a_seller_names_a_domain_and_reads_where_the_code_belongs(seller_client: Client, seller: SellerProfile) -> None:
    assert_sound(seller_client.get(PAGE))

    response = seller_client.post(PAGE, {"domain": "Acme.com"}, follow=True)

    assert_sound(response)
    html, named = response.content.decode(), ShopDomain.objects.get(seller=seller)
    for shown in ("_layerstore.acme.com", named.proof, "https://acme.com/.well-known/layerstore.txt", "Not verified", "Not looked for yet"):
        assert shown in html


@pytest.mark.parametrize(("domain", "status"), [("", 400), ("127.0.0.1", 422)])
def test_what_is_no_domain_is_refused_beside_the_field(seller_client: Client, domain: str, status: int) -> None:
    response = seller_client.post(PAGE, {"domain": domain})

    assert_sound(response)
    assert response.status_code == status
    assert response.context["form"].errors.keys() == {"domain"}
    assert not ShopDomain.objects.exists()


def test_the_page_says_what_was_seen_and_what_was_not(seller_client: Client, seller: SellerProfile) -> None:
    now = timezone.now()
    domain = ShopDomain.objects.create(seller=seller, domain="acme.com", token="1", seen_at=now, seen_by="file", checked_at=now)
    verified = seller_client.get(PAGE)
    ShopDomain.objects.update(seen_at=now - timedelta(days=60), last_error="No record.", asked_at=now - timedelta(days=60))
    lost = seller_client.get(PAGE)

    assert_sound(verified)
    assert "a file with this seller’s code was seen on its website" in verified.content.decode()
    assert_sound(lost)
    assert "No record." in lost.content.decode()
    assert "not looked for any more until you ask" in lost.content.decode()
    assert domain.seen_at == now


@pytest.mark.parametrize(("seen", "verified"), [(20, True), (33, True), (40, False)])
def test_a_proof_that_was_seen_is_looked_for_until_it_has_been_away_for_long(
    seller_client: Client, seller: SellerProfile, *, seen: int, verified: bool
) -> None:
    now = timezone.now()
    seen_at = now - timedelta(days=seen)
    dates = {"seen_at": seen_at, "checked_at": seen_at, "asked_at": now - timedelta(days=50), "due_at": seen_at + AGAIN}
    ShopDomain.objects.create(seller=seller, domain="acme.com", token="1", seen_by="dns", **dates)

    page = seller_client.get(PAGE)

    assert_sound(page)
    assert (page.context["verified"], page.context["watched"]) == (verified, True)
    assert "not looked for any more" not in page.content.decode()
    ShopDomain.objects.update(seen_at=now - AGAIN - PATIENCE - timedelta(minutes=1))
    assert "not looked for any more until you ask" in seller_client.get(PAGE).content.decode()
    SellerProfile.objects.update(suspended_at=now, suspension_reason="Fraud.")
    assert "not looked for any more until you ask" not in seller_client.get(PAGE).content.decode()


def test_a_check_is_asked_for(seller_client: Client, seller: SellerProfile) -> None:
    assert "named no domain" in seller_client.post(f"{PAGE}check", follow=True).content.decode()
    later = timezone.now() + timedelta(days=1)
    ShopDomain.objects.create(seller=seller, domain="acme.com", token="1", due_at=later)

    response = seller_client.post(f"{PAGE}check", follow=True)

    assert_sound(response)
    assert ShopDomain.objects.get().due_at < later


def test_a_domain_is_removed(seller_client: Client, seller: SellerProfile) -> None:
    ShopDomain.objects.create(seller=seller, domain="acme.com", token="1")

    assert_sound(seller_client.post(f"{PAGE}remove", follow=True))

    assert not ShopDomain.objects.exists()
