"""The registry's inbox, and what fails, in staff's overview."""

from collections.abc import Iterator

from common.admin.overview import Fact, page_of_rows, panel
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.upkeep.models import RepositoryTrouble


@panel("Registry", permission="registry_auth.view_registryenvelope")
def registry() -> Iterator[Fact]:
    """Count notifications without effect, those given up, and images that jobs fail for."""
    waiting = RegistryEnvelope.objects.filter(drained_at__isnull=True)
    given_up = waiting.filter(given_up_at__isnull=False).count()
    yield Fact("Notifications waiting", f"{waiting.count():,}", page_of_rows(RegistryEnvelope, drained_at__isempty=1))
    yield Fact("of them given up", f"{given_up:,}", page_of_rows(RegistryEnvelope, given_up_at__isempty=0), alarming=given_up > 0)
    troubles = RepositoryTrouble.objects.count()
    yield Fact("Images in trouble", f"{troubles:,}", page_of_rows(RepositoryTrouble), alarming=troubles > 0)
