"""What tests on the real registry ask for, and how they wait for what it tells."""

from marketplace.images.models import Image
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import drain_registry_events
from registry_auth.upkeep.tasks import describe_manifests
from tests.support.registry import wait_until


def scope(image, actions="pull") -> str:
    return f"repository:{image.repository}:{actions}"


def events_told(**of_envelopes: object) -> int:
    """How many events the registry has told of images that this test has. One of the test before may only now arrive."""
    ours = set(Image.objects.values_list("repository", flat=True))
    bodies = RegistryEnvelope.objects.filter(**of_envelopes).values_list("body", flat=True)
    return sum(event["repository"] in ours for body in bodies for event in body)


def told_of(count: int) -> None:
    """Wait until the registry has told of so many events, then let them have their effect."""
    wait_until(lambda: events_told() >= count)
    drain_registry_events()
    describe_manifests()
