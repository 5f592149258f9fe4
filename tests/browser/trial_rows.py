"""Trials in every state, for the pages that show them. Runs inside the stack, as the other rows do."""

from datetime import timedelta

from django.utils import timezone

from accounts.people.models import User
from common.ids import new_id
from marketplace.images.models import Namespace
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory, TrialFactory


def trials(long_word: str) -> None:
    """A product that can be tried: somebody tries it, somebody has bought it afterwards, and somebody with a long name has had their trial."""
    now = timezone.now()
    product = ProductFactory(namespace=Namespace.objects.get(name="northlight"), slug="to-try", title="To try", trial_days=14)
    TrialFactory(product=product, user=User.objects.get(username="jonas"))
    TrialFactory(product=product, bought_at=now, bought_by=new_id(), ended_at=now, end_reason="It was bought.")
    over = {"started_at": now - timedelta(days=30), "ended_at": now - timedelta(days=16), "end_reason": "The trial is over."}
    somebody = UserFactory()
    somebody.account.name = long_word[:80]
    somebody.account.save(update_fields=["name"])
    TrialFactory(product=product, user=somebody, **over)
