"""What is read of the inbox."""

from collections.abc import Iterable, Sequence

from django.db.models import TextField
from django.db.models.functions import Cast

from registry_auth.inbox.models import RegistryEnvelope


def bodies_of(envelopes: Sequence[RegistryEnvelope]) -> Iterable[tuple[int, str]]:
    """Return the primary key and the body of each envelope, in the order in which they arrived; as text, for whoever knows its form."""
    rows = RegistryEnvelope.objects.filter(pk__in=[envelope.pk for envelope in envelopes]).order_by("pk")
    return rows.values_list("pk", Cast("body", TextField()))
