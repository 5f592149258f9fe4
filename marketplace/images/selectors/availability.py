"""Whether a name can be reserved, for the answer that comes as one types. The reservation itself asks the constraint."""

from dataclasses import dataclass

from django.conf import settings

from marketplace.images.errors import InvalidImageName
from marketplace.images.models import Image, Namespace
from marketplace.images.names import ImageName, repository_of


@dataclass(frozen=True, slots=True)
class Availability:
    """What can be said of a name at this moment."""

    available: bool
    repository: str
    message: str


def image_name_availability(*, namespace: Namespace, name: str) -> Availability:
    """Say whether the namespace's owner could reserve the name now, and if not, why and what to do."""
    try:
        repository = repository_of(namespace=namespace.name, name=ImageName.parse(name), host=settings.LAYERSTORE_IMAGE_HOST)
    except InvalidImageName as error:
        return Availability(available=False, repository="", message=error.message)
    taken = Image.objects.occupying().filter(namespace=namespace, name=name).first()
    if taken is None:
        return Availability(available=True, repository=repository, message=f"{repository} is free. Your first push keeps it for good.")
    if taken.is_live:
        return Availability(available=False, repository=repository, message=f"You hold {repository} already.")
    return Availability(available=False, repository=repository, message=f"{repository} was given up, and is not free. Choose another name.")
