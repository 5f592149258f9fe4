"""Reviews on pages, in the API and in the admin: the same numbers everywhere."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.people.models import User
from audit.models import AuditEvent
from marketplace.images.models import Namespace
from marketplace.products.models import Product
from marketplace.reviews.models import Review
from marketplace.reviews.services import hide_review, write_review
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory, PushedImageFactory, ReviewFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(namespace: Namespace) -> Product:
    return ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=[PushedImageFactory(namespace=namespace, name="db")])


def test_every_face_says_the_same_interval(client: Client, as_buyer: APIClient, product: Product) -> None:
    for rating in (5, 5, 4, 3, 5, 1):
        ReviewFactory(product=product, rating=rating)
    hide_review(review=Review.objects.get(rating=1), reason="Insults.", actor=UserFactory(staff=True))
    staff = Client()
    staff.force_login(UserFactory(staff=True))

    page = client.get("/acme/db").content.decode()
    every = client.get("/acme/db/reviews/").content.decode()
    api = [
        as_buyer.get(f"/api/v1/products/{product.pk}/").json()["rating"],
        as_buyer.get("/api/v1/products/").json()["results"][0]["rating"],
    ]
    admin = staff.get(reverse("admin:marketplace_review_change", args=[Review.objects.shown()[0].pk])).content.decode()

    assert "2.6 to 5.0 of 5, 5 reviews" in page
    assert "they rate it 2.6 to 5.0 of 5" in page
    assert "they rate it 2.6 to 5.0 of 5" in every
    assert api == [{"count": 5, "interval": {"low": 2.6, "high": 5.0}}] * 2
    assert "5, 2.6 to 5.0" in admin


def test_below_five_no_face_says_an_average(client: Client, as_buyer: APIClient, product: Product) -> None:
    for _ in range(4):
        ReviewFactory(product=product)

    page = client.get("/acme/db").content.decode()

    assert "4 reviews by buyers. An average is shown from five on." in page
    assert "of 5, 4 reviews" not in page
    assert as_buyer.get(f"/api/v1/products/{product.pk}/").json()["rating"] == {"count": 4, "interval": None}


def test_a_product_without_reviews_says_so(client: Client, as_buyer: APIClient, product: Product) -> None:
    assert "No review yet." in client.get("/acme/db").content.decode()
    assert "No review yet" in client.get("/acme/db/reviews/").content.decode()
    assert as_buyer.get(f"/api/v1/products/{product.pk}/").json()["rating"] == {"count": 0, "interval": None}


def test_a_review_shows_buyer_pulls_versions_and_answer(client: Client, product: Product) -> None:
    review = ReviewFactory(product=product, text="<b>Once</b> it ran.", user__username="mira")
    write_review(product=product, user=review.author, rating=2, text="It stopped.")
    Review.objects.update(pulls=1234, answer="Mended in 1.1.", answered_at=review.written_at)

    response = client.get("/acme/db")

    assert_sound(response)
    html = response.content.decode()
    for words in (
        "mira",
        "1,234 pulls",
        "It stopped.",
        "&lt;b&gt;Once&lt;/b&gt; it ran.",
        "Answer of Acme Data",
        "Mended in 1.1.",
        "2 of 5",
    ):
        assert words in html


def test_pages_take_the_same_queries_however_many_reviews_there_are(member_client: Client, member: User, product: Product) -> None:
    ReviewFactory(product=product, buyer=member.account, author=member)
    counts = []
    for more in (1, 30):
        for _ in range(more):
            one = ReviewFactory(product=product)
            write_review(product=product, user=one.author, rating=1, text="Changed.")
        for address in ("/acme/db", "/acme/db/reviews/"):
            member_client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert_sound(member_client.get(address))
            counts.append(len(queries))

    assert counts[:2] == counts[2:]


def test_a_buyer_writes_and_edits_by_the_page(member_client: Client, member: User, product: Product) -> None:
    EntitlementFactory(holder=member.account, image=product.images.get())
    address = reverse("marketplace:review", args=[product.pk])
    assert address in member_client.get("/acme/db").content.decode()
    assert_sound(member_client.get(address))

    answer = member_client.post(address, {"rating": "5", "text": "Ran the drill."}, follow=True)
    assert "Ran the drill." in answer.content.decode()
    page = member_client.get(address).content.decode()
    assert "Edit your review" in page
    assert "Ran the drill.</textarea>" in page
    member_client.post(address, {"rating": "4", "text": "Ran the drill twice."})

    review = Review.objects.get()
    assert (review.rating, review.text, review.versions.get().text) == (4, "Ran the drill twice.", "Ran the drill.")


def test_what_was_typed_stays_when_something_is_missing(member_client: Client, member: User, product: Product) -> None:
    EntitlementFactory(holder=member.account, image=product.images.get())

    answer = member_client.post(reverse("marketplace:review", args=[product.pk]), {"text": "Ran the drill."})

    assert answer.status_code == 400
    assert "Ran the drill.</textarea>" in answer.content.decode()
    assert not Review.objects.exists()


def test_who_has_not_bought_it_reads_why_they_cannot_write(member_client: Client, client: Client, product: Product) -> None:
    address = reverse("marketplace:review", args=[product.pk])

    assert address not in member_client.get("/acme/db").content.decode()
    assert "Only buyers review a product." in member_client.get(address).content.decode()
    refused = member_client.post(address, {"rating": "5", "text": "Great."})
    assert (refused.status_code, Review.objects.exists()) == (403, False)
    assert client.get(address)["Location"].startswith("/account/login/")


def test_one_writes_in_the_name_of_an_organisation(member_client: Client, member: User, product: Product) -> None:
    team = MembershipFactory(user=member, account__name="Acme Team").account
    EntitlementFactory(holder=team, image=product.images.get())

    assert "In the name of Acme Team." in member_client.get(reverse("marketplace:review", args=[product.pk])).content.decode()


def test_the_buyer_of_a_hidden_review_reads_why(member_client: Client, client: Client, member: User, product: Product) -> None:
    review = ReviewFactory(product=product, buyer=member.account, author=member, text="You fool.")
    hide_review(review=review, reason="Insults a person.", actor=UserFactory(staff=True))

    assert "Your review is hidden.</strong> Insults a person." in member_client.get("/acme/db").content.decode()
    assert "Insults a person." in member_client.get(reverse("marketplace:review", args=[product.pk])).content.decode()
    for face in ("/acme/db", "/acme/db/reviews/"):
        assert "You fool." not in client.get(face).content.decode()


def test_the_seller_answers_by_the_page(seller_client: Client, product: Product) -> None:
    review = ReviewFactory(product=product)
    address = reverse("marketplace:review_answer", args=[review.pk])
    assert address in seller_client.get("/acme/db").content.decode()
    assert_sound(seller_client.get(address))

    assert "Thank you." in seller_client.post(address, {"answer": "Thank you."}, follow=True).content.decode()
    seller_client.post(address, {"answer": ""})

    review.refresh_from_db()
    assert review.answer == ""
    assert seller_client.post(address, {"answer": "x" * 4001}).status_code == 400


def test_the_api_lists_writes_and_answers(as_buyer: APIClient, as_seller: APIClient, as_other: APIClient, product: Product) -> None:
    EntitlementFactory(holder=User.objects.get(username="mira").account, image=product.images.get())
    body = {"product": str(product.pk), "rating": 5, "text": "Fine."}

    refused = as_other.post("/api/v1/reviews/", body, format="json")
    written = as_buyer.post("/api/v1/reviews/", body, format="json")
    as_buyer.post("/api/v1/reviews/", body | {"rating": 4}, format="json")
    key = written.json()["id"]
    answered = as_seller.post(f"/api/v1/reviews/{key}/answer/", {"answer": "Thanks."}, format="json")
    listed = as_other.get("/api/v1/reviews/", {"product": str(product.pk)}).json()["results"]

    assert (refused.status_code, refused.json()["code"]) == (403, "not_bought")
    assert (written.status_code, answered.status_code) == (200, 200)
    assert as_other.post(f"/api/v1/reviews/{key}/answer/", {"answer": "Ha."}, format="json").status_code == 404
    assert [(one["buyer"], one["rating"], one["answer"], [old["rating"] for old in one["versions"]]) for one in listed] == [
        ("mira", 4, "Thanks.", [5])
    ]
    assert as_other.get(f"/api/v1/reviews/{key}/").json() == listed[0]


def test_the_api_tells_nothing_of_hidden_reviews(as_other: APIClient, product: Product) -> None:
    review = ReviewFactory(product=product)
    hide_review(review=review, reason="Insults.", actor=UserFactory(staff=True))

    assert as_other.get("/api/v1/reviews/").json()["results"] == []
    assert as_other.get(f"/api/v1/reviews/{review.pk}/").status_code == 404


def test_staff_hide_and_show_in_the_admin(client: Client, product: Product) -> None:
    review, staff = ReviewFactory(product=product), UserFactory(staff=True)
    client.force_login(staff)
    address = reverse("admin:marketplace_review_changelist")

    for act, hidden in (("hide", True), ("show", False)):
        client.post(address, {"action": act, "_selected_action": [review.pk], "act_confirmed": "yes", "reason": "Asked for."})
        review.refresh_from_db()
        assert (review.hidden_at is not None) is hidden

    assert list(AuditEvent.objects.order_by("at").values_list("action", "actor")) == [
        ("review.hidden", staff.pk),
        ("review.shown", staff.pk),
    ]
