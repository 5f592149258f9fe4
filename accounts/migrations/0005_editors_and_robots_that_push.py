from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

ROLES = [("owner", "Owner"), ("editor", "Editor"), ("member", "Member"), ("billing", "Billing")]
KNOWN = models.Q(("role__in", ["owner", "editor", "member", "billing"]))
OF_USER_OR_ROBOT = models.Q(
    models.Q(("organisation__isnull", True), ("user__isnull", False)),
    models.Q(("name__regex", "^[a-z0-9]+(?:[._-][a-z0-9]+)*$"), ("organisation__isnull", False), ("user__isnull", True)),
    _connector="OR",
)
PUSHES_IF_LIMITED = models.Q(
    ("organisation__isnull", True),
    ("scopes", ["registry:pull"]),
    models.Q(("scopes", ["registry:pull", "registry:push"]), models.Q(("limited_to", ""), _negated=True)),
    _connector="OR",
)


class Migration(migrations.Migration):
    """The rows of before meet the new constraints; the next migration has PostgreSQL look at them without keeping anybody out."""

    dependencies = [("accounts", "0004_roles_of_staff")]
    operations = [
        migrations.RemoveConstraint("membership", "membership_role_known"),
        migrations.RemoveConstraint("invitation", "invitation_role_known"),
        migrations.RemoveConstraint("accesstoken", "access_token_of_user_or_robot"),
        migrations.AlterField("membership", "role", models.CharField(choices=ROLES, max_length=10)),
        migrations.AlterField("invitation", "role", models.CharField(choices=ROLES, max_length=10)),
        AddConstraintNotValid("membership", models.CheckConstraint(condition=KNOWN, name="membership_role_known")),
        AddConstraintNotValid("invitation", models.CheckConstraint(condition=KNOWN, name="invitation_role_known")),
        AddConstraintNotValid("accesstoken", models.CheckConstraint(condition=OF_USER_OR_ROBOT, name="access_token_of_user_or_robot")),
        AddConstraintNotValid("accesstoken", models.CheckConstraint(condition=PUSHES_IF_LIMITED, name="access_token_robot_pushes_if_limited")),
    ]
