"""Finance sees what Stripe lists of each balance and where it differs from the books, explains differences and has statements read again.

Django makes permissions only after all migrations, so those that a role has are made here, as it would make them.
"""

from django.db import migrations

# By role: the tables that it sees, and those that it acts on and sees as well.
ROLES = {"finance": {"view": "billing.statementline", "change": "billing.difference billing.statement"}}


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    for role, rights in ROLES.items():
        group, _ = groups.objects.get_or_create(name=role)
        seen, changed = rights["view"].split(), rights["change"].split()
        for right, labels in (("view", [*seen, *changed]), ("change", changed)):
            for label in labels:
                app, model = label.split(".")
                kind, _ = types.objects.get_or_create(app_label=app, model=model)
                name = {"name": f"Can {right} {model}"}
                permission, _ = permissions.objects.get_or_create(content_type=kind, codename=f"{right}_{model}", defaults=name)
                group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0004_roles_of_staff"),
        ("billing", "0004_statements_and_differences"),
    ]

    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
