"""What a refusal says to whoever belongs to an organisation, in a role that does not do something."""

import pytest

from accounts.organisations.models import BUYING_ROLES, EDITING_ROLES, MANAGING_ROLES, SELLING_ROLES
from marketplace.images.errors import RoleNotEnough


@pytest.mark.parametrize(
    ("roles", "who"),
    [
        (MANAGING_ROLES, "owners"),
        (EDITING_ROLES, "owners and editors"),
        (BUYING_ROLES, "owners and billing people"),
        (SELLING_ROLES, "owners, editors and billing people"),
    ],
)
def test_the_roles_that_may_are_named(roles, who):
    assert RoleNotEnough(roles=roles).message == f"In this organisation only {who} do this. Ask one of them, or an owner for another role."
