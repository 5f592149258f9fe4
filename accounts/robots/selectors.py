"""An organisation's robots, and who made them."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from accounts.organisations.selectors import owners_of
from accounts.people.models import Account
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import LISTED, robot_creations


@dataclass(frozen=True, slots=True)
class RobotRow:
    """A robot as its page lists it.

    Attributes:
        made_by: user name of its maker, who may have left since.
        by_an_owner: whether the maker is still an owner: if not, somebody knows its secret who should not.
    """

    robot: AccessToken
    made_by: str
    by_an_owner: bool


def robots_of(organisation: Account) -> list[RobotRow]:
    """Return the robots, newest first, ended ones included, at most 200; two queries."""
    robots = list(organisation.robots.select_related("organisation").order_by("-created_at")[:LISTED])
    owns = Exists(owners_of(organisation).filter(pk=OuterRef("actor")))
    makers = {target: (name, still) for target, name, still in robot_creations(robots).values_list("target_id", "actor__username", owns)}
    return [RobotRow(robot, *makers.get(str(robot.pk), ("", True))) for robot in robots]
