"""Pull credentials: access tokens that pull some images and do nothing else."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.models import TokenScope, User
from accounts.services.tokens import IssuedToken, create_access_token
from common.locking import locked_transaction
from marketplace.errors import NothingToPull
from marketplace.models import CredentialImage, Image
from marketplace.selectors.access import Action, Subject, allowed_actions


def make_pull_credential(*, user: User, image_ids: Collection[UUID], name: str, expires_at: datetime | None = None) -> IssuedToken:
    """Make an access token that pulls these images and nothing more; its secret is in the result and nowhere else.

    What the user may pull decides at each pull anew: after a refund the credential pulls nothing.

    Raises:
        NothingToPull: no image, or one that the user may not pull.
        EmailNotVerified, TokenExpiryPast, TooManyTokens: as for every access token.
    """
    images = list(Image.objects.occupying().filter(pk__in=image_ids).order_by("repository"))
    allowed = allowed_actions(subject=Subject.of(user), repositories=[image.repository for image in images])
    if not images or len(images) < len(set(image_ids)) or any(Action.PULL not in allowed[image.repository] for image in images):
        raise NothingToPull
    names = ", ".join(image.repository for image in images)
    with locked_transaction():
        issued = create_access_token(user=user, name=name, scopes=[TokenScope.PULL], expires_at=expires_at, limited_to=names)
        CredentialImage.objects.bulk_create(CredentialImage(credential=issued.token, image=image) for image in images)
    return issued
