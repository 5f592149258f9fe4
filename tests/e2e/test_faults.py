"""Parts that die in the middle of a sale: after recovery nothing is lost, nothing doubled."""

import pytest

from tests.support.loopback import ask
from tests.support.trade import SILENT, Sold, Trade, eventually, silent
from tools.stack.problems import Problem
from tools.stack.sale.buying import order_in
from tools.stack.sale.people import Person
from tools.stack.sale.selling import reserve


@pytest.fixture(scope="module")
def seller(trade: Trade) -> Person:
    return trade.seller("faults")


@pytest.fixture
def sold(trade: Trade, seller: Person, request: pytest.FixtureRequest) -> Sold:
    return trade.sell(seller, trade.good("faults", request.node.name.replace("_", "-")[5:40].strip("-")))


def pay(trade: Trade, buyer: Person, sold: Sold) -> str:
    """Pay on the hosted page without waiting for the grant, and without coming back; return the order's id."""
    page = buyer.browser.open(sold.url, SILENT)
    page = buyer.browser.submit(page, page.form(action="/billing/buy/"), SILENT)
    session = page.url.rstrip("/").rpartition("/")[2]
    trade.sandbox("POST", f"/sessions/{session}/pay")
    with trade.api(buyer) as api:
        return str(api.get("/orders/").json()["results"][0]["id"])


def state_of(trade: Trade, buyer: Person, order: str) -> str:
    with trade.api(buyer) as api:
        return str(api.get(f"/orders/{order}/").json()["state"])


def await_worker(trade: Trade) -> None:
    """Wait until a worker takes up work; one that ended is started again first."""
    seen = trade.stack.log("worker").count("received")

    def works() -> bool:
        trade.stack.revive("worker")
        return trade.stack.log("worker").count("received") > seen

    eventually(works, "the worker works again")


def grants(trade: Trade, order: str) -> int:
    return int(trade.stack.sql(f"SELECT count(*) FROM marketplace_entitlement WHERE source_id = '{order}' AND revoked_at IS NULL")[0])


def test_worker_killed_between_payment_and_entitlement(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.stack.kill("worker")
    try:
        order = pay(trade, buyer, sold)
        trade.sandbox("GET", "/webhooks/idle?seconds=30")
        assert state_of(trade, buyer, order) == "pending"
        assert grants(trade, order) == 0
    finally:
        trade.stack.start_part("worker")

    eventually(lambda: state_of(trade, buyer, order) == "paid", "the order is paid after the worker came back")
    assert grants(trade, order) == 1
    assert trade.docker(buyer).pull(sold.reference, silent) == sold.digests[0]


def test_redis_emptied_with_the_work_in_it(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.stack.kill("worker")
    try:
        order = pay(trade, buyer, sold)
        trade.sandbox("GET", "/webhooks/idle?seconds=30")
        trade.stack.flush_redis()
    finally:
        trade.stack.start_part("worker")

    eventually(lambda: state_of(trade, buyer, order) == "paid", "the sweep found the payment")
    assert grants(trade, order) == 1


def test_redis_away_stops_neither_tokens_nor_pulls(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.buy(buyer, sold)
    trade.stack.kill("redis")
    try:
        assert trade.docker(buyer).pull(sold.reference, silent) == sold.digests[0]
        assert ask("GET", sold.url).status_code == 200
    finally:
        trade.stack.start_part("redis")
        # kombu gives up on a connection that dies with a message unacknowledged; a worker that ended is started again.
        await_worker(trade)


def test_webhook_that_never_arrives(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.sandbox("POST", "/webhooks/hold")
    try:
        page = buyer.browser.open(sold.url, SILENT)
        page = buyer.browser.submit(page, page.form(action="/billing/buy/"), SILENT)
        page = buyer.browser.submit(page, page.form("card"), SILENT, {"card": "4242 4242 4242 4242", "email": buyer.email}, button="pay")
        order = order_in(page.url)
        eventually(lambda: state_of(trade, buyer, order) == "paid", "the return page completed the order")
    finally:
        trade.sandbox("POST", "/webhooks/release", {})
    trade.sandbox("GET", "/webhooks/idle?seconds=30")
    assert grants(trade, order) == 1


def test_stripe_answering_500_when_buying(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.sandbox("POST", "/faults", {"mode": "error", "path": "/v1/checkout/sessions", "status": 500, "remaining": 20})
    try:
        page = buyer.browser.open(sold.url, SILENT)
        with pytest.raises(Problem, match="503"):
            buyer.browser.submit(page, page.form(action="/billing/buy/"), SILENT)
    finally:
        trade.sandbox("DELETE", "/faults")

    order = trade.buy(buyer, sold)

    assert grants(trade, order) == 1
    assert trade.stack.sql(f"SELECT count(*) FROM billing_order WHERE id = '{order}' AND state = 'paid'") == ["1"]
    with trade.api(buyer) as api:
        assert len(api.get("/orders/").json()["results"]) == 1


def test_stripe_answering_500_when_the_webhook_is_handled(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.sandbox("POST", "/webhooks/hold")
    order = pay(trade, buyer, sold)
    trade.sandbox("POST", "/faults", {"mode": "error", "path": "/v1/checkout/sessions", "status": 500, "remaining": 4})
    trade.sandbox("POST", "/webhooks/release", {})

    eventually(lambda: state_of(trade, buyer, order) == "paid", "the event was handled again after Stripe came back")
    trade.sandbox("DELETE", "/faults")
    assert grants(trade, order) == 1


def test_registry_killed_with_events_in_memory(trade: Trade, seller: Person) -> None:
    good = trade.good("faults", "lost-events")
    reserve(seller, good.name, SILENT)
    assert good.recipe is not None
    clerk = trade.docker(seller)
    trade.stack.kill("inner")
    try:
        reference = f"{trade.stack.instance.host}/faults/lost-events:1.0"
        digest = clerk.publish(good.recipe(), reference, trade.stack.instance.var / "run" / "lost", silent)
        trade.stack.kill("registry")
    finally:
        trade.stack.start_part("registry")
        trade.stack.start_part("inner")
    tags = f"/selling/images/{seller.images['lost-events']}/tags"
    assert "1.0" not in seller.browser.look(tags).text.split()

    trade.stack.manage("shell", "-c", "from registry_auth.upkeep.tasks import reconcile_registry; reconcile_registry()")

    eventually(lambda: "1.0" in seller.browser.look(tags).text.split(), "reconciliation found the tag")
    found = trade.stack.sql(
        "SELECT m.digest FROM marketplace_manifest m JOIN marketplace_image i ON i.id = m.image_id WHERE i.repository = 'faults/lost-events'"
    )
    assert found == [digest]


def test_database_away_is_said_to_everybody_and_passes(trade: Trade, sold: Sold) -> None:
    trade.stack.kill("postgres")
    try:
        answer = ask("GET", f"{trade.stack.url}/auth/token", params={"scope": f"repository:{sold.repository}:pull"})
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        page = ask("GET", sold.url)
        assert page.status_code == 503
    finally:
        trade.stack.start_part("postgres")

    eventually(lambda: ask("GET", sold.url).status_code == 200, "the page is back")
    buyer = trade.person()
    trade.buy(buyer, sold)
    assert trade.docker(buyer).pull(sold.reference, silent) == sold.digests[0]


def test_web_away_is_a_problem_document_to_programs_and_a_page_to_people(trade: Trade) -> None:
    address = f"{trade.stack.url}/api/v1/products/"
    trade.stack.kill("web")
    try:
        told = ask("POST", address, json={"title": "Never arrives"})
        page = ask("GET", trade.stack.url, headers={"Accept": "text/html"})
    finally:
        trade.stack.start_part("web")

    assert (told.status_code, told.headers["Content-Type"], told.headers["Retry-After"]) == (503, "application/problem+json", "10")
    assert (told.json()["code"], told.json()["status"]) == ("retry_later", 503)
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "Layerstore" in page.text
    assert ask("POST", address, json={}).status_code == 401
