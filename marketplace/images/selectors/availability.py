"""Whether a name can be reserved, for the answer that comes while somebody types. The reservation itself relies on the constraint."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from marketplace.images.errors import InvalidImageName
from marketplace.images.models import Image, Namespace
from marketplace.images.names import ImageName, repository_of


class NameState(StrEnum):
    """What stands under a name at this moment."""

    FREE = "free"
    HELD = "held"
    GIVEN_UP = "given_up"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the owner of the namespace could reserve a name.

    Attributes:
        repository: empty for a name that breaks a rule.
        broken: the sentence about the rule that it breaks, if it breaks one.
    """

    state: NameState
    repository: str = ""
    broken: str = ""

    @property
    def available(self) -> bool:
        return self.state is NameState.FREE


def image_name_availability(*, namespace: Namespace, name: str) -> Availability:
    """Return whether the namespace's owner could reserve the name now, and if not, what is in the way."""
    try:
        repository = repository_of(namespace=namespace.name, name=ImageName.parse(name), host=settings.LAYERSTORE_IMAGE_HOST)
    except InvalidImageName as error:
        return Availability(NameState.INVALID, broken=error.message)
    taken = Image.objects.occupying().filter(namespace=namespace, name=name).first()
    if taken is None:
        return Availability(NameState.FREE, repository)
    return Availability(NameState.HELD if taken.is_live else NameState.GIVEN_UP, repository)
