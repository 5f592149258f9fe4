"""Finance sees the books, payouts and what is kept of sellers' sales. Django makes permissions only after all migrations, so these are made here, as it would make them."""

from django.db import migrations

SEEN = ("billing.ledgertransaction", "billing.ledgerentry", "billing.payout", "accounts.feeterms")


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    group, _ = groups.objects.get_or_create(name="finance")
    for label in SEEN:
        app, model = label.split(".")
        kind, _ = types.objects.get_or_create(app_label=app, model=model)
        name = {"name": f"Can view {model}"}
        permission, _ = permissions.objects.get_or_create(content_type=kind, codename=f"view_{model}", defaults=name)
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("accounts", "0011_fee_terms_of_sellers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("billing", "0005_finance_sees_statements_and_differences"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
