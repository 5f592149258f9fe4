"""The pages on which a subscriber changes the edition: what is paid now and later is shown, and nothing is charged before it is confirmed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from billing.renewals.edition_views import _answer
from billing.subscriptions.models import Subscription
from billing.subscriptions.upgrade_models import Upgrade
from common.db.exclusive import alone
from marketplace.products.models import Product, ProductImage
from marketplace.products.selectors.pages import product_url
from tests.billing.renewals.conftest import orders_of, price_of
from tests.billing.renewals.test_subscriptions import card, sandbox_process
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import DiscountFactory, SubscriptionFactory
from tests.factories.marketplace import EditionFactory, PushedImageFactory
from tests.support.pages import assert_sound
from tests.support.sandbox import Sandbox

__all__ = ["sandbox_process"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(buyer: User) -> Client:
    client = Client()
    client.force_login(buyer)
    return client


def page_of(subscription: Subscription) -> str:
    return reverse("billing:subscription_edition", args=[subscription.pk])


def messages_of(answer: object) -> list[str]:
    return [str(message) for message in answer.context["messages"]]  # type: ignore[attr-defined]  # it is a test client's


def test_who_buys_a_larger_edition_is_led_to_what_the_change_costs_and_changes(
    standard: Subscription, reader: Client, holds: Callable[..., list[str]], buyer: User
) -> None:
    listed = reader.get(reverse("billing:subscriptions")).content.decode()
    assert f'href="{page_of(standard)}"' in listed
    chosen = reader.get(page_of(standard))
    assert [(one.title, one.larger) for one in chosen.context["choices"]] == [("Postgres HA, Pro", True)]

    led = f"{page_of(standard)}?price={price_of('Pro').pk}"
    stranger = Client()
    stranger.force_login(UserFactory())
    pages = [one.get(product_url(standard.product)).content.decode() for one in (reader, stranger)]
    assert [f'href="{led}"' in page for page in pages] == [True, False]

    shown = reader.post(f"/billing/buy/{standard.product_id}/", {"price": str(price_of("Pro").pk)}, follow=True)

    assert shown.redirect_chain == [(led, 303)]
    offer = shown.context["offer"]
    body = shown.content.decode()
    assert_sound(shown)
    assert (f"Pay {offer.charge} and change" in body, "€49.00" in body, Upgrade.objects.count()) == (True, True, 0)
    form = {"price": str(price_of("Pro").pk), "moment": shown.context["moment"], "charge": offer.charge.minor}
    answers = [reader.post(page_of(standard), form, follow=True) for _ in range(2)]
    assert "You have Postgres HA, Pro now." in messages_of(answers[0])[0]
    assert messages_of(answers[1]) == ["This subscription is for Postgres HA, Pro already. Nothing was charged now."]
    assert (len(holds(buyer)), [state for *_, state, _ in orders_of(standard)]) == (2, ["paid", "paid"])


def test_a_code_for_the_larger_edition_is_said_not_to_count_for_the_change(standard: Subscription, reader: Client) -> None:
    code = DiscountFactory(seller=standard.seller, code="HALF", percent=50, duration="forever")
    bought = {"price": str(price_of("Pro").pk), "code": "half"}

    shown = reader.post(f"/billing/buy/{standard.product_id}/", bought, follow=True)

    assert shown.redirect_chain == [(f"{page_of(standard)}?price={price_of('Pro').pk}&code=HALF", 303)]
    assert_sound(shown)
    body = shown.content.decode()
    assert ("The code HALF does not reduce this change." in body, f"Pay {shown.context['offer'].charge} and change" in body) == (True, True)
    assert "subscribe to Postgres HA, Pro with the code when the paid time is over" in body
    assert not code.uses.exists()
    DiscountFactory(seller=standard.seller, code="ONCE", percent=50)  # for what is paid once
    for other in ({}, {"code": "nobodys"}, {"code": "once"}, {"code": "\x00" * 99}):
        assert "does not reduce" not in reader.get(page_of(standard), {"price": bought["price"]} | other).content.decode()


def confirm(reader: Client, subscription: Subscription) -> Any:
    """Look at what Pro costs, and confirm that."""
    shown = reader.get(page_of(subscription), {"price": str(price_of("Pro").pk)})
    form = {"price": price_of("Pro").pk, "moment": shown.context["moment"], "charge": shown.context["offer"].charge.minor}
    return reader.post(page_of(subscription), form, follow=True)


def test_a_refused_card_is_said(standard: Subscription, reader: Client, sandbox: Sandbox) -> None:
    card(sandbox, standard, "0341")

    assert "Your card was refused" in messages_of(confirm(reader, standard))[0]


def test_a_payment_that_must_be_confirmed_leads_to_the_bank(standard: Subscription, reader: Client, sandbox: Sandbox) -> None:
    card(sandbox, standard, "3184")
    waiting = confirm(reader, standard)

    page = waiting.content.decode()
    made = Upgrade.objects.get(state="unpaid")
    assert ("confirm the payment" in messages_of(waiting)[0], f'href="{made.pay_url}"' in page, "Keep this edition" in page) == (True,) * 3
    kept = reader.post(reverse("billing:subscription_keep", args=[standard.pk]), follow=True)
    assert ("You gave it up" in messages_of(kept)[0], Upgrade.objects.open().count()) == (True, 0)
    assert [message.level_tag for message in kept.context["messages"]] == ["success"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"moment": "1", "charge": "x"},
        {"moment": "1", "charge": "1"},
        {"moment": "9" * 13, "charge": "1"},
        {"moment": "9" * 12, "charge": "1"},
    ],
)
def test_what_was_not_shown_is_not_charged(standard: Subscription, reader: Client, sent: dict[str, str]) -> None:
    answer = reader.post(page_of(standard), {"price": str(price_of("Pro").pk), **sent})

    assert (answer.status_code, Upgrade.objects.count()) == (302, 0)
    assert answer["Location"] == f"{page_of(standard)}?price={price_of('Pro').pk}"


def test_a_smaller_edition_is_planned_and_taken_back(pro: Subscription, reader: Client) -> None:
    shown = reader.get(page_of(pro), {"price": str(price_of("Standard").pk)})
    assert_sound(shown)
    assert ("nothing is given back" in shown.content.decode(), shown.context["offer"]) == (True, None)

    planned = reader.post(page_of(pro), {"price": str(price_of("Standard").pk)}, follow=True).content.decode()

    assert ("Postgres HA, Standard counts from" in planned, "Standard, €19.00 from" in planned) == (True, True)
    again = reader.post(page_of(pro), {"price": str(price_of("Standard").pk)}, follow=True)
    assert "costs something else already" in messages_of(again)[0]
    kept = reader.post(reverse("billing:subscription_keep", args=[pro.pk]), follow=True).content.decode()
    assert ("Standard" in kept, "Change the edition" in kept, "You keep Postgres HA, Pro." in kept) == (False, True, True)


def test_what_was_paid_while_it_is_given_up_is_said(standard: Subscription, reader: Client, sandbox: Sandbox) -> None:
    card(sandbox, standard, "3184")
    shown = reader.get(page_of(standard), {"price": str(price_of("Pro").pk)})
    form = {"price": price_of("Pro").pk, "moment": shown.context["moment"], "charge": shown.context["offer"].charge.minor}
    reader.post(page_of(standard), form)
    sandbox.http.post(f"/i/{Upgrade.objects.get().invoice_id}", data={"card": "4242424242424242"})

    kept = reader.post(reverse("billing:subscription_keep", args=[standard.pk]), follow=True)

    assert "You have Postgres HA, Pro now." in messages_of(kept)[-1]


def test_a_subscription_that_is_not_as_it_is_written_here_leads_to_the_list(standard: Subscription, reader: Client) -> None:
    Subscription.objects.update(amount=1800)

    answer = reader.get(page_of(standard), {"price": str(price_of("Pro").pk)}, follow=True)

    assert answer.redirect_chain == [(reverse("billing:subscriptions"), 302)]
    assert "has changed since you were shown it" in messages_of(answer)[0]


def test_a_price_that_is_none_is_answered(standard: Subscription, reader: Client) -> None:
    answer = reader.post(page_of(standard), {"price": "none"}, follow=True)

    assert ("choose another edition" in messages_of(answer)[0], Upgrade.objects.count()) == (True, 0)


def test_nobody_changes_what_they_do_not_buy_for_nor_to_what_is_no_other_edition(standard: Subscription, reader: Client) -> None:
    stranger = Client()
    stranger.force_login(UserFactory())
    for name in ("subscription_edition", "subscription_keep"):
        assert stranger.post(reverse(f"billing:{name}", args=[standard.pk])).status_code == 404
    for price_id, said in ((standard.pk, "choose another edition"), (price_of("Standard").pk, "for Postgres HA, Standard already")):
        answer = reader.get(page_of(standard), {"price": str(price_id)}, follow=True)
        assert said in messages_of(answer)[0]
    assert reader.post(reverse("billing:subscription_keep", args=[standard.pk]), follow=True).status_code == 200


def test_of_an_organisation_its_buyers_change_it(editions: object, client: Client) -> None:
    team, member = OrganisationFactory(), UserFactory()
    MembershipFactory(account=team, user=member, role="member")
    made = SubscriptionFactory(product=editions, price=price_of("Standard"), buyer=team)
    client.force_login(member)

    assert client.get(page_of(made)).status_code == 404


def test_without_another_edition_the_page_says_so(client: Client, buyer: User) -> None:
    made = SubscriptionFactory(placed_by=buyer)
    client.force_login(buyer)

    body = client.get(page_of(made)).content.decode()

    assert ("no other edition" in body, page_of(made) in client.get(reverse("billing:subscriptions")).content.decode()) == (True, False)


def test_while_an_answer_is_missing_the_page_says_that_it_is_being_charged(
    standard: Subscription, reader: Client, sandbox: Sandbox
) -> None:
    shown = reader.get(page_of(standard), {"price": str(price_of("Pro").pk)})
    form = {"price": price_of("Pro").pk, "moment": shown.context["moment"], "charge": shown.context["offer"].charge.minor}
    with alone(f"billing.price:{standard.pk}"):
        reader.post(page_of(standard), form)
        answer = reader.post(page_of(standard), form, follow=True)

    assert ("you will not be charged twice" in messages_of(answer)[0], "is being charged" in answer.content.decode()) == (True, True)
    made = RequestFactory().post("/")
    assert _answer(made, Upgrade.objects.get()).status_code == 302  # nothing is known yet, and nothing is said


def test_what_cannot_be_kept_is_said(pro: Subscription, reader: Client) -> None:
    Subscription.objects.update(end_wanted_at=timezone.now())

    answer = reader.post(reverse("billing:subscription_keep", args=[pro.pk]), follow=True)

    assert "has ended" in messages_of(answer)[0]


def test_an_edition_that_is_neither_larger_nor_a_part_is_not_offered(standard: Subscription, editions: Product, reader: Client) -> None:
    other = PushedImageFactory(namespace=editions.namespace)
    ProductImage.objects.create(product=editions, image=other, owner=editions.seller, position=9)
    EditionFactory(product=editions, name="Other", images=[other], price__amount=900, price__interval="month")
    EditionFactory(product=editions, name="Cheap", images=list(editions.images.all()), price__amount=100, price__interval="month")

    assert [one.price.edition.name for one in reader.get(page_of(standard)).context["choices"]] == ["Pro"]
