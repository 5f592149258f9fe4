"""Clients that ask with hostile input, and what is wrong with the answers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from accounts.people.models import User
from billing.stripe.errors import StripeRefused
from marketplace.products.models import Product
from tests.factories.accounts import AccessTokenFactory

POSTED = ("/api/v1/images/", "/billing/stripe/webhook", "/why/")


@dataclass
class Faults:
    """What went wrong, by what was sent."""

    log: pytest.LogCaptureFixture
    found: list[str] = field(default_factory=list)

    def look(self, answer: Any, *sent: object) -> Any:
        """Note an answer of 500 and above, and every line of log that operators are told to be woken by."""
        alarms = [record.getMessage()[:80] for record in self.log.records if record.levelno >= logging.ERROR]
        self.log.clear()
        if answer.status_code >= 500 or alarms:
            self.found.append(f"{answer.status_code} {' '.join(str(one)[:100] for one in sent)} {alarms}")
        return answer


def stripe_refuses(*_: object, **__: object) -> None:
    raise StripeRefused(reason="Nobody asks Stripe here.", stripe_code="")


def browser(user: User | None = None, **extra: Any) -> Client:
    client = Client(raise_request_exception=False, **extra)
    if user is not None:
        client.force_login(user)
    return client


def token_of(rows: Mapping[str, Model]) -> dict[str, str]:
    """The header of a program of the seller's."""
    product = rows["product_id"]
    assert isinstance(product, Product)
    token = AccessTokenFactory(user=product.seller.account.user)
    return {"authorization": f"Bearer {token.secret}"}
