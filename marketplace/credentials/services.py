"""Make access tokens and robots, for all images or for some: `accounts` makes them, the policy decides for which images."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from accounts.people.models import Account, User
from accounts.robots import services
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.services import IssuedToken, create_access_token
from common.db.locking import locked_transaction
from marketplace.credentials.errors import LimitedTokenUsesNoApi, NothingToPull
from marketplace.credentials.models import CredentialImage
from marketplace.credentials.selectors import images_of_credential
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.models import Image

_USES = {TokenScope.PULL: Action.PULL, TokenScope.PUSH: Action.PUSH}


def make_access_token(
    *,
    user: User,
    name: str,
    scopes: Collection[TokenScope],
    image_ids: Collection[UUID] = (),
    expires_at: datetime | None = None,
    maker: AccessToken | None = None,
) -> IssuedToken:
    """Make an access token, limited to these images if there are any; its secret is in the result and nowhere else.

    Each pull and push checks again what the user may do: after a refund the token cannot pull.

    Raises:
        LimitedTokenUsesNoApi: images and the scope `api`, which reaches past them.
        NothingToPull: an image that the user may neither pull nor push with these scopes.
        EmailNotVerified, NoTokenScope, TokenExpiryPast, TokenTooPowerful, TooManyTokens: as for every access token.
    """
    images = _openable(image_ids, Subject.of(user), scopes)
    with locked_transaction():
        issued = create_access_token(user=user, name=name, scopes=scopes, expires_at=expires_at, maker=maker, limited_to=_names(images))
        _limit(issued.token, images)
    return issued


def make_pull_credential(*, user: User, image_ids: Collection[UUID], name: str, expires_at: datetime | None = None) -> IssuedToken:
    """Make an access token that can pull these images and do nothing else.

    Raises:
        NothingToPull: no image, or one that the user may not pull.
        EmailNotVerified, TokenExpiryPast, TooManyTokens: as for every access token.
    """
    if not image_ids:
        raise NothingToPull
    return make_access_token(user=user, name=name, scopes=[TokenScope.PULL], image_ids=image_ids, expires_at=expires_at)


def make_robot(
    *,
    organisation: Account,
    actor: User,
    name: str,
    image_ids: Collection[UUID] = (),
    pushes: bool = False,
    expires_at: datetime | None = None,
    maker: AccessToken | None = None,
) -> IssuedToken:
    """Create a robot that can pull what the organisation owns and holds, or only these images of it, and push those that it owns.

    Args:
        pushes: whether it pushes these images, too; each must be one that the organisation owns.

    Raises:
        NothingToPull: an image that the organisation may not pull, or not push if it shall push.
        PushingRobotNeedsImages: as `accounts.robots.services.create_robot` says.
        EmailNotVerified, InvalidRobotName, NotAnOwner, RobotNameTaken, TokenExpiryPast, TokenTooPowerful, TooManyNewRobots,
            TooManyRobots: as `accounts.robots.services.create_robot` says.
    """
    images = _openable(image_ids, Subject.robot(organisation.pk, limited=bool(image_ids)), [TokenScope.PUSH if pushes else TokenScope.PULL])
    with locked_transaction():
        issued = services.create_robot(
            organisation=organisation, actor=actor, name=name, pushes=pushes, expires_at=expires_at, limited_to=_names(images), maker=maker
        )
        _limit(issued.token, images)
    return issued


def replace_robot(*, robot: AccessToken, actor: User, overlap: timedelta, expires_at: datetime | None = None) -> IssuedToken:
    """Give the robot a new secret, for the same images; the old one ends after the overlap, or at once without one.

    Raises:
        EmailNotVerified, NotAnOwner, RobotEnded, TokenExpiryPast, TooManyNewRobots, TooManyRobots: as
            `accounts.robots.services.replace_robot` says.
    """
    with locked_transaction():
        issued = services.replace_robot(robot=robot, actor=actor, overlap=overlap, expires_at=expires_at)
        _limit(issued.token, images_of_credential(robot) if robot.limited else [])
    return issued


def _openable(image_ids: Collection[UUID], subject: Subject, scopes: Collection[TokenScope]) -> list[Image]:
    """Return the images, each of which the subject could pull or push with these scopes now."""
    if image_ids and TokenScope.API in scopes:
        raise LimitedTokenUsesNoApi
    images = list(Image.objects.occupying().filter(pk__in=image_ids).order_by("repository"))
    allowed = allowed_actions(subject=subject, repositories=[image.repository for image in images])
    uses = {_USES[scope] for scope in scopes if scope in _USES}
    if len(images) < len(set(image_ids)) or any(not uses & allowed[image.repository] for image in images):
        raise NothingToPull
    return images


def _names(images: Collection[Image]) -> str:
    return ", ".join(image.repository for image in images)


def _limit(token: AccessToken, images: Collection[Image]) -> None:
    CredentialImage.objects.bulk_create(CredentialImage(credential=token, image=image) for image in images)
