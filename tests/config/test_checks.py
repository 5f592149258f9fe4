"""A shop on the internet refuses to start without what makes it safe."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from pytest_django import Settings

from accounts.people.models import User
from config import checks
from config.checks import engines_can_be_reached, no_demo_accounts, production_is_safe, refuse_unsafe


@pytest.fixture
def shop(settings: Settings) -> Settings:
    """Settings of a safe production."""
    settings.LAYERSTORE_PRODUCTION = True
    settings.LAYERSTORE_PUBLIC_URL = "https://shop.layerstore.dev"
    settings.ALLOWED_HOSTS = ["shop.layerstore.dev"]
    settings.SECRET_KEY = "s" * 64
    settings.LAYERSTORE_TOKEN_KEYS = ["t" * 64, "u" * 64]
    settings.LAYERSTORE_EVENTS_SECRET = "e" * 64
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LAYERSTORE_SECOND_FACTOR_FOR_STAFF = True
    settings.STRIPE_API_BASE = ""
    return settings


def faults() -> list[str | None]:
    return [message.id for message in production_is_safe(None)]


def test_a_safe_shop_has_no_fault(shop: Settings) -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("setting", "value", "fault"),
    [
        pytest.param("LAYERSTORE_PUBLIC_URL", "http://shop.layerstore.dev", "layerstore.E001", id="http"),
        pytest.param("LAYERSTORE_PUBLIC_URL", "https://layerstore.dev/shop", "layerstore.E002", id="a path under the host"),
        pytest.param("LAYERSTORE_PUBLIC_URL", "https://root:pw@layerstore.dev", "layerstore.E002", id="a name before the host"),
        pytest.param("ALLOWED_HOSTS", ["*"], "layerstore.E003", id="any host"),
        pytest.param("ALLOWED_HOSTS", [".layerstore.dev"], "layerstore.E003", id="any host below"),
        pytest.param("SECRET_KEY", "short", "layerstore.E004", id="short secret"),
        pytest.param("LAYERSTORE_TOKEN_KEYS", [], "layerstore.E004", id="no token key"),
        pytest.param("LAYERSTORE_TOKEN_KEYS", ["t" * 64, "old"], "layerstore.E004", id="a short one among token keys"),
        pytest.param("LAYERSTORE_EVENTS_SECRET", "e" * 31, "layerstore.E004", id="short events secret"),
        pytest.param("LAYERSTORE_EVENTS_SECRET", "s" * 64, "layerstore.E005", id="one secret for two purposes"),
        pytest.param("DEBUG", True, "layerstore.E006", id="debug"),
        pytest.param("SECURE_HSTS_SECONDS", 0, "layerstore.E007", id="no HSTS"),
        pytest.param("SESSION_COOKIE_SECURE", False, "layerstore.E008", id="session cookie without TLS"),
        pytest.param("CSRF_COOKIE_SECURE", False, "layerstore.E008", id="form cookie without TLS"),
        pytest.param("LAYERSTORE_SECOND_FACTOR_FOR_STAFF", False, "layerstore.E009", id="no second factor for staff"),
    ],
)
def test_each_fault_is_found_by_itself(shop: Settings, setting: str, value: object, fault: str) -> None:
    setattr(shop, setting, value)

    assert faults() == [fault]


def test_no_fault_reveals_a_secret(shop: Settings) -> None:
    shop.SECRET_KEY = shop.LAYERSTORE_EVENTS_SECRET = "hunter2"

    assert "hunter2" not in "".join(str(message) for message in production_is_safe(None))


def test_a_stack_on_loopback_is_not_checked(settings: Settings) -> None:
    settings.LAYERSTORE_PRODUCTION = False
    settings.SECRET_KEY = "short"

    assert faults() == []
    refuse_unsafe()


@pytest.mark.parametrize(
    ("setting", "value", "module"),
    [
        pytest.param("LAYERSTORE_EVENTS", "kafka", "confluent_kafka", id="stream"),
        pytest.param("LAYERSTORE_LEASES", "dynamodb", "boto3", id="leases"),
        pytest.param("STORAGES", {"default": {"BACKEND": "common.ops.bucket.BucketStorage"}}, "storages", id="pictures"),
    ],
)
def test_an_engine_without_its_client_is_refused(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, setting: str, value: object, module: str
) -> None:
    shop.LAYERSTORE_KAFKA = {"bootstrap.servers": "kafka:9092"}
    shop.LAYERSTORE_LEASES_REGION = "eu-central-1"
    setattr(shop, setting, value)
    assert engines_can_be_reached(None) == []
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name == module else name)

    (fault,) = engines_can_be_reached(None)

    assert fault.id == "layerstore.E011"
    assert module in fault.msg


def test_an_engine_without_an_address_is_refused(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    shop.LAYERSTORE_EVENTS, shop.LAYERSTORE_LEASES = "kafka", "dynamodb"
    shop.LAYERSTORE_KAFKA = {"bootstrap.servers": ""}

    assert [message.id for message in engines_can_be_reached(None)] == ["layerstore.E012", "layerstore.E013"]


def test_a_region_that_the_sdk_finds_is_enough(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    shop.LAYERSTORE_LEASES = "dynamodb"

    assert engines_can_be_reached(None) == []


def test_engines_of_a_stack_on_loopback_are_not_checked(settings: Settings) -> None:
    settings.LAYERSTORE_PRODUCTION = False
    settings.LAYERSTORE_LEASES = "dynamodb"

    assert engines_can_be_reached(None) == []


@pytest.mark.django_db
def test_accounts_of_a_demo_are_refused_by_name(shop: Settings) -> None:
    User.objects.create_user("real", "real@layerstore.dev")
    User.objects.create_user("demo-buyer", "buyer@demo.example")
    User.objects.create_user("demo-seller", "seller@Example.com")

    (fault,) = no_demo_accounts(None, databases=["default"])

    assert fault.id == "layerstore.E010"
    assert "demo-buyer, demo-seller" in fault.msg
    assert "real" not in fault.msg


@pytest.mark.django_db
def test_demo_accounts_that_were_switched_off_are_let_through(shop: Settings) -> None:
    User.objects.create_user("demo-buyer", "buyer@demo.example", is_active=False)

    assert no_demo_accounts(None, databases=["default"]) == []


def test_a_database_that_is_away_does_not_keep_a_process_from_starting(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[str]:
        raise DatabaseError

    monkeypatch.setattr(checks, "_demo_accounts", away)

    assert no_demo_accounts(None, databases=["default"]) == []


@pytest.mark.django_db
def test_a_process_starts_with_a_safe_shop(shop: Settings) -> None:
    refuse_unsafe()


@pytest.mark.django_db
def test_a_process_does_not_start_with_an_unsafe_shop(shop: Settings) -> None:
    shop.LAYERSTORE_PUBLIC_URL = "http://shop.layerstore.dev"
    shop.LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False

    with pytest.raises(ImproperlyConfigured, match=r"(?s)layerstore\.E001.*layerstore\.E009"):
        refuse_unsafe()


@pytest.mark.django_db
def test_the_checks_are_registered(shop: Settings) -> None:
    shop.DEBUG = True
    User.objects.create_user("demo-buyer", "buyer@demo.example")

    found = {message.id for message in run_checks(databases=["default"])}

    assert {"layerstore.E006", "layerstore.E010"} <= found
