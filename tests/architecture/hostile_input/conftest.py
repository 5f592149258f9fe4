"""Rows of others, whoever may ask for them, and a list of faults that must stay empty."""

import logging
from collections.abc import Iterator

import pytest
from django.db.models import Model
from django.test import Client
from pytest_django import DjangoDbBlocker

from common.web import throttling
from tests.architecture.hostile_input.asking import Faults, browser, stripe_refuses
from tests.factories.accounts import UserFactory
from tests.support.database import around_the_tests
from tests.support.rows import rows_of_others


@pytest.fixture
def faults(caplog, monkeypatch) -> Iterator[Faults]:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(throttling, "_charge", lambda *_, **__: None)
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.allow_request", lambda *_: True)
    monkeypatch.setattr("billing.stripe.client.api", stripe_refuses)
    found = Faults(caplog)
    yield found
    assert not found.found, "\n".join(found.found[:100])


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Model]]:
    """Made once, around the transactions of a module's tests: whatever one of them changes is as before for the next."""
    with around_the_tests(django_db_blocker):
        yield rows_of_others()


@pytest.fixture
def askers(rows) -> dict[str, Client]:
    seller = rows["product_id"].seller.account.user
    staff = UserFactory(staff=True)
    return {
        "nobody": browser(),
        "buyer": browser(rows["order_id"].buyer.user),
        "subscriber": browser(rows["subscription_id"].buyer.user),
        "seller": browser(seller),
        "staff": browser(staff),
    }
