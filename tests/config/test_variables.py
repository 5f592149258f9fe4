import pytest
from django.core.exceptions import ImproperlyConfigured

from common.currencies import CURRENCIES
from config.variables import Variable, amounts, as_table, currencies, database, email, listener, number, one_of, text, words


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAYERSTORE_X", raising=False)
    with pytest.raises(ImproperlyConfigured, match="Set LAYERSTORE_X"):
        Variable("LAYERSTORE_X", text, None, "x").read()


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "")
    assert Variable("LAYERSTORE_X", text, "default", "x").read() == "default"


def test_a_text_that_is_not_a_number_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "ten")
    with pytest.raises(ImproperlyConfigured, match="LAYERSTORE_X must be a whole number"):
        Variable("LAYERSTORE_X", number, "1", "x").read()


@pytest.mark.parametrize(
    ("value", "where"),
    [("9100", ("127.0.0.1", 9100)), ("0.0.0.0:9100", ("0.0.0.0", 9100)), ("0", ("127.0.0.1", 0)), ("::1:9100", ("::1", 9100))],
)
def test_what_listens_does_so_on_this_machine_unless_told_otherwise(value: str, where: tuple[str, int]) -> None:
    assert listener(value) == where


def test_one_of_a_few_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Variable("LAYERSTORE_X", one_of("one", "two"), "one", "x")
    monkeypatch.delenv("LAYERSTORE_X", raising=False)
    assert choice.read() == "one"
    monkeypatch.setenv("LAYERSTORE_X", "two")
    assert choice.read() == "two"
    monkeypatch.setenv("LAYERSTORE_X", "three")
    with pytest.raises(ImproperlyConfigured, match="LAYERSTORE_X must be one of one, two, not 'three'"):
        choice.read()


def test_words_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", " a, b,,c ")
    assert Variable("LAYERSTORE_X", words, None, "x").read() == ["a", "b", "c"]


def test_a_database_on_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "postgresql://shop:p%40ss@/layerstore?host=/run/pg&connect_timeout=3")

    parsed = Variable("LAYERSTORE_X", database, None, "x").read()

    assert {key: parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
        "NAME": "layerstore",
        "USER": "shop",
        "PASSWORD": "p@ss",
        "HOST": "/run/pg",
        "PORT": "",
        "OPTIONS": {"connect_timeout": "3"},
    }


def test_another_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "sqlite:///shop.db")
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL is the only database"):
        Variable("LAYERSTORE_X", database, None, "x").read()


@pytest.mark.parametrize(
    ("url", "tls", "ssl"), [("smtp://mail:2525", False, False), ("smtps://mail:465", False, True), ("smtp+tls://mail:587", True, False)]
)
def test_a_mail_server(monkeypatch: pytest.MonkeyPatch, url: str, tls: bool, ssl: bool) -> None:  # noqa: FBT001  table columns
    monkeypatch.setenv("LAYERSTORE_X", url)

    settings = Variable("LAYERSTORE_X", email, None, "x").read()

    assert (settings["EMAIL_HOST"], settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == ("mail", tls, ssl)


def test_mail_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "locmem://")
    assert Variable("LAYERSTORE_X", email, None, "x").read() == {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


def test_another_way_of_sending_mail_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "http://mail")
    with pytest.raises(ImproperlyConfigured, match="must begin with smtp"):
        Variable("LAYERSTORE_X", email, None, "x").read()


def test_amounts_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_AMOUNTS", "eur:300, jpy:0")

    assert (Variable("X_AMOUNTS", amounts, "", "x").read(), Variable("X_UNSET", amounts, "", "x").read()) == ({"eur": 300, "jpy": 0}, {})


@pytest.mark.parametrize("value", ["eur", "eur:", "eur:3.00", "eur:-1", "eur:\u0663"])
def test_a_text_that_is_not_an_amount_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X_AMOUNTS", value)

    with pytest.raises(ImproperlyConfigured, match="X_AMOUNTS"):
        Variable("X_AMOUNTS", amounts, "", "x").read()


def test_a_default_that_follows_from_other_settings_counts_until_the_machine_sets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    variable = Variable("LAYERSTORE_X", text, None, "x")
    monkeypatch.delenv("LAYERSTORE_X", raising=False)
    assert variable.read("computed") == "computed"
    monkeypatch.setenv("LAYERSTORE_X", "set")
    assert variable.read("computed") == "set"


def test_what_production_requires_has_no_default_there(monkeypatch: pytest.MonkeyPatch) -> None:
    variable = Variable("LAYERSTORE_X", text, "default", "x")
    monkeypatch.delenv("LAYERSTORE_X", raising=False)
    with pytest.raises(ImproperlyConfigured, match="Set LAYERSTORE_X"):
        variable.required()
    monkeypatch.setenv("LAYERSTORE_X", "set")
    assert variable.required() == "set"


@pytest.mark.parametrize("code", ["EUR", "euro", "e1r", "€", "iqd", "xxx", "eur;usd"])
def test_a_currency_without_a_row_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    variable = Variable("LAYERSTORE_X", currencies, "eur", "x")
    monkeypatch.setenv("LAYERSTORE_X", f"eur,{code},jpy")
    with pytest.raises(ImproperlyConfigured, match=f"'{code}': that needs a row in common/currencies.py first"):
        variable.read()


def test_currencies_with_a_row_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", ", ".join(CURRENCIES))
    assert Variable("LAYERSTORE_X", currencies, None, "x").read() == list(CURRENCIES)


@pytest.mark.parametrize(
    ("default", "manual_default", "cell"),
    [
        pytest.param(None, "", "*required*", id="none"),
        pytest.param("", "", "empty", id="empty"),
        pytest.param("8", "", "8", id="a number"),
        pytest.param("600/min", "", "`600/min`", id="a word"),
        pytest.param(None, "the public host", "the public host", id="one that follows from others"),
    ],
)
def test_the_manual_shows_each_default_in_words(default: str | None, manual_default: str, cell: str) -> None:
    table = as_table([Variable("LAYERSTORE_X", text, default, "What it decides", manual_default)])

    assert table.splitlines()[2:] == [f"| `LAYERSTORE_X` | {cell} | What it decides |"]
