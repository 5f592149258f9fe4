"""Support sees growth. Django makes permissions only after all migrations, so this one is made here, as it would make it."""

from django.db import migrations


def give_right(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    kind, _ = types.objects.get_or_create(app_label="marketplace", model="growth")
    permission, _ = permissions.objects.get_or_create(content_type=kind, codename="view_growth", defaults={"name": "Can view growth"})
    group, _ = groups.objects.get_or_create(name="support")
    group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("accounts", "0004_roles_of_staff"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("marketplace", "0040_which_edition_was_tried_or_given"),
    ]
    operations = [migrations.RunPython(give_right, migrations.RunPython.noop)]
