"""What tests on the real registry ask for, and how they wait for what it tells."""

from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import drain_registry_events
from registry_auth.upkeep.tasks import describe_manifests
from tests.support.registry import wait_until


def scope(image, actions="pull") -> str:
    return f"repository:{image.repository}:{actions}"


def told_of(count: int) -> None:
    """Wait until the registry has told of so many events, then let them have their effect."""
    wait_until(lambda: sum(len(envelope.body) for envelope in RegistryEnvelope.objects.all()) >= count)
    drain_registry_events()
    describe_manifests()
