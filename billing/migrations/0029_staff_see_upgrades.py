"""Support and finance see upgrades. Django makes permissions only after all migrations, so this one is made here, as it would make it."""

from django.db import migrations


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    kind, _ = types.objects.get_or_create(app_label="billing", model="upgrade")
    name = {"name": "Can view upgrade"}
    permission, _ = permissions.objects.get_or_create(content_type=kind, codename="view_upgrade", defaults=name)
    for role in ("support", "finance"):
        group, _ = groups.objects.get_or_create(name=role)
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("billing", "0028_index_ends_of_parts"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
