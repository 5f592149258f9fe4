"""Finance answers disputes and sees what is taken back; support sees both. Django makes permissions only after all migrations, so these are made here, as it would make them."""

from django.db import migrations

RIGHTS = {
    "finance": (
        ("change", "billing.dispute"),
        ("view", "billing.disputeevidence"),
        ("view", "billing.transferreversal"),
        ("view", "marketplace.buyerpull"),
    ),
    "support": (("view", "billing.disputeevidence"), ("view", "billing.transferreversal"), ("view", "marketplace.buyerpull")),
}


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    types = apps.get_model("contenttypes", "ContentType")
    for role, rights in RIGHTS.items():
        group, _ = groups.objects.get_or_create(name=role)
        for right, label in rights:
            app, model = label.split(".")
            kind, _ = types.objects.get_or_create(app_label=app, model=model)
            name = {"name": f"Can {right} {model}"}
            permission, _ = permissions.objects.get_or_create(content_type=kind, codename=f"{right}_{model}", defaults=name)
            group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("billing", "0009_answers_to_disputes_and_pages_as_sold"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("marketplace", "0024_pulls_by_buyers"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
