"""Finance sees discounts, makes the shop's own and stops them. Django makes permissions only after all migrations, so these are made here, as it would make them."""

from django.db import migrations

RIGHTS = {"view_discount": "Can view discount", "change_discount": "Can change discount"}


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    group, _ = groups.objects.get_or_create(name="finance")
    kind, _ = types.objects.get_or_create(app_label="billing", model="discount")
    for codename, name in RIGHTS.items():
        permission, _ = permissions.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": name})
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("billing", "0015_validate_amounts_of_orders"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
