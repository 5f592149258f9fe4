"""An organisation's robots, and who made them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import AccessToken, Account, AuditEvent
from accounts.selectors.tokens import LISTED, live


def live_robots_of(organisation: Account) -> QuerySet[AccessToken]:
    """Return the robots that open something now."""
    return live(organisation.robots.all())


@dataclass(frozen=True, slots=True)
class RobotRow:
    """A robot as its page lists it.

    Attributes:
        made_by: user name of who made it, who may have left since.
    """

    robot: AccessToken
    made_by: str


def robots_of(organisation: Account) -> list[RobotRow]:
    """List the robots, newest first, the ended ones too, at most 200; two queries."""
    robots = list(organisation.robots.select_related("organisation").order_by("-created_at")[:LISTED])
    made = AuditEvent.objects.filter(
        target_type=AccessToken._meta.label_lower, target_id__in=[str(robot.pk) for robot in robots], action="robot.created"
    )
    makers = dict(made.values_list("target_id", "actor__username"))
    return [RobotRow(robot, makers.get(str(robot.pk), "")) for robot in robots]
