"""What is read of the inbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import TextField
from django.db.models.functions import Cast

from marketplace.insights.waiting import waiting_finder
from registry_auth.inbox.models import RegistryEnvelope


def bodies_of(envelopes: Sequence[RegistryEnvelope]) -> Iterable[tuple[int, str]]:
    """Return the primary key and the body of each envelope, in the order in which they arrived; as text, for whoever knows its form."""
    rows = RegistryEnvelope.objects.filter(pk__in=[envelope.pk for envelope in envelopes]).order_by("pk")
    return rows.values_list("pk", Cast("body", TextField()))


@waiting_finder
def envelopes_wait(before: datetime) -> bool:
    """Return whether a notification that came before then is neither applied nor given up. One query, of an index that holds only such."""
    return RegistryEnvelope.objects.filter(received_at__lt=before, drained_at__isnull=True, given_up_at__isnull=True).exists()
