"""What people see of trials: on a product's page, in the library, among a seller's pages."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import User
from common.ids import new_id
from common.money import Money
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import set_price
from marketplace.trials.models import Trial
from marketplace.trials.services.purchases import take_over_trial
from registry_auth.why.diagnosis import Login, why_not_pull
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, TrialFactory
from tests.support.pages import assert_sound

PAGE, OFFER = "/acme/db", "Try it for 14 days, no card"


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert_sound(answer)
    return " ".join(answer.content.decode().split())


def test_a_visitor_is_offered_a_trial_and_signs_in_first(product: Product) -> None:
    page = shown(Client())

    assert OFFER in page
    assert f"/library/try/{product.pk}/" not in page


def test_pressing_it_begins_the_trial_and_leads_to_the_library(product: Product, kim: User) -> None:
    client = sign_in(kim)
    before = shown(client)
    assert OFFER in before
    assert ">Pull, once bought</h2>" in before

    answer = client.post(f"/library/try/{product.pk}/", follow=True)

    trial, words = Trial.objects.get(), " ".join(answer.content.decode().split())
    assert (answer.redirect_chain, trial.holder) == ([("/library/", 302)], kim.account)
    assert "You can pull Postgres HA until" in words
    assert "Trial begun" in words
    assert "Buy it to keep it" in words
    page = shown(client)
    assert OFFER not in page
    assert "You are trying this until" in page
    assert "the trial ends: it is kept for good then" in page
    assert ">Pull</h2>" in page


def test_it_can_be_begun_for_an_organisation(product: Product, kim: User) -> None:
    firm = MembershipFactory(user=kim, role=Role.BILLING).account
    client = sign_in(kim)
    assert f'value="{firm.handle}"' in shown(client)

    answer = client.post(f"/library/try/{product.pk}/", {"buyer": firm.handle}, follow=True)

    assert Trial.objects.get().holder == firm
    assert f"{firm.name} can pull Postgres HA until" in answer.content.decode()
    assert f"{firm.name} is trying this until" in shown(client)


def test_what_is_refused_is_said_on_the_products_page(product: Product, kim: User) -> None:
    TrialFactory(product=product, user=kim, started_at=timezone.now() - timedelta(days=20))
    client = sign_in(kim)
    page = shown(client)
    assert OFFER not in page
    assert "You have had your trial" in page

    answer = client.post(f"/library/try/{product.pk}/", follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "You have tried this product before" in answer.content.decode()
    assert Trial.objects.count() == 1


def test_a_draft_is_not_there(product: Product, kim: User) -> None:
    Product.objects.filter(pk=product.pk).update(state="draft")

    assert sign_in(kim).post(f"/library/try/{product.pk}/").status_code == 404
    assert not Trial.objects.exists()


def test_a_subscription_says_what_becomes_of_the_days_that_are_left(product: Product, kim: User, seller: User) -> None:
    set_price(product=product, money=Money(1900, "eur"), actor=seller, interval=Price.Interval.MONTH)
    TrialFactory(product=product, user=kim)

    assert "the days left of the trial are added at its end" in shown(sign_in(kim))


@pytest.mark.parametrize("how", ["no trial", "free", "owned", "own", "not paid out", "withdrawn"])
def test_no_trial_is_offered_where_none_can_begin(product: Product, kim: User, seller: User, how: str) -> None:
    reader = seller if how == "own" else kim
    if how == "no trial":
        Product.objects.filter(pk=product.pk).update(trial_days=0)
    elif how == "free":
        set_price(product=product, money=Money(0, "eur"), actor=seller)
    elif how == "owned":
        EntitlementFactory(holder=kim.account, image=product.images.get())
    elif how == "not paid out":
        type(product.seller).objects.update(payouts_enabled=False)
    elif how == "withdrawn":
        Product.objects.filter(pk=product.pk).update(state="withdrawn")
        reader = UserFactory(staff=True)

    pages = [shown(sign_in(reader))] + ([shown(Client())] if how in {"no trial", "free", "not paid out"} else [])

    assert not any("Try it for" in page for page in pages)


def test_who_runs_a_trial_that_is_offered_no_more_still_reads_of_it(product: Product, kim: User) -> None:
    TrialFactory(product=product, user=kim)
    type(product.seller).objects.update(payouts_enabled=False)

    page = shown(sign_in(kim))

    assert "You are trying this until" in page
    assert OFFER not in page


def test_why_says_that_a_trial_is_over_and_where_to_buy(product: Product, kim: User) -> None:
    TrialFactory(product=product, user=kim, started_at=timezone.now() - timedelta(days=20))

    answer = why_not_pull(image=product.images.get().reference, login=Login(), viewer=kim)

    assert answer.sentence.endswith("The trial is over.")
    assert answer.next_step == "Buy it to go on pulling."
    assert answer.url.endswith(PAGE)


def test_a_seller_sees_who_tries_and_who_has_bought(product: Product, seller: User) -> None:
    assert "No trials yet" in shown(sign_in(seller), "/selling/trials/")
    running, bought = TrialFactory(product=product), TrialFactory(product=product)
    over = TrialFactory(product=product, started_at=timezone.now() - timedelta(days=20))
    TrialFactory()
    bought_images = list(product.images.values_list("pk", flat=True))
    take_over_trial(product_id=product.pk, holder=bought.holder, source_id=new_id(), image_ids=bought_images)

    page = shown(sign_in(seller), "/selling/trials/")

    assert all(trial.holder.name in page for trial in (running, bought, over))
    figures = [part.partition('<span class="big">')[2].partition("<")[0] for part in page.split("<dt>")[1:4]]
    assert figures == ["3", "1", "1"]
    assert [page.count(f">{state}<") for state in ("Running", "Over", "Bought")] == [2, 1, 1]


def test_an_editor_does_not_see_who_tries(product: Product, seller: User) -> None:
    editor = MembershipFactory(account=seller.account, role=Role.EDITOR).user

    assert sign_in(editor).get("/selling/trials/").status_code == 403


def test_the_editor_sets_for_how_long_it_can_be_tried(product: Product, seller: User, kim: User) -> None:
    trial, client, path = TrialFactory(product=product, user=kim), sign_in(seller), f"/selling/products/{product.pk}/price"
    assert 'name="trial_days" value="14"' in shown(client, f"/selling/products/{product.pk}/")
    price = {"amount": "5.00", "currency": "eur"}

    days = []
    for sent in ({"trial_days": "30"}, {}, {"trial_days": ""}):
        assert client.post(path, price | sent).status_code == 302
        days.append(Product.objects.get(pk=product.pk).trial_days)
    refused = client.post(path, price | {"trial_days": "91"})
    more = client.post(path, price | {"trial_days": "7", "more": "1"})

    assert days == [30, 30, 0]
    assert refused.status_code == 400
    assert 'name="trial_days" value="7"' in more.content.decode()
    assert Product.objects.get(pk=product.pk).trial_days == 0
    assert Price.objects.filter(product=product).count() == 1
    assert Trial.objects.get().ends_at == trial.ends_at


def test_who_does_not_decide_sets_no_trial(product: Product, seller: User) -> None:
    editor = MembershipFactory(account=seller.account, role=Role.EDITOR).user

    answer = sign_in(editor).post(f"/selling/products/{product.pk}/price", {"amount": "5.00", "currency": "eur", "trial_days": "30"})

    assert answer.status_code in {403, 409}
    assert Product.objects.get(pk=product.pk).trial_days == 14
