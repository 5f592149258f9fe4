"""An organisation's robots, and who made them."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import AccessToken, Account, AuditEvent, User
from accounts.selectors.organisations import owners_of
from accounts.selectors.tokens import LISTED, live


def live_robots_of(organisation: Account) -> QuerySet[AccessToken]:
    """Return the robots that open something now."""
    return live(organisation.robots.all())


def live_robots_made_by(user: User, organisation: Account) -> list[AccessToken]:
    """Return the live robots whose secrets the user was shown, by name: those that they made, or gave a new secret."""
    robots = list(live_robots_of(organisation).select_related("organisation").order_by("name", "created_at"))
    made = set(_made(robots).filter(actor=user).values_list("target_id", flat=True))
    return [robot for robot in robots if str(robot.pk) in made]


@dataclass(frozen=True, slots=True)
class RobotRow:
    """A robot as its page lists it.

    Attributes:
        made_by: user name of who made it, who may have left since.
        by_an_owner: whether they are an owner still, and can act: else somebody has its secret who should not.
    """

    robot: AccessToken
    made_by: str
    by_an_owner: bool


def robots_of(organisation: Account) -> list[RobotRow]:
    """List the robots, newest first, the ended ones too, at most 200; two queries."""
    robots = list(organisation.robots.select_related("organisation").order_by("-created_at")[:LISTED])
    owns = Exists(owners_of(organisation).filter(pk=OuterRef("actor")))
    makers = {target: (name, still) for target, name, still in _made(robots).values_list("target_id", "actor__username", owns)}
    return [RobotRow(robot, *makers.get(str(robot.pk), ("", True))) for robot in robots]


def _made(robots: list[AccessToken]) -> QuerySet[AuditEvent]:
    """Return who made each of them, or gave it the secret that it has."""
    ids = [str(robot.pk) for robot in robots]
    return AuditEvent.objects.filter(target_type=AccessToken._meta.label_lower, target_id__in=ids, action="robot.created")
