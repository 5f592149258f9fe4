import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAYERSTORE_X", raising=False)
    with pytest.raises(ImproperlyConfigured, match="Set LAYERSTORE_X"):
        env.text("LAYERSTORE_X")


def test_an_empty_variable_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "")
    assert env.text("LAYERSTORE_X", "default") == "default"


def test_a_number_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "ten")
    with pytest.raises(ImproperlyConfigured, match="LAYERSTORE_X must be a whole number"):
        env.number("LAYERSTORE_X", 1)


def test_one_of_a_few_is_the_first_unless_set_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAYERSTORE_X", raising=False)
    assert env.one_of("LAYERSTORE_X", "one", "two") == "one"
    monkeypatch.setenv("LAYERSTORE_X", "two")
    assert env.one_of("LAYERSTORE_X", "one", "two") == "two"
    monkeypatch.setenv("LAYERSTORE_X", "three")
    with pytest.raises(ImproperlyConfigured, match="LAYERSTORE_X must be one of one, two, not 'three'"):
        env.one_of("LAYERSTORE_X", "one", "two")


def test_words_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", " a, b,,c ")
    assert env.words("LAYERSTORE_X") == ["a", "b", "c"]


def test_a_database_on_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "postgresql://shop:p%40ss@/layerstore?host=/run/pg&connect_timeout=3")

    database = env.database("LAYERSTORE_X")

    assert {key: database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
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
        env.database("LAYERSTORE_X")


@pytest.mark.parametrize(
    ("url", "tls", "ssl"), [("smtp://mail:2525", False, False), ("smtps://mail:465", False, True), ("smtp+tls://mail:587", True, False)]
)
def test_a_mail_server(monkeypatch: pytest.MonkeyPatch, url: str, tls: bool, ssl: bool) -> None:  # noqa: FBT001  table columns
    monkeypatch.setenv("LAYERSTORE_X", url)

    settings = env.email("LAYERSTORE_X", "")

    assert (settings["EMAIL_HOST"], settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == ("mail", tls, ssl)


def test_mail_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "locmem://")
    assert env.email("LAYERSTORE_X", "") == {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


def test_another_way_of_sending_mail_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERSTORE_X", "http://mail")
    with pytest.raises(ImproperlyConfigured, match="must begin with smtp"):
        env.email("LAYERSTORE_X", "")


def test_amounts_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_AMOUNTS", "eur:300, jpy:0")

    assert (env.amounts("X_AMOUNTS"), env.amounts("X_UNSET")) == ({"eur": 300, "jpy": 0}, {})


@pytest.mark.parametrize("value", ["eur", "eur:", "eur:3.00", "eur:-1", "eur:\u0663"])
def test_an_amount_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X_AMOUNTS", value)

    with pytest.raises(ImproperlyConfigured, match="X_AMOUNTS"):
        env.amounts("X_AMOUNTS")
