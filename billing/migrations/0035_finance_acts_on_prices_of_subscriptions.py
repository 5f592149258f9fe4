"""Finance acts on new prices of subscriptions and on upgrades. Django makes permissions only after all migrations, so they are made here."""

from django.db import migrations

NAMES = {"pricechange": "Can change price change", "upgrade": "Can change upgrade"}


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
        ("billing", "0034_finance_acts_on_subscriptions"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
