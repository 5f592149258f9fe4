"""Finance asks Stripe about payouts. Django makes permissions only after all migrations, so they are made here."""

from django.db import migrations

NAMES = {"payout": "Can change payout"}


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    group, _ = groups.objects.get_or_create(name="finance")
    for model, name in NAMES.items():
        kind, _ = types.objects.get_or_create(app_label="billing", model=model)
        permission, _ = permissions.objects.get_or_create(content_type=kind, codename=f"change_{model}", defaults={"name": name})
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("billing", "0040_payouts_that_are_taken_from_banks"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
