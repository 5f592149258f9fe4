"""Roles of staff, as groups with the least rights that each needs.

Django makes permissions only after all migrations, so those that a role has are made here, as it would make them.
"""

from django.db import migrations

# By role: the tables that it sees, and those that it acts on and sees as well. Acts on people, and what is not named, are for staff with all rights.
ROLES = {
    "support": {
        "view": (
            "accounts.user accounts.account accounts.membership accounts.invitation accounts.sellerprofile audit.auditevent"
            " marketplace.namespace marketplace.image marketplace.tag marketplace.manifest marketplace.product marketplace.price"
            " marketplace.entitlement marketplace.pullcount billing.order billing.refund billing.dispute"
        ),
        "change": "accounts.accesstoken outbox.outgoingmail",
    },
    "finance": {
        "view": (
            "accounts.account accounts.sellerprofile marketplace.product marketplace.price marketplace.entitlement"
            " marketplace.dailyfigures billing.dispute"
        ),
        "change": "billing.order billing.refund billing.stripeevent",
    },
    "moderation": {
        "view": (
            "accounts.account audit.auditevent marketplace.tag marketplace.manifest marketplace.price marketplace.category"
            " marketplace.pullcount marketplace.pullersketch marketplace.productviews"
        ),
        "change": "accounts.sellerprofile marketplace.namespace marketplace.image marketplace.product",
    },
}


def make_roles(apps, schema_editor):
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
        ("accounts", "0003_domains_of_sellers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
