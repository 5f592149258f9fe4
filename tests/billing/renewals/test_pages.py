"""The page of a buyer's subscriptions: what it says of each, cancel, take that back, and on to Stripe for the card."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from billing.renewals.announcing import announce_price, at_another_price, tell_subscribers
from billing.renewals.services import ask_again
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from common.money import Money
from marketplace.products.models import Edition, Price, Product
from marketplace.products.selectors.pages import product_url
from marketplace.products.services.editions import retire_edition
from marketplace.products.services.prices import set_price
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, OrganisationSellerFactory, SellerFactory, UserFactory
from tests.factories.billing import PriceChangeFactory, SubscriptionFactory
from tests.factories.marketplace import EditionFactory, EntitlementFactory, ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> User:
    user: User = UserFactory()
    client.force_login(user)
    return user


def test_a_subscription_whose_access_is_paused_says_so(client: Client, reader: User) -> None:
    paused, other = SubscriptionFactory(placed_by=reader), SubscriptionFactory(placed_by=reader)
    for one, moment in ((paused, timezone.now()), (other, None)):
        EntitlementFactory(holder=reader.account, source_kind="subscribed", source_id=one.pk, suspended_at=moment)

    answer = client.get(reverse("billing:subscriptions"))

    assert {one.pk: one.is_paused for one, _ in answer.context["rows"]} == {paused.pk: True, other.pk: False}
    assert answer.content.decode().count("Pull access is paused: the payment is disputed, or being given back.") == 1


@pytest.mark.parametrize(
    ("changes", "words", "buttons"),
    [
        ({}, "Renews on", ["Card and invoices", "Cancel"]),
        ({"ends_with_period": True}, "is not charged again.", ["Card and invoices", "Do not cancel"]),
        ({"state": "past_due"}, "to keep pull access after", ["Card and invoices", "Cancel"]),
        ({"state": "unpaid", "access_until": None}, "to get pull access back.", ["Card and invoices", "Cancel"]),
        ({"state": "past_due", "destination_account_id": "acct_former"}, "so nothing was charged.", ["Card and invoices", "Cancel"]),
        ({"end_wanted_at": timezone.now()}, "It is being ended.", []),
        ({"end_wanted_at": timezone.now(), "end_reason": "A period of it was given back."}, "A period of it was given back.", []),
        ({"state": "ended", "ended_at": timezone.now()}, "Pull access until", []),
        ({"state": "ended", "ended_at": timezone.now(), "end_reason": "It was <lent>."}, "It was &lt;lent&gt;.", []),
    ],
)
def test_a_subscription_says_how_it_stands_and_what_can_be_done(
    client: Client, reader: User, changes: dict[str, object], words: str, buttons: list[str]
) -> None:
    SubscriptionFactory(placed_by=reader, product_title="Postgres HA", **changes)

    page = client.get(reverse("billing:subscriptions")).content.decode()

    assert ("Postgres HA" in page, "each month" in page, words in page) == (True, True, True)
    known = ("Card and invoices", "Do not cancel", "Cancel")
    assert [name for name in known if f'>{name}<span class="vh">: Postgres HA</span></button>' in page] == buttons


def test_of_a_seller_without_an_account_at_stripe_it_says_so_instead_of_when_it_renews(client: Client, reader: User) -> None:
    seller = SellerFactory(stripe_account_id=None, charges_enabled=False)
    gone = SubscriptionFactory(placed_by=reader, seller=seller, destination_account_id="acct_former")
    address = reverse("billing:subscriptions")
    ended = {"ends_with_period": True}

    page = client.get(address).content.decode()
    Subscription.objects.filter(pk=gone.pk).update(**ended)
    after = client.post(reverse("billing:subscription_renewal", args=[gone.pk]), {"renews": "yes"}, follow=True).content.decode()

    assert ("Its seller cannot be paid through Stripe at present. It ends on" in page, "Renews on" in page) == (True, False)
    assert "Its seller cannot be paid through Stripe at present. Keep it once that has changed." in after


def test_a_subscription_leads_to_its_product_as_long_as_that_has_a_page(client: Client, reader: User) -> None:
    made = SubscriptionFactory(placed_by=reader, product_title="Postgres HA")
    link = f'<a href="{product_url(made.product)}">Postgres HA</a>'

    assert link in client.get(reverse("billing:subscriptions")).content.decode()
    Product.objects.update(state=Product.State.WITHDRAWN)
    page = client.get(reverse("billing:subscriptions")).content.decode()
    assert (link in page, "Postgres HA" in page) == (False, True)


def test_no_query_is_made_for_each_subscription(client: Client, reader: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("billing:subscriptions"))
        return len(asked)

    SubscriptionFactory(placed_by=reader)
    one = queries()
    SubscriptionFactory.create_batch(3, placed_by=reader)

    assert queries() == one


def test_nobody_sees_what_they_do_not_buy_for(client: Client, reader: User) -> None:
    team = OrganisationFactory()
    SubscriptionFactory(buyer=team, product_title="Of the team")

    assert "No subscriptions yet" in client.get(reverse("billing:subscriptions")).content.decode()
    MembershipFactory(account=team, user=reader, role="billing")
    assert "Of the team" in client.get(reverse("billing:subscriptions")).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["subscription_renewal", "subscription_card"])
def test_what_stripe_does_not_know_is_told_and_changes_nothing(client: Client, reader: User, sandbox: Sandbox, name: str) -> None:
    made = SubscriptionFactory(placed_by=reader)

    answer = client.post(reverse(f"billing:{name}", args=[made.pk]), follow=True)

    assert answer.redirect_chain == [(reverse("billing:subscriptions"), 302)]
    assert len(answer.context["messages"]) == 1
    assert Subscription.objects.get().ends_with_period is False


def test_staff_have_stripe_asked_again(reader: User) -> None:
    later = timezone.now() + timedelta(days=20)
    made = SubscriptionFactory(attempts=20, due_at=later, given_up_at=timezone.now(), last_error="Stripe does not know it.")

    ask_again(subscription=made, reason="The key was mended.", actor=reader)

    made.refresh_from_db()
    assert (made.attempts, made.given_up_at, made.due_at < later) == (0, None, True)


def test_the_products_page_says_how_often_it_is_paid_and_promises_nothing_that_is_for_purchases(client: Client) -> None:
    product = ProductFactory(price__interval=Price.Interval.YEAR)

    page = client.get(product_url(product)).content.decode()

    assert ("each year" in page, "Paid until you cancel" in page, "Yours to keep" in page, "By yourself within" in page) == (
        True,
        True,
        False,
        False,
    )


def repriced(amount: int = 2900) -> tuple[Price, User]:
    """Return another price of a product to which one is subscribed at €5.00, and its seller's person."""
    product = ProductFactory(price__interval=Price.Interval.MONTH, title="Postgres HA")
    seller = product.seller.account.user
    SubscriptionFactory(product=product)
    assert seller is not None
    return set_price(product=product, money=Money(amount, "eur"), actor=seller, interval=Price.Interval.MONTH), seller


def test_a_seller_sees_who_pays_what_and_has_a_new_price_count_for_them(client: Client) -> None:
    price, seller = repriced()
    SubscriptionFactory(product=price.product, amount=2900)
    SubscriptionFactory(product_title="Of somebody else")
    client.force_login(seller)
    listed = client.get(reverse("billing:subscribers"))
    assert [(str(row.money), row.running, row.told, row.price) for row in listed.context["rows"]] == [
        ("€5.00", 1, 0, price),
        ("€29.00", 1, 0, None),
    ]
    address = reverse("billing:price_announce", args=[price.pk])
    shown = client.get(address)
    assert (shown.context["effect"].more, shown.context["effect"].less, "at least 30 days away" in shown.content.decode()) == (1, 0, True)

    assert "being told by mail" in client.post(address, follow=True).content.decode()
    assert [tell_subscribers(), tell_subscribers()] == [1, 0]

    assert [row.told for row in client.get(reverse("billing:subscribers")).context["rows"]] == [1, 0]
    assert "pays this already, or was told" in client.get(address).content.decode()
    assert "has this price already" in client.post(address, follow=True).content.decode()
    assert PriceAnnouncement.objects.count() == 1


def test_who_has_chosen_a_smaller_edition_is_counted_by_what_is_paid_now_and_was_told_of_nothing(client: Client) -> None:
    product = ProductFactory(title="Relay", price__interval="month")
    pro, standard = (
        EditionFactory(product=product, name=name, price__interval="month", price__amount=cost).prices.get()
        for name, cost in (("Pro", 1000), ("Std", 500))
    )
    chosen = SubscriptionFactory(product=product, price=standard, amount=500)
    was = {"was_price": pro, "was_amount": 1000, "state": PriceChange.State.SET}
    PriceChangeFactory(subscription=chosen, price=standard, amount=500, announcement=None, **was)
    told = SubscriptionFactory(product=product, price=pro, amount=1500)
    PriceChangeFactory(subscription=told, price=pro, amount=1500, **was)
    client.force_login(person_of(product.seller))

    rows = client.get(reverse("billing:subscribers")).context["rows"]

    assert [(row.title, str(row.money), row.running, row.told) for row in rows] == [("Relay, Pro", "€10.00", 2, 1)]


def test_a_price_of_an_edition_is_offered_to_its_subscribers_alone(client: Client) -> None:
    product = ProductFactory(title="Postgres HA", price__interval="month")
    whole = SubscriptionFactory(product=product, price=product.prices.get())
    costs = {"Old": 300, "Pro": 2000, "Standard": 500}
    prices = {
        name: EditionFactory(product=product, name=name, price__interval="month", price__amount=cost).prices.get()
        for name, cost in costs.items()
    }
    subscribed = {name: SubscriptionFactory(product=product, price=price, amount=400) for name, price in prices.items()}
    retire_edition(edition=Edition.objects.get(name="Old"), actor=person_of(product.seller))
    client.force_login(person_of(product.seller))

    listed = client.get(reverse("billing:subscribers"))

    assert [(row.title, row.price and row.price.amount) for row in listed.context["rows"]] == [
        ("Postgres HA", None),
        ("Postgres HA, Old", None),
        ("Postgres HA, Pro", 2000),
        ("Postgres HA, Standard", 500),
    ]
    assert '>Apply €20.00 to subscribers<span class="vh">: Postgres HA, Pro</span></a>' in listed.content.decode()
    address = reverse("billing:price_announce", args=[prices["Pro"].pk])
    assert "subscribers of Postgres HA, Pro?" in client.get(address).content.decode()
    client.post(address)
    assert tell_subscribers() == 1
    assert PriceChange.objects.get().subscription == subscribed["Pro"]
    assert set(at_another_price(prices["Standard"])) == {subscribed["Standard"]}
    assert set(at_another_price(whole.price)) == set()


def test_who_pays_as_much_or_more_is_counted_apart(client: Client) -> None:
    price, seller = repriced(400)
    client.force_login(seller)

    page = client.get(reverse("billing:price_announce", args=[price.pk])).content.decode()

    assert ("and pays this from their next renewal" in page, "pays less now" in page) == (True, False)


def test_nobody_announces_for_somebody_else(client: Client) -> None:
    price, _ = repriced()
    own = ProductFactory()
    once = own.prices.get()
    client.force_login(own.seller.account.user)

    for wanted in (price, once):
        assert client.post(reverse("billing:price_announce", args=[wanted.pk])).status_code == 404

    assert "Nobody is subscribed yet" in client.get(reverse("billing:subscribers")).content.decode()
    assert PriceAnnouncement.objects.count() == 0


def test_who_sells_for_two_sellers_announces_for_the_one_of_the_price(client: Client) -> None:
    user, team = SellerFactory().account.user, OrganisationSellerFactory().account
    MembershipFactory(account=team, user=user, role="owner")
    subscribed = SubscriptionFactory(product=ProductFactory(namespace__owner=team, price__interval=Price.Interval.MONTH))
    price = set_price(product=subscribed.product, money=Money(2900, "eur"), actor=user, interval=Price.Interval.MONTH)
    client.force_login(user)
    address, listed = reverse("billing:price_announce", args=[price.pk]), f"{reverse('billing:subscribers')}?seller={team.handle}"

    shown, told = client.get(address), client.post(address)

    assert shown.content.decode().count(f'href="{listed}"') == 3  # the tab, the way there and the way back
    assert (told["Location"], PriceAnnouncement.objects.get().price) == (listed, price)
    tell_subscribers()
    assert client.get(address).content.decode().count(f'href="{listed}"') == 3


def test_a_buyer_sees_what_it_will_cost_and_from_when(client: Client, reader: User) -> None:
    price, seller = repriced()
    made = SubscriptionFactory(product=price.product, placed_by=reader, amount=500, period_end=timezone.now() + timedelta(days=40))
    announce_price(price=price, actor=seller)
    tell_subscribers()

    page = client.get(reverse("billing:subscriptions")).content.decode()
    assert ("€5.00" in page, "€29.00 from" in page) == (True, True)
    Subscription.objects.filter(pk=made.pk).update(ends_with_period=True)
    assert "€29.00 from" not in client.get(reverse("billing:subscriptions")).content.decode()
