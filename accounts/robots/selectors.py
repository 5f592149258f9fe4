"""An organisation's robots, and who made them."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from accounts.organisations.selectors import owners_of
from accounts.people.models import Account
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import LISTED, _made


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
