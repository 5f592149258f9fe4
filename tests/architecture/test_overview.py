"""Staff's overview counts what waits and what fails, and each figure leads to its rows."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from common.admin.overview import Fact, panels_for
from marketplace.images.models import Manifest
from marketplace.insights.models import DailyFigures
from marketplace.resale.models import ResaleFlag
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.upkeep.models import RepositoryTrouble
from tests.factories.accounts import UserFactory
from tests.factories.billing import DisputeFactory, RefundFactory, StripeEventFactory
from tests.factories.marketplace import ImageFactory, ProductFactory, ReportFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory(staff=True))
    return client


def facts() -> dict[str, Fact]:
    return {fact.label: fact for _, panel in panels_for(UserFactory.build(staff=True)) for fact in panel}


def test_what_waits_and_what_fails_is_counted_and_what_fails_stands_out(client):
    now = timezone.now()
    assert not any(fact.alarming for fact in facts().values())

    queue_mail(to="a@example.test", template="unknown_account", context={}, key="a")
    queue_mail(to="b@example.test", template="unknown_account", context={}, key="b")
    OutgoingMail.objects.filter(key="b").update(given_up_at=now)
    StripeEventFactory(given_up_at=now)
    RefundFactory()
    RefundFactory(state="failed")
    order = DisputeFactory().order
    order.flagged_at, order.flag = now, "Look."
    order.save(update_fields=["flagged_at", "flag"])
    RegistryEnvelope.objects.create(body=[], given_up_at=now)
    image = order.product.images.get()
    RepositoryTrouble.objects.create(image=image, job="empty")
    Manifest.objects.filter(image=image).update(given_up_at=now)
    ReportFactory(product=order.product)
    ReportFactory(product=order.product, upheld=True)
    ReportFactory(product=order.product, upheld=True, state="appealed", appealed_at=now)
    flag = {"image": image, "digest": "sha256:a", "origin_digest": "sha256:b", "layers": ["sha256:c"], "size": 1}
    for closed in ({}, {"closed_at": now, "outcome": "upheld", "closing_reason": "It is one."}):
        ResaleFlag.objects.create(origin=ImageFactory(), **flag, **closed)

    found = facts()
    counts = {label: (fact.value, fact.alarming) for label, fact in found.items() if fact.value.isdigit() and fact.value != "0"}
    assert counts == {
        "Waiting to be sent": ("1", False),
        "Given up": ("1", True),
        "Stripe events that failed": ("1", True),
        "of them given up": ("1", True),
        "Refunds not confirmed": ("1", False),
        "Refunds failed": ("1", True),
        "Orders to check": ("1", True),
        "Disputes without an answer": ("1", True),
        "Notifications waiting": ("1", False),
        "Images in trouble": ("1", True),
        "Manifests given up": ("1", True),
        "Reports waiting": ("2", False),
        "Nobody’s yet": ("1", True),
        "Appeals": ("1", True),
        "Flags waiting": ("1", True),
        **{label: (found[label].value, False) for label in ("Sign-ups in a day", "in 7 days", "in 30 days")},
    }
    assert 'class="alarming"' in client.get("/admin/").content.decode()


def test_each_figure_leads_to_its_rows(client):
    product = ProductFactory()
    day = timezone.now().date() - timedelta(days=1)
    DailyFigures.objects.create(seller=product.seller, day=day, currency="eur", paid=500, orders=1)
    DailyFigures.objects.create(day=day, currency="eur", paid=500, orders=1)

    linked = {fact.url for fact in facts().values() if fact.url}

    assert len(linked) > 12
    assert {url: client.get(url).status_code for url in linked} == dict.fromkeys(linked, 200)


def test_who_is_not_signed_in_sees_nothing():
    assert panels_for(AnonymousUser()) == []
