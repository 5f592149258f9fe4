from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_editors_and_robots_that_push")]
    operations = [
        ValidateConstraint("membership", "membership_role_known"),
        ValidateConstraint("invitation", "invitation_role_known"),
        ValidateConstraint("accesstoken", "access_token_of_user_or_robot"),
        ValidateConstraint("accesstoken", "access_token_robot_pushes_if_limited"),
    ]
