"""Robots: access tokens of an organisation, which pull, or push to some images, and stay when their maker leaves."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.organisations.errors import NotAnOwner
from accounts.organisations.locks import lock_organisation
from accounts.organisations.selectors import owners_of
from accounts.people.models import USERNAME_PATTERN, Account, User
from accounts.people.selectors import require_verified_email
from accounts.robots.errors import InvalidRobotName, PushingRobotNeedsImages, RobotEnded, RobotNameTaken, TooManyNewRobots, TooManyRobots
from accounts.tokens.locks import lock_token
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import live_robots_of
from accounts.tokens.services import IssuedToken, require_future, require_maker_may, revoke_access_token, write_token
from audit.services import record_audit
from common.db.locking import locked_transaction, translate_violation
from outbox.mail.services import queue_mail

MOST_ROBOTS = 50  # live ones of an organisation
NEW_A_DAY = 100  # secrets of an organisation, so that all live ones can be replaced twice: each writes to all owners
LONGEST_NAME = 39
_DAY = timedelta(days=1)


def create_robot(
    *,
    organisation: Account,
    actor: User,
    name: str,
    expires_at: datetime | None = None,
    limited_to: str = "",
    pushes: bool = False,
    maker: AccessToken | None = None,
) -> IssuedToken:
    """Create a robot of the organisation and tell its owners by mail; the secret is in the result and nowhere else.

    Args:
        actor: one of the owners; the robot stays when they leave.
        name: second part of its user name, `handle+name`; it follows the rules of user names.
        expires_at, limited_to, maker: as for every access token.
        pushes: whether it pushes, too, to the images that it is limited to.

    Raises:
        EmailNotVerified, TokenExpiryPast, TokenTooPowerful: as for every access token.
        PushingRobotNeedsImages: it shall push and is not limited to images.
        InvalidRobotName: the name breaks these rules or is too long.
        NotAnOwner: the actor is not an owner, or no longer.
        RobotNameTaken: a live robot has the name.
        TooManyRobots: the organisation already has the most live ones that one may have.
        TooManyNewRobots: it has had the most new secrets that are allowed in a day.
    """
    require_verified_email(actor)
    if len(name) > LONGEST_NAME or not re.fullmatch(USERNAME_PATTERN, name):
        raise InvalidRobotName(longest=LONGEST_NAME)
    require_future(expires_at)
    if pushes and not limited_to:
        raise PushingRobotNeedsImages
    scopes = [TokenScope.PULL, TokenScope.PUSH] if pushes else [TokenScope.PULL]
    with locked_transaction():
        locked = _lock_organisation(organisation.pk, actor)
        require_maker_may(maker, user=actor, scopes=scopes, expires_at=expires_at)
        made_by = {"maker": str(maker.pk)} if maker else {}
        return _write_robot(locked, actor, name=name, expires_at=expires_at, limited_to=limited_to, scopes=scopes, **made_by)


def replace_robot(*, robot: AccessToken, actor: User, overlap: timedelta, expires_at: datetime | None = None) -> IssuedToken:
    """Give the robot a new secret under the same name; the old one ends after the overlap, or at once if there is none.

    Raises:
        RobotEnded: it has ended, or has a newer secret already.
        EmailNotVerified, TokenExpiryPast, NotAnOwner, TooManyRobots, TooManyNewRobots: as for a new robot.
    """
    require_verified_email(actor)
    require_future(expires_at)
    with locked_transaction():
        organisation = _lock_organisation(_organisation_of(robot), actor)
        old = lock_token(token_id=robot.pk)
        if not old.is_live or old.superseded_at is not None:
            raise RobotEnded(username=old.username)
        if overlap:
            old.superseded_at = timezone.now()
            old.expires_at = min(filter(None, [old.expires_at, old.superseded_at + overlap]))
            old.save(update_fields=["superseded_at", "expires_at"])
        else:
            revoke_access_token(token=old, actor=actor)
        return _write_robot(
            organisation,
            actor,
            name=old.name,
            expires_at=expires_at,
            limited_to=old.limited_to,
            scopes=[TokenScope(scope) for scope in old.scopes],
            replaces=str(old.pk),
        )


def revoke_robot(*, robot: AccessToken, actor: User) -> AccessToken:
    """End the robot now; repeating it changes nothing.

    Raises:
        NotAnOwner: the actor is no longer an owner of the organisation.
    """
    with locked_transaction():
        _lock_organisation(_organisation_of(robot), actor)
        return revoke_access_token(token=robot, actor=actor)


def _organisation_of(robot: AccessToken) -> UUID:
    if robot.organisation_id is None:
        msg = "A user's token is no robot."
        raise TypeError(msg)
    return robot.organisation_id


def _lock_organisation(organisation_id: UUID, actor: User) -> Account:
    """Lock the organisation and make sure that the actor is one of its owners; owners cannot change while it is locked."""
    organisation = lock_organisation(account_id=organisation_id)
    if not owners_of(organisation).filter(pk=actor.pk).exists():
        raise NotAnOwner(name=organisation.name)
    return organisation


def _write_robot(
    organisation: Account,
    actor: User,
    *,
    name: str,
    expires_at: datetime | None,
    limited_to: str,
    scopes: Collection[TokenScope],
    **details: str,
) -> IssuedToken:
    if live_robots_of(organisation).count() >= MOST_ROBOTS:
        raise TooManyRobots(most=MOST_ROBOTS)
    if organisation.robots.filter(created_at__gt=timezone.now() - _DAY).count() >= NEW_A_DAY:  # rows stay when they are revoked
        raise TooManyNewRobots(most=NEW_A_DAY)
    with translate_violation("access_token_robot_name_unique", RobotNameTaken(username=f"{organisation.handle}+{name}")):
        issued = write_token(organisation=organisation, name=name, scopes=scopes, expires_at=expires_at, limited_to=limited_to)
    robot = issued.token
    record_audit(actor=actor, action="robot.created", target=robot, organisation=organisation.handle, scopes=robot.scopes, **details)
    for owner in owners_of(organisation):
        context = {"token": robot, "made_by": actor, "replaces": "replaces" in details}
        queue_mail(
            to=owner.email,
            template="token_created",
            context=context,
            key=f"token-created:{robot.pk}:{owner.pk}",
            origin=str(organisation.pk),
        )
    return issued
