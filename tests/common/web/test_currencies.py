"""The currency that a reader would like: chosen by hand, else that of the browser's region."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from common.web.currencies import CurrencyMiddleware, wanted_currencies


def wanted(address: str = "/", *, accepts: str = "", cookie: str = "") -> list[str]:
    seen: list[str] = []

    def answer(request: object) -> HttpResponse:
        seen.extend(wanted_currencies())
        return HttpResponse()

    request = RequestFactory().get(address, headers={"Accept-Language": accepts})
    request.COOKIES["currency"] = cookie
    CurrencyMiddleware(answer)(request)
    return seen


@pytest.mark.parametrize(
    ("accepts", "currencies"),
    [
        ("", []),
        ("*", []),
        ("de", []),
        ("de-CH", ["chf"]),
        ("de-AT,en;q=0.5", ["eur"]),
        ("en;q=0.1, fr-CA;q=0.4, ja-JP", ["jpy", "cad"]),
        ("zh-Hant-HK", ["hkd"]),
        ("es-419", []),
        ("en-ZZ", []),
        ("\N{SNOWMAN}-\x00", []),
    ],
)
def test_a_browser_wants_what_is_paid_with_in_its_regions(accepts: str, currencies: list[str]) -> None:
    assert wanted(accepts=accepts) == currencies


@pytest.mark.parametrize(("cookie", "currencies"), [("gbp", ["gbp"]), ("xxx", ["chf"]), ("GBP", ["chf"]), ("", ["chf"])])
def test_what_was_chosen_by_hand_comes_first_if_the_shop_has_it(cookie: str, currencies: list[str]) -> None:
    assert wanted(accepts="de-CH", cookie=cookie) == currencies


@pytest.mark.parametrize("address", ["/api/v1/products/", "/admin/"])
def test_programs_and_staff_see_the_same_whoever_asks(address: str) -> None:
    assert wanted(address, accepts="de-CH", cookie="gbp") == []


def test_outside_of_requests_nobody_wants_any() -> None:
    wanted(cookie="gbp")

    assert wanted_currencies() == ()


@pytest.mark.django_db
def test_the_choice_is_kept_and_one_is_back_where_one_was(client: Client) -> None:
    response = client.post("/currency", {"currency": "gbp"}, headers={"referer": "http://testserver/search/?q=db"})

    assert (response.status_code, response["Location"], response.cookies["currency"].value) == (
        303,
        "http://testserver/search/?q=db",
        "gbp",
    )
    page = client.get("/").content.decode()
    assert '<option value="gbp" selected>GBP</option>' in page


@pytest.mark.django_db
@pytest.mark.parametrize("choice", ["", "xxx", "<script>"])
def test_any_other_choice_leaves_it_to_the_browser(client: Client, choice: str) -> None:
    client.cookies["currency"] = "gbp"

    response = client.post("/currency", {"currency": choice}, headers={"referer": "https://evil.example/"})

    assert (response["Location"], response.cookies["currency"]["max-age"]) == ("/", 0)


@pytest.mark.django_db
def test_a_shop_with_one_currency_offers_no_choice(client: Client, settings) -> None:
    settings.LAYERSTORE_CURRENCIES = ["eur"]

    assert "/currency" not in client.get("/").content.decode()
