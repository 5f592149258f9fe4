"""Support and finance see trials. Django makes permissions only after all migrations, so these are made here, as it would make them."""

from django.db import migrations


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    kind, _ = types.objects.get_or_create(app_label="marketplace", model="trial")
    permission, _ = permissions.objects.get_or_create(content_type=kind, codename="view_trial", defaults={"name": "Can view trial"})
    for role in ("support", "finance"):
        group, _ = groups.objects.get_or_create(name=role)
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("accounts", "0004_roles_of_staff"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("marketplace", "0035_trials"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
