"""Codes on product pages and when buying; a seller's pages; the admin; the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import User
from audit.models import AuditEvent
from billing.discounts.errors import DiscountNotForProduct
from billing.discounts.models import Discount, DiscountUse
from billing.discounts.selectors import require_usable
from billing.orders.models import Order
from common.web import rate_limits
from common.web.rate_limits import CountedIn, RateLimit, Whose
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, SellerFactory, UserFactory
from tests.factories.billing import DiscountFactory, OfferFactory, PaidOrderFactory
from tests.factories.marketplace import FreeProductFactory, ProductFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def product() -> Product:
    """A product of €5.00."""
    return ProductFactory()


@pytest.fixture
def buyer() -> User:
    return UserFactory()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, product: Product, code: str) -> str:
    return client.get(product_url(product), {"code": code}).content.decode()


def test_a_link_with_a_code_shows_the_reduced_price_and_keeps_it_through_signing_in(product: Product, buyer: User) -> None:
    DiscountFactory(seller=product.seller, code="AUTUMN")

    visitor = page(Client(), product, "autumn")

    assert "€4.00" in visitor
    assert "<s>€5.00</s>" in visitor
    link = f"/account/login/?next={product_url(product)}%3Fcode%3Dautumn"
    assert link in visitor
    password = {"login": buyer.email, "password": "correct horse battery", "next": f"{product_url(product)}?code=autumn"}
    buyer.set_password("correct horse battery")
    buyer.save(update_fields=["password"])
    client = Client()
    assert client.post("/account/login/", password)["Location"] == f"{product_url(product)}?code=autumn"
    assert '<input type="hidden" name="code" value="AUTUMN">' in page(client, product, "autumn")


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        pytest.param({"code": "WINTER"}, "There is no such code", id="unknown"),
        pytest.param({"ended_at": NOW}, "This code has ended", id="ended"),
        pytest.param({"paused_at": NOW}, "does not count at the moment", id="paused"),
        pytest.param({"starts_at": NOW + timedelta(days=2)}, "This code counts from", id="not begun"),
        pytest.param({"off": True, "currency": "usd"}, "This code is for prices in USD", id="in another currency"),
    ],
)
def test_a_page_says_why_a_code_does_not_count_and_nothing_is_bought_with_it(
    product: Product, buyer: User, terms: dict[str, Any], says: str
) -> None:
    DiscountFactory(**{"seller": product.seller, "code": "AUTUMN"} | terms)
    client = signed_in(buyer)

    html = page(client, product, "AUTUMN")
    answer = client.post(f"/billing/buy/{product.pk}/", {"code": "AUTUMN"}, follow=True)

    assert says in html
    assert 'name="code" value="AUTUMN" ' not in html.partition(says)[2].partition("</form>")[2]
    assert says in answer.content.decode()
    assert not Order.objects.exists()


def test_a_page_says_that_a_code_is_used_up_but_not_to_whoever_is_paying_with_it(product: Product, buyer: User) -> None:
    code = DiscountFactory(seller=product.seller, code="AUTUMN", most_uses=1)
    order = PaidOrderFactory(product=product, placed_by=buyer, state="pending", paid_at=None, payment_intent_id=None)
    order.buyer.entitlements.all().delete()
    DiscountUse.objects.create(order=order, discount=code, buyer=order.buyer)

    assert "€4.00" in page(signed_in(buyer), product, "AUTUMN")
    assert "This code is used up" in page(signed_in(UserFactory()), product, "AUTUMN")
    assert "This code is used up" in page(Client(), product, "AUTUMN")


def test_what_is_free_asks_for_no_code(product: Product) -> None:
    assert "Have a code?" in page(Client(), product, "")
    assert "Have a code?" not in page(Client(), FreeProductFactory(), "AUTUMN")


def test_codes_are_not_guessed_without_end_and_right_ones_are_no_guesses(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    act = rate_limits.Act("Codes that do not exist", (RateLimit(3, timedelta(hours=1), Whose.ADDRESS, CountedIn.POSTGRESQL),))
    monkeypatch.setattr(rate_limits, "acts", lambda: {"discount.guess": act, "write": rate_limits.Act("Writes", ())})
    DiscountFactory(seller=product.seller, code="AUTUMN")
    client = Client()

    right = [client.get(product_url(product), {"code": "AUTUMN"}).status_code for _ in range(5)]
    wrong = [client.get(product_url(product), {"code": f"AUTUMN{n}"}).status_code for n in range(5)]

    assert (right, wrong) == ([200] * 5, [200] * 3 + [429] * 2)
    assert client.get(product_url(product)).status_code == 200


def test_buying_with_a_code_that_takes_all_needs_no_stripe(product: Product, buyer: User, holds: Any) -> None:
    DiscountFactory(seller=product.seller, code="GIFT", percent=100)
    client = signed_in(buyer)

    answer = client.post(f"/billing/buy/{product.pk}/", {"code": " gift "})

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"].endswith(f"/billing/return/{order.pk}/")) == (303, True)
    html = client.get(answer["Location"], follow=True).content.decode()
    assert all(text in html for text in ("Nothing to pay", "€5.00", "−€5.00", "GIFT", "€0.00"))
    assert holds(buyer) == [product.images.get().repository]
    seller = signed_in(person_of(product.seller)).get("/selling/orders/").content.decode()
    assert all(text in seller for text in ("GIFT", "−€5.00"))


def test_a_program_buys_with_a_code_and_is_told_why_one_does_not_count(product: Product, buyer: User) -> None:
    DiscountFactory(seller=product.seller, code="GIFT", percent=100)
    program = Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})

    refused = program.post("/api/v1/orders/", {"product": product.pk, "code": "GIFTS"}, content_type="application/json")
    bought = program.post("/api/v1/orders/", {"product": product.pk, "code": "gift"}, content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (409, "unknown_code")
    found = bought.json()
    assert (bought.status_code, found["state"], found["amount"], found["discount_amount"], found["discount_code"]) == (
        201, "paid", 0, 500, "GIFT",
    )  # fmt: skip
    assert Order.objects.count() == 1


FORM = {"code": "autumn", "percent": "20", "amount": "", "currency": "eur", "products": "", "most_uses": "", "most_per_customer": ""}


def test_a_seller_makes_a_code_and_sees_what_comes_of_it(product: Product) -> None:
    client, address = signed_in(person_of(product.seller)), f"{product.namespace.name}/{product.slug}"

    made = client.post("/selling/discounts/new/", FORM | {"products": address, "starts_at": "", "ends_at": "2030-01-31", "most_uses": "9"})

    code = Discount.objects.get()
    here = f"/selling/discounts/?seller={product.seller.account.handle}"
    assert (made["Location"], code.code, code.percent, list(code.products.all())) == (here, "AUTUMN", 20, [product])
    assert f"{code.ends_at:%Y-%m-%d %H:%M}" == "2030-01-31 23:59"
    DiscountUse.objects.create(order=(order := PaidOrderFactory(product=product, amount=400)), discount=code, buyer=order.buyer)
    OfferFactory(seller=product.seller, product=product)
    html = client.get("/selling/discounts/").content.decode()
    assert all(text in html for text in ("AUTUMN", "20 % off", "1 / 9", "€4.00", product.title, "kim@harbour.example"))
    for act, state in (("pause", "paused"), ("resume", "live"), ("end", "ended")):
        assert client.post(f"/selling/discounts/{code.pk}/", {"act": act})["Location"] == here
        code.refresh_from_db()
        assert code.state == state
    assert b"It has ended" in client.post(f"/selling/discounts/{code.pk}/", {"act": "resume"}, follow=True).content
    assert client.post(f"/selling/discounts/{code.pk}/", {"act": "delete"}).status_code == 404


def test_a_code_whose_uses_are_taken_is_called_used_up_until_one_comes_back(product: Product) -> None:
    client = signed_in(person_of(product.seller))
    code = DiscountFactory(seller=product.seller, most_uses=1)
    assert ">Live<" in client.get("/selling/discounts/").content.decode()
    use = DiscountUse.objects.create(order=(order := PaidOrderFactory(product=product)), discount=code, buyer=order.buyer)

    html = client.get("/selling/discounts/").content.decode()
    assert (">Used up<" in html, ">Live<" in html) == (True, False)

    Order.objects.filter(pk=use.order_id).update(state=Order.State.EXPIRED)
    assert ">Live<" in client.get("/selling/discounts/").content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"percent": ""}, "Take off either 1 to 100 percent, or an amount."),
        ({"percent": "", "amount": "1.234"}, "Write an amount in figures, like 12.50."),
        ({"products": "acme/nothing"}, "You have no product at acme/nothing."),
        ({"starts_at": "2030-01-31", "ends_at": "2030-01-30"}, "Choose an end after its beginning"),
    ],
)
def test_a_form_says_what_is_wrong_with_a_code(product: Product, typed: dict[str, str], says: str) -> None:
    answer = signed_in(person_of(product.seller)).post("/selling/discounts/new/", FORM | typed)

    assert (answer.status_code in {400, 422}, says in answer.content.decode()) == (True, True)
    assert not Discount.objects.exists()


def test_a_seller_sends_an_offer(product: Product) -> None:
    client, address = signed_in(person_of(product.seller)), f"{product.namespace.name}/{product.slug}"
    typed = {"product": address, "email": "kim@harbour.example", "amount": "4", "currency": "eur", "ends_at": "2027-01-31"}

    assert client.get("/selling/offers/new/").status_code == 200
    refused = client.post("/selling/offers/new/", typed | {"amount": "0.5"})
    assert (refused.status_code, Discount.objects.count()) == (422, 0)
    assert client.post("/selling/offers/new/", typed).status_code == 302

    assert (Discount.objects.get().email, Discount.objects.get().amount) == ("kim@harbour.example", 400)


def test_a_seller_moves_no_code_of_another_seller(product: Product) -> None:
    code, client = DiscountFactory(), signed_in(person_of(product.seller))

    answers = [client.post(f"/selling/discounts/{code.pk}/", {"act": act}).status_code for act in ("pause", "resume", "end")]

    code.refresh_from_db()
    assert (answers, code.state, AuditEvent.objects.count()) == ([404] * 3, "live", 0)


def test_billing_people_see_an_organisations_discounts_and_only_owners_change_them() -> None:
    clerk = MembershipFactory(role=Role.BILLING)
    code = DiscountFactory(seller=SellerFactory(account=clerk.account), made_by=clerk.user)
    client = signed_in(clerk.user)

    html = client.get("/selling/discounts/").content.decode()

    assert (code.code in html, "New code" in html) == (True, False)
    assert client.post("/selling/discounts/new/", FORM).status_code == 403
    client.post(f"/selling/discounts/{code.pk}/", {"act": "end"})
    code.refresh_from_db()
    assert (code.ended_at, Discount.objects.count()) == (None, 1)


def test_staff_make_the_shops_own_code_in_the_admin() -> None:
    client = signed_in(UserFactory(staff=True))
    typed = {"code": "fair", "percent": "5", "reason": "A fair.", "most_uses": "100"}

    assert client.get("/admin/billing/discount/add/").status_code == 200
    assert client.post("/admin/billing/discount/add/", typed | {"reason": ""}).status_code == 400
    assert client.post("/admin/billing/discount/add/", typed | {"percent": ""}).status_code == 422
    assert not Discount.objects.exists()
    answer = client.post("/admin/billing/discount/add/", typed)

    made = Discount.objects.get()
    assert (made.code, made.seller, answer["Location"]) == ("FAIR", None, f"/admin/billing/discount/{made.pk}/change/")
    assert AuditEvent.objects.get().reason == "A fair."
    assert client.get(answer["Location"]).status_code == 200
    for act in ("pause", "resume", "end"):
        sent = {"action": act, "_selected_action": made.pk, "index": 0, "act_confirmed": "yes", "reason": "Enough."}
        client.post("/admin/billing/discount/", sent)
    made.refresh_from_db()
    assert (made.state, AuditEvent.objects.count()) == ("ended", 4)


def test_a_program_makes_pauses_and_ends_its_sellers_codes(product: Product) -> None:
    program = Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=person_of(product.seller)).secret}"})

    made = program.post(
        "/api/v1/discounts/",
        {"code": "autumn", "amount": 100, "currency": "eur", "products": [product.pk]},
        content_type="application/json",
    )
    found = made.json()

    assert (made.status_code, found["code"], found["kind"], found["amount"], found["uses"], found["revenue"]) == (
        201, "AUTUMN", "amount", 100, 0, [],
    )  # fmt: skip
    order = PaidOrderFactory(product=product, amount=400)
    DiscountUse.objects.create(order=order, discount_id=found["id"], buyer=order.buyer)
    (listed,) = program.get("/api/v1/discounts/").json()["results"]
    assert (listed["uses"], listed["revenue"]) == (1, [{"amount": 400, "currency": "eur"}])
    for act, state in (("pause", "paused"), ("resume", "live"), ("end", "ended")):
        assert program.post(f"/api/v1/discounts/{found['id']}/{act}/").json()["state"] == state
    refused = program.post("/api/v1/discounts/", {"percent": 5, "seller": "somebody"}, content_type="application/json")
    assert (refused.status_code, Discount.objects.count()) == (400, 1)
    other = SellerFactory()
    foreign = program.post("/api/v1/discounts/", {"percent": 5, "seller": other.account.handle}, content_type="application/json")
    theirs = ProductFactory()
    strange = program.post("/api/v1/discounts/", {"percent": 5, "products": [theirs.pk]}, content_type="application/json")
    assert (foreign.status_code, strange.status_code, Discount.objects.count()) == (400, 400, 1)


def test_a_program_makes_an_offer_which_is_mailed_and_nobody_else_makes_one(product: Product) -> None:
    program, stranger = (
        Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})
        for user in (person_of(product.seller), SellerFactory().account.user)
    )
    asked = {"product": product.pk, "email": "kim@example.test", "amount": 300, "currency": "eur", "ends_at": NOW + timedelta(days=9)}

    made = program.post("/api/v1/discounts/offers/", asked, content_type="application/json")

    offer = Discount.objects.get()
    assert (made.status_code, made.json()["id"], made.json()["addressee"]) == (201, str(offer.pk), "kim@example.test")
    assert (offer.kind, offer.amount, offer.most_uses) == ("price", 300, 1)
    assert OutgoingMail.objects.get().to == "kim@example.test"
    for sender, values, status in ((stranger, {}, 400), (program, {"amount": 1}, 422), (program, {"currency": "usd"}, 422)):
        assert sender.post("/api/v1/discounts/offers/", asked | values, content_type="application/json").status_code == status
    assert (Discount.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_the_shops_own_code_counts_from_the_first_day_to_the_end_of_the_last(product: Product) -> None:
    client, year = signed_in(UserFactory(staff=True)), timezone.now().year + 1
    typed = {"code": "fair", "percent": "5", "reason": "A fair.", "starts_at": f"{year}-03-02", "ends_at": f"{year}-03-01"}
    assert b'name="starts_at"' in client.get("/admin/billing/discount/add/").content
    assert client.post("/admin/billing/discount/add/", typed).status_code == 422
    assert not Discount.objects.exists()

    client.post("/admin/billing/discount/add/", typed | {"ends_at": f"{year}-03-02"})

    made = Discount.objects.get()
    assert made.starts_at == datetime(year, 3, 2, tzinfo=UTC)
    assert made.ends_at == datetime(year, 3, 2, 23, 59, 59, 999999, tzinfo=UTC)
    assert made.state == "waiting"


def test_the_shops_own_code_counts_for_the_products_that_staff_name_alone(product: Product) -> None:
    client = signed_in(UserFactory(staff=True))
    other = ProductFactory()
    typed = {"code": "few", "percent": "5", "reason": "A fair."}

    refused = client.post("/admin/billing/discount/add/", typed | {"products": "nobody/nothing"})
    assert (refused.status_code, Discount.objects.count()) == (422, 0)
    assert "There is no product at nobody/nothing." in refused.content.decode()
    client.post("/admin/billing/discount/add/", typed | {"products": f"{product.namespace.name}/{product.slug}"})

    assert list(Discount.objects.get().products.all()) == [product]
    require_usable(Discount.objects.get(), product=product, price=product.prices.get())
    with pytest.raises(DiscountNotForProduct):
        require_usable(Discount.objects.get(), product=other, price=other.prices.get())
