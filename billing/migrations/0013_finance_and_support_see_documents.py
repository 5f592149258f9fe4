"""Finance and support see documents. Django makes permissions only after all migrations, so these are made here, as it would make them."""

from django.db import migrations


def give_rights(apps, schema_editor):
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="billing", model="document")
    name = {"name": "Can view document"}
    permission, _ = permissions.objects.get_or_create(content_type=kind, codename="view_document", defaults=name)
    for role in ("finance", "support"):
        group, _ = groups.objects.get_or_create(name=role)
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Rights alone."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("billing", "0012_documents_are_kept_and_numbers_have_no_gaps"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
