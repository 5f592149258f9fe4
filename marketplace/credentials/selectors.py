"""Which images a credential can be for."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.tokens.models import AccessToken
from marketplace.credentials.errors import NothingToPull
from marketplace.credentials.models import CredentialImage
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Subject
from marketplace.images.models import Image

LISTED: Final = 500  # images of a form; in the API a credential names any


def images_to_choose(account_ids: Collection[UUID]) -> list[Image]:
    """List the images that the accounts own or hold and that are not taken down, by name, at most 500. One query."""
    held = Entitlement.objects.in_force().filter(holder__in=account_ids, image=OuterRef("pk"))
    images = Image.objects.occupying().filter(Q(owner__in=account_ids) | Exists(held), taken_down_at__isnull=True)
    return list(images.order_by("repository")[:LISTED])


def image_ids_of(repositories: Collection[str]) -> list[UUID]:
    """Return the images that have these names now.

    Raises:
        NothingToPull: a name is nobody's.
    """
    found = dict(Image.objects.occupying().filter(repository__in=repositories).values_list("repository", "pk"))
    if set(repositories) - found.keys():
        raise NothingToPull
    return list(found.values())


def images_of_credential(credential: AccessToken) -> list[Image]:
    """List the images that the token is for, by name: if it is not limited, all that its account owns or holds."""
    if credential.limited:
        return list(
            Image.objects.filter(pk__in=CredentialImage.objects.filter(credential=credential).values("image")).order_by("repository")
        )
    return images_to_choose(Subject.by_token(credential).account_ids)
