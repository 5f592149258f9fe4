"""The shelves that the shop opens with; staff change them in the admin."""

from django.db import migrations

CATEGORIES = [
    ("databases", "Databases"),
    ("ai", "AI and models"),
    ("networking", "Networking"),
    ("observability", "Observability"),
    ("security", "Security"),
    ("developer-tools", "Developer tools"),
    ("web", "Web and content"),
    ("data", "Data and queues"),
    ("base-images", "Base images"),
    ("other", "Other"),
]


def add(apps, schema_editor):
    category = apps.get_model("marketplace", "Category")
    category.objects.bulk_create(
        [category(slug=slug, name=name, position=position) for position, (slug, name) in enumerate(CATEGORIES)], ignore_conflicts=True
    )


class Migration(migrations.Migration):
    """Data only; going back leaves the rows."""

    dependencies = [("marketplace", "0002_owner_is_one_and_the_same")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
