"""A Stripe that takes requests and does not answer holds up the few requests that have a slot, and no other."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from accounts.people.models import User
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import observer_name, settle_order
from billing.stripe import client as stripe_client
from billing.stripe import request_slots
from billing.stripe.client import Patience
from billing.stripe.errors import StripeAway
from common.db.exclusive import alone
from config.processes import gunicorn
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.support.registry import wait_until
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 4  # of a web process
HANGS_FOR = 600
WAITS = 60  # seconds after which a test gives up


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only lifting the fault ends a wait, so that what is answered meanwhile has not waited for Stripe."""
    monkeypatch.setattr(stripe_client, "_OF_REQUESTS", Patience(3.05, HANGS_FOR, 0))


class Process:
    """The threads of one web process: a request that finds none waits."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    def get(self, path: str, user: User | None = None, *, post: bool = False) -> "Future[HttpResponse]":
        def request() -> HttpResponse:
            try:
                return cast("HttpResponse", client.post(path) if post else client.get(path))
            finally:
                connection.close()

        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user)
        return self._threads.submit(request)


@pytest.fixture
def process(sandbox: Sandbox) -> Iterator[Process]:
    with ThreadPoolExecutor(THREADS) as threads:
        yield Process(threads)
        sandbox.mend()


@pytest.fixture
def hang(sandbox: Sandbox) -> Callable[[str], Callable[[], int]]:
    """Let Stripe hang at some paths; returns how many questions it has had since."""

    def act(path: str) -> Callable[[], int]:
        sandbox.fail(path, mode="hang", seconds=HANGS_FOR, times=1000)
        return lambda: 1000 - int(sandbox.http.get("/sandbox/api/faults").json()[0]["remaining"])

    return act


def answers_meanwhile(process: Process, *paths: str) -> list[int]:
    return [process.get(path).result(timeout=WAITS).status_code for path in paths]


def told_of(requests: "list[Future[HttpResponse]]", *, but: int) -> list[HttpResponse]:
    """What all were answered `but` those who wait for Stripe; more of these never come to an end here."""
    wait_until(lambda: sum(request.done() for request in requests) >= len(requests) - but, seconds=WAITS)
    told = [request.result() for request in requests if request.done()]
    assert len(told) == len(requests) - but
    return told


def test_web_processes_have_the_threads_that_these_tests_give_them() -> None:
    assert (gunicorn.threads, request_slots.SLOTS < THREADS) == (THREADS, True)


def test_forty_tabs_on_one_return_page_ask_once_and_pages_go_on(process: Process, hang: Any, opened: Order, buyer: User) -> None:
    asked = hang("/v1/checkout/sessions")

    tabs = [process.get(f"/billing/return/{opened.pk}/", buyer) for _ in range(40)]

    assert answers_meanwhile(process, "/", "/healthz") == [200, 200]
    told = told_of(tabs, but=1)
    assert asked() == 1
    assert {(answer.status_code, answer["Refresh"]) for answer in told} == {(200, "3")}
    assert all("Your payment is being confirmed" in answer.content.decode() for answer in told)


def test_of_many_orders_few_wait_at_once_and_pages_go_on(process: Process, hang: Any, product: Product) -> None:
    orders = [place_order(product=product, user=UserFactory()) for _ in range(8)]
    for order in orders:
        open_checkout(order=order)
    asked = hang("/v1/checkout/sessions")

    tabs = [process.get(f"/billing/return/{order.pk}/", order.placed_by) for order in orders]

    assert answers_meanwhile(process, "/", "/healthz") == [200, 200]
    assert {tab.status_code for tab in told_of(tabs, but=request_slots.SLOTS)} == {200}
    wait_until(lambda: asked() == request_slots.SLOTS)


@pytest.mark.parametrize("path", ["/selling/payouts/return", "/selling/payouts/refresh"])
def test_sellers_who_come_back_from_stripe_find_a_slot_or_are_told(process: Process, hang: Any, product: Product, path: str) -> None:
    hang("/v1/account")

    tabs = [process.get(path, person_of(product.seller)) for _ in range(8)]

    assert answers_meanwhile(process, "/", "/healthz") == [200, 200]
    assert {tab.status_code for tab in told_of(tabs, but=request_slots.SLOTS)} <= {302, 503}


def test_buyers_who_find_no_free_slot_are_told_when_to_come_back(process: Process, hang: Any, product: Product) -> None:
    hang("/v1/checkout/sessions")

    clicks = [process.get(f"/billing/buy/{product.pk}/", UserFactory(), post=True) for _ in range(8)]

    assert answers_meanwhile(process, "/", "/healthz") == [200, 200]
    told = told_of(clicks, but=request_slots.SLOTS)
    assert {(answer.status_code, answer["Retry-After"]) for answer in told} == {(503, "5")}
    assert all("Nothing was charged. Try again in a moment." in answer.content.decode() for answer in told)
    assert Order.objects.filter(state="pending").count() == 8


def test_many_clicks_on_buy_open_one_checkout(process: Process, hang: Any, product: Product, buyer: User, sandbox: Sandbox) -> None:
    asked = hang("/v1/checkout/sessions")
    clicks = [process.get(f"/billing/buy/{product.pk}/", buyer, post=True) for _ in range(8)]

    assert answers_meanwhile(process, "/", "/healthz") == [200, 200]

    order = Order.objects.get()
    opening = f"http://layerstore.test:8080/billing/return/{order.pk}/?opening=yes"
    assert asked() == 1
    assert {click["Location"] for click in told_of(clicks, but=1)} == {opening}
    page = process.get(f"/billing/return/{order.pk}/?opening=yes", buyer).result(timeout=WAITS)
    assert ("Opening the payment page" in page.content.decode(), page["Refresh"], asked()) == (True, "3", 1)
    sandbox.mend()
    open_checkout(order=order)
    order.refresh_from_db()
    gone_on = process.get(f"/billing/return/{order.pk}/?opening=yes", buyer).result(timeout=WAITS)
    assert (gone_on.status_code, gone_on["Location"]) == (303, order.checkout_url)


def test_an_api_client_that_orders_twice_at_once_is_told_when_to_come_back(opened: Order, buyer: User) -> None:
    with alone_elsewhere(opened):
        api = Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})
        answer = api.post("/api/v1/orders/", {"product": str(opened.product_id)}, content_type="application/json")

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "3", "checkout_opening")


def test_once_stripe_has_not_answered_in_time_no_request_of_the_process_asks_for_a_while(
    opened: Order, buyer: User, product: Product, hang: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_client, "_OF_REQUESTS", Patience(3.05, 0.2, 0))
    asked = hang("/v1/")
    client = Client()
    client.force_login(buyer)
    client.get(f"/billing/return/{opened.pk}/")

    for _ in range(5):
        client.get(f"/billing/return/{opened.pk}/")

    assert asked() == 1
    with pytest.raises(StripeAway):  # a worker goes on asking
        monkeypatch.setattr(stripe_client, "_OF_WORKERS", Patience(3.05, 0.2, 0))
        settle_order(order_id=opened.pk)
    assert asked() == 2


def test_what_the_page_could_not_ask_is_queued_for_a_worker_once(opened: Order, buyer: User, sandbox: Sandbox, monkeypatch: Any) -> None:
    queued: list[Any] = []
    monkeypatch.setattr("billing.checkout.concurrency.queue_after_commit", lambda *given: queued.append(given))
    sandbox.fail("/v1/")
    client = Client()
    client.force_login(buyer)

    answers = [client.get(f"/billing/return/{opened.pk}/").status_code for _ in range(3)]

    assert (answers, queued) == ([200] * 3, [("billing.settle_order", str(opened.pk))])


def test_a_worker_does_not_ask_what_is_being_asked(opened: Order, sandbox: Sandbox) -> None:
    sandbox.press(opened)

    with alone_elsewhere(opened):
        assert settle_order(order_id=opened.pk).state == "pending"

    assert settle_order(order_id=opened.pk).state == "paid"


def test_a_slot_is_given_back_whatever_becomes_of_the_request(opened: Order, buyer: User, sandbox: Sandbox) -> None:
    client = Client()
    client.force_login(buyer)
    sandbox.fail("/v1/")

    for _ in range(request_slots.SLOTS + 1):
        client.get(f"/billing/return/{opened.pk}/")

    sandbox.mend()
    sandbox.press(opened)
    assert client.get(f"/billing/return/{opened.pk}/").status_code == 302


class alone_elsewhere:  # noqa: N801  it reads as a context manager
    """Another process asks about an order: it has a connection of its own."""

    def __init__(self, order: Order) -> None:
        self._name = observer_name(order.pk)
        self._over, self._held = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self) -> None:
        with alone(self._name) as first:
            assert first
            self._held.set()
            self._over.wait(WAITS)
        connection.close()

    def __enter__(self) -> None:
        self._thread.start()
        assert self._held.wait(WAITS)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
