"""A product that is sold in editions is tried edition by edition, and once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.test import Client

from accounts.people.models import User
from audit.models import AuditEvent
from common.ids import new_id
from marketplace.images.errors import NotYours
from marketplace.products.models import Edition, Product
from marketplace.products.services.prices import set_trial
from marketplace.trials.errors import EditionNotSold, TrialUsed
from marketplace.trials.models import Trial
from marketplace.trials.services.ending import remind_of_trials
from marketplace.trials.services.starting import start_trial
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import EditionFactory, NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

NAMES = ("db", "failover", "unsold")


@pytest.fixture
def product(db: None) -> Product:
    """Standard has one image, Pro two; the third is in neither."""
    namespace = NamespaceFactory(name="acme")
    images = [PushedImageFactory(namespace=namespace, name=name) for name in NAMES]
    made: Product = ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=images, trial_days=14)
    EditionFactory(product=made, name="Standard", images=images[:1], price__amount=500)
    EditionFactory(product=made, name="Pro", position=1, images=images[:2], price__amount=900)
    return made


@pytest.fixture
def pro(product: Product) -> Edition:
    return product.editions.get(name="Pro")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def pulled_by(user: User) -> Sequence[str]:
    return sorted(user.account.entitlements.in_force().values_list("image__name", flat=True))


def test_who_tries_an_edition_may_pull_what_it_holds_and_is_told_its_own_price(product: Product, pro: Edition, kim: User) -> None:
    trial = start_trial(product=product, user=kim, edition=pro)
    remind_of_trials(now=trial.ends_at - timedelta(days=1))

    assert (pulled_by(kim), trial.edition, str(trial)) == (["db", "failover"], pro, "kim tries Postgres HA, Pro")
    begun, reminder = (OutgoingMail.objects.get(key__startswith=f"trial-{key}") for key in ("started", "ending"))
    assert ("Postgres HA, Pro" in begun.subject, "Postgres HA, Pro" in reminder.subject) == (True, True)
    assert "It costs €9.00, once." in reminder.body_text


def test_without_a_word_the_first_edition_is_tried_and_no_image_that_is_in_none(product: Product, kim: User) -> None:
    trial = start_trial(product=product, user=kim)

    assert (pulled_by(kim), trial.title) == (["db"], "Postgres HA, Standard")


def test_there_is_one_trial_of_all_editions(product: Product, pro: Edition, kim: User) -> None:
    start_trial(product=product, user=kim)

    with pytest.raises(TrialUsed):
        start_trial(product=product, user=kim, edition=pro)

    assert pulled_by(kim) == ["db"]


def test_what_is_sold_no_more_is_not_tried(product: Product, pro: Edition, kim: User) -> None:
    others = EditionFactory(product=ProductFactory(trial_days=14))
    pro.prices.update(retired_at=pro.created_at)

    for edition in (pro, others):
        with pytest.raises(EditionNotSold):
            start_trial(product=product, user=kim, edition=edition)

    assert (pulled_by(kim), Trial.objects.count()) == ([], 0)


def test_the_page_begins_the_trial_of_the_edition_that_it_shows(product: Product, pro: Edition, kim: User) -> None:
    client = client_of(kim)
    assert '<input type="hidden" name="edition" value="Pro">' in client.get("/acme/db?edition=Pro").content.decode()
    assert client.post(f"/library/try/{product.pk}/", {"edition": "Basic"}).status_code == 404

    text = assert_sound(client.post(f"/library/try/{product.pk}/", {"edition": "Pro"}, follow=True)).text

    assert Trial.objects.get().edition == pro
    assert "You can pull Postgres HA, Pro until" in text
    assert "You are trying this until" in assert_sound(client.get("/acme/db?edition=Pro")).text
    assert "You are trying Postgres HA, Pro until" in assert_sound(client.get("/acme/db")).text
    answer = client.post(f"/library/try/{product.pk}/", {"edition": "Pro"})
    assert answer["Location"] == "/acme/db?edition=Pro"
    seller = product.seller.account.user
    assert seller is not None
    assert "Postgres HA, Pro" in assert_sound(client_of(seller).get("/selling/trials/")).text


def test_a_program_begins_the_trial_of_an_edition(product: Product, pro: Edition, kim: User) -> None:
    client = Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=kim).secret}"})
    sent = {"product": str(product.pk), "edition": str(pro.pk)}

    unknown = client.post("/api/v1/trials/", {**sent, "edition": str(new_id())}, content_type="application/json")
    begun = client.post("/api/v1/trials/", sent, content_type="application/json")

    assert (unknown.status_code, begun.status_code, begun.json()["edition"], pulled_by(kim)) == (400, 201, str(pro.pk), ["db", "failover"])


def test_the_seller_sets_the_trial_beside_the_editions_and_not_in_one(product: Product, pro: Edition) -> None:
    seller = product.seller.account.user
    assert seller is not None
    client, editor = client_of(seller), f"/selling/products/{product.pk}/"
    page = client.get(editor)
    assert (page.context["trial_form"]["trial_days"].value(), 'name="trial_days"' in page.content.decode()) == (14, True)
    assert 'name="trial_days"' not in client.get(f"{editor}editions/{pro.pk}/").content.decode()

    refused = client.post(f"{editor}trial", {"trial_days": "91"})
    answers = [client.post(f"{editor}trial", {"trial_days": days}) for days in ("30", "")]

    assert (refused.status_code, [answer["Location"] for answer in answers]) == (400, [f"{editor}#price"] * 2)
    assert [event.details["now"] for event in AuditEvent.objects.filter(action="product.trial_set").order_by("at")] == [30, 0]
    product.refresh_from_db()
    assert product.trial_days == 0


def test_nobody_else_sets_the_trial(product: Product) -> None:
    with pytest.raises(NotYours):
        set_trial(product=product, days=3, actor=UserFactory())

    product.refresh_from_db()
    assert product.trial_days == 14


def test_a_price_form_from_before_the_editions_says_where_the_price_is_set(product: Product) -> None:
    seller = product.seller.account.user
    assert seller is not None

    answer = client_of(seller).post(f"/selling/products/{product.pk}/price", {"amount": "7", "currency": "eur"}, follow=True)

    assert answer.redirect_chain == [(f"/selling/products/{product.pk}/#price", 302)]
    assert "Set the price of each of them" in assert_sound(answer).text
    assert not product.prices.filter(amount=700).exists()
