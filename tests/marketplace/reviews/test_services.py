"""Reviews: who writes them, what is kept, what counts, and what staff and sellers do with them."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.organisations.errors import NoSuchOrganisation
from accounts.organisations.models import Role
from accounts.people.models import User
from accounts.privacy.services.deletion import delete_account
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.images.errors import NotYours
from marketplace.personal_data import export_marketplace
from marketplace.products.models import Product
from marketplace.reviews import services
from marketplace.reviews.errors import NotBought, OwnReview, ReviewAlreadyHidden, ReviewEditedTooOften, ReviewNotHidden
from marketplace.reviews.models import ProductRating, Review, ReviewVersion
from marketplace.reviews.ratings import Rating
from marketplace.reviews.selectors import rating_of, reviewer_of, reviews_for
from marketplace.reviews.services import answer_review, hide_review, show_review, write_review
from marketplace.reviews.tasks import count_pulls_of_reviewers
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    FreeProductFactory,
    ProductFactory,
    PullCountFactory,
    PushedImageFactory,
    ReviewFactory,
)
from tests.support.trail import trail

pytestmark = pytest.mark.django_db


def buyer_of(product: Product, user: User | None = None, **fields: object) -> User:
    """Somebody who bought every image of the product."""
    user = user or UserFactory()
    for image in product.images.all():
        EntitlementFactory(holder=user.account, image=image, **fields)
    return user


def written(product: Product, user: User, rating: int = 4, text: str = "It runs.") -> Review:
    return write_review(product=product, user=user, rating=rating, text=text)


def test_a_buyer_reviews_what_they_bought() -> None:
    product = ProductFactory()
    user = buyer_of(product)

    review = written(product, user)

    assert (review.buyer, review.author, review.rating, review.text, review.edited_at) == (user.account, user, 4, "It runs.", None)
    assert rating_of(product) == Rating((0, 0, 0, 1, 0))
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.target_label, event.details) == (
        user,
        "review.written",
        f"review of {product.title}",
        {"rating": 4},
    )


def test_whoever_got_it_for_free_reviews_it() -> None:
    product, user = FreeProductFactory(), UserFactory()
    obtain_free_product(product=product, user=user)

    assert written(product, user).buyer == user.account


def test_who_is_subscribed_has_a_voice() -> None:
    product = ProductFactory()

    assert written(product, buyer_of(product, source_kind=Entitlement.Source.SUBSCRIPTION)).rating == 4


def test_who_was_refunded_keeps_their_voice() -> None:
    product = ProductFactory()

    assert written(product, buyer_of(product, revoked=True)).rating == 4


@pytest.mark.parametrize("kind", ["stranger", "given by staff", "half of a bundle", "a member who does not buy", "nothing in it"])
def test_nobody_else_reviews_it(kind: str) -> None:
    product, user = ProductFactory(), UserFactory()
    match kind:
        case "given by staff":
            buyer_of(product, user, source_kind=Entitlement.Source.STAFF)
        case "half of a bundle":
            product = ProductFactory(
                namespace=product.namespace, images=[PushedImageFactory(namespace=product.namespace) for _ in range(2)]
            )
            EntitlementFactory(holder=user.account, image=product.images.all()[0])
        case "a member who does not buy":
            team = MembershipFactory(user=user, role=Role.MEMBER).account
            EntitlementFactory(holder=team, image=product.images.get())
        case "nothing in it":
            product = ProductFactory(namespace=product.namespace, images=[])

    with pytest.raises(NotBought):
        written(product, user)

    assert not Review.objects.exists()
    assert trail() == []


def test_who_sells_it_does_not_review_it() -> None:
    product = ProductFactory()
    seller = product.seller.account.user
    buyer_of(product, seller)

    with pytest.raises(OwnReview):
        written(product, seller)

    assert reviewer_of(product, seller) is None
    assert not Review.objects.exists()


def test_an_organisation_has_one_review_whoever_of_its_buyers_writes() -> None:
    product = ProductFactory()
    owner = MembershipFactory()
    colleague = MembershipFactory(account=owner.account, role=Role.BILLING).user
    EntitlementFactory(holder=owner.account, image=product.images.get())

    written(product, owner.user)
    review = written(product, colleague, rating=2)

    assert Review.objects.get() == review
    assert (review.buyer, review.author, review.rating) == (owner.account, colleague, 2)


def test_who_has_just_left_the_organisation_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    product, membership = ProductFactory(), MembershipFactory()
    EntitlementFactory(holder=membership.account, image=product.images.get())
    team, user = membership.account, membership.user
    membership.delete()
    monkeypatch.setattr(services, "reviewer_of", lambda *_: team)

    with pytest.raises(NoSuchOrganisation):
        written(product, user)

    assert not Review.objects.exists()


def test_what_a_review_said_before_is_kept() -> None:
    product = ProductFactory()
    user = buyer_of(product)
    first = written(product, user)

    written(product, user, rating=2, text="It ran.")
    review = written(product, user, rating=5, text="It runs again.")

    versions = list(review.versions.values_list("rating", "text"))
    assert versions == [(2, "It ran."), (4, "It runs.")]
    assert review.versions.values_list("written_at", flat=True).last() == first.written_at
    assert review.written_at == first.written_at
    assert review.edited_at
    assert rating_of(product) == Rating((0, 0, 0, 0, 1))
    assert trail() == ["review.written", "review.edited", "review.edited"]


def test_the_same_said_again_is_no_edit() -> None:
    product = ProductFactory()
    user = buyer_of(product)
    written(product, user)

    review = written(product, user)

    assert (review.edited_at, review.versions.count(), trail()) == (None, 0, ["review.written"])


def test_there_is_an_end_of_edits() -> None:
    review = ReviewFactory()
    ReviewVersion.objects.bulk_create(ReviewVersion(review=review, rating=1, text=str(n), written_at=timezone.now()) for n in range(20))

    with pytest.raises(ReviewEditedTooOften):
        written(review.product, review.author, rating=1)

    review.refresh_from_db()
    assert (review.rating, review.versions.count(), trail()) == (4, 20, [])


def test_the_page_shows_the_newest_five_and_says_that_there_are_more() -> None:
    product = ProductFactory()
    for _ in range(6):
        ReviewFactory(product=product)

    shown = reviews_for(product, None)

    assert (len(shown.newest), shown.has_more, shown.rating.count, shown.reviewer, shown.own, shown.answers) == (
        5,
        True,
        6,
        None,
        None,
        False,
    )


def test_a_hidden_review_leaves_page_and_average_and_comes_back() -> None:
    review, staff = ReviewFactory(), UserFactory(staff=True)
    product = review.product

    hidden = hide_review(review=review, reason="Insults a person.", actor=staff)

    assert (hidden.hidden_at is not None, hidden.hidden_reason) == (True, "Insults a person.")
    assert rating_of(product) == Rating()
    seen_by_buyer, seen_by_others = reviews_for(product, review.author), reviews_for(product, None)
    assert (seen_by_buyer.newest, seen_by_buyer.own, seen_by_others.newest) == ([], review, [])
    shown = show_review(review=review, reason="It was a joke.", actor=staff)
    assert (shown.hidden_at, shown.hidden_reason) == (None, "")
    assert rating_of(product).count == 1
    assert list(AuditEvent.objects.order_by("at").values_list("action", "reason")) == [
        ("review.hidden", "Insults a person."),
        ("review.shown", "It was a joke."),
    ]


def test_only_staff_hide_and_show_with_a_reason_and_once() -> None:
    review, staff = ReviewFactory(), UserFactory(staff=True)
    seller = review.product.seller.account.user

    for act in (hide_review, show_review):
        with pytest.raises(NotYours):
            act(review=review, reason="It is bad for sales.", actor=seller)
        with pytest.raises(ReasonMissing):
            act(review=review, reason=" ", actor=staff)
    with pytest.raises(ReviewNotHidden):
        show_review(review=review, reason="Why not.", actor=staff)
    review.refresh_from_db()
    assert (review.hidden_at, rating_of(review.product).count, trail()) == (None, 1, [])
    hide_review(review=review, reason="Insults.", actor=staff)
    with pytest.raises(ReviewAlreadyHidden):
        hide_review(review=review, reason="Insults.", actor=staff)

    assert trail() == ["review.hidden"]


def test_an_edited_review_that_is_hidden_stays_hidden() -> None:
    review = ReviewFactory()
    hide_review(review=review, reason="Insults.", actor=UserFactory(staff=True))

    edited = written(review.product, review.author, text="It runs well.")

    assert (edited.hidden_reason, rating_of(review.product)) == ("Insults.", Rating())


def test_the_seller_answers_and_takes_the_answer_away() -> None:
    review = ReviewFactory()
    seller = review.product.seller.account.user

    answered = answer_review(review=review, answer="Thank you.", actor=seller)
    assert (answered.answer, answered.answered_at is not None) == ("Thank you.", True)
    removed = answer_review(review=review, answer="", actor=seller)

    assert (removed.answer, removed.answered_at) == ("", None)
    assert trail() == ["review.answered", "review.answer_removed"]


def test_nobody_answers_for_the_seller() -> None:
    review = ReviewFactory()

    with pytest.raises(NotYours):
        answer_review(review=review, answer="Thank you.", actor=review.author)

    review.refresh_from_db()
    assert (review.answer, trail()) == ("", [])


def test_it_says_how_often_buyers_have_pulled() -> None:
    product = ProductFactory()
    image, other = product.images.get(), PushedImageFactory()
    person, team = ReviewFactory(product=product), MembershipFactory().account
    of_team = ReviewFactory(product=product, buyer=team, author=team.memberships.get().user)
    member = MembershipFactory(account=team, role=Role.MEMBER).user
    MembershipFactory(user=member)  # in another organisation as well: counted once all the same
    for of, buyer, count in [
        (image, person.buyer, 5),
        (image, team, 10),
        (image, member.account, 7),
        (image, UserFactory().account, 100),
        (other, person.buyer, 1000),
    ]:
        PullCountFactory(image=of, buyer=buyer, count=count)
        PullCountFactory(image=of, buyer=buyer, count=count, tag="2.0")

    assert count_pulls_of_reviewers() == 2

    pulls = dict(Review.objects.values_list("pk", "pulls"))
    assert pulls == {person.pk: 10, of_team.pk: 34}
    assert count_pulls_of_reviewers() == 0


def test_pulls_are_counted_when_it_is_written() -> None:
    product = ProductFactory()
    user = buyer_of(product)
    PullCountFactory(image=product.images.get(), buyer=user.account, count=3)

    assert written(product, user).pulls == 3


def test_the_database_refuses_what_no_service_does() -> None:
    review = ReviewFactory()
    wrong: list[dict[str, object]] = [
        {"rating": 0},
        {"rating": 6},
        {"hidden_at": timezone.now()},
        {"answer": "x"},
        {"answered_at": timezone.now()},
    ]

    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.filter(pk=review.pk).update(**values)
    with pytest.raises(IntegrityError, match="review_one_of_a_buyer"), transaction.atomic():
        Review.objects.create(product=review.product, buyer=review.buyer, author=review.author, rating=1, text="x")
    with pytest.raises(IntegrityError, match="product_rating_counts_each"), transaction.atomic():
        ProductRating.objects.update(counts=[1])


def test_a_deleted_person_leaves_no_review_and_the_average_is_counted_anew() -> None:
    review = ReviewFactory(rating=1, text="Says jane.")
    written(review.product, review.author, text="Says jane again.")
    team = MembershipFactory(user=review.author).account
    MembershipFactory(account=team)
    of_team = ReviewFactory(product=review.product, buyer=team, author=review.author, rating=3)
    assert [one["text"] for one in export_marketplace(review.author)["reviews"]] == ["Says jane again."]

    delete_account(user=review.author, reason="They asked.", actor=None)

    assert list(Review.objects.all()) == [of_team]
    assert not ReviewVersion.objects.exists()
    assert rating_of(review.product) == Rating((0, 0, 1, 0, 0))


def test_a_deleted_seller_leaves_no_answer() -> None:
    review = ReviewFactory()
    Product.objects.update(state=Product.State.WITHDRAWN)
    seller = review.product.seller.account.user
    answer_review(review=review, answer="Jane says thank you.", actor=seller)
    assert [one["answer"] for one in export_marketplace(seller)["answers to reviews"]] == ["Jane says thank you."]

    delete_account(user=seller, reason="They asked.", actor=None)

    review.refresh_from_db()
    assert (review.answer, review.answered_at, rating_of(review.product).count) == ("", None, 1)


def test_reviews_say_what_they_are() -> None:
    review = ReviewFactory(rating=2, product__title="Postgres HA")

    assert (str(review), review.stars) == ("review of Postgres HA", "★★☆☆☆")
    assert str(ReviewVersion(rating=2)) == "2 of 5"
    assert str(ProductRating.objects.get()) == "1 reviews"
