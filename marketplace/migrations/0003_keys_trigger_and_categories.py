"""What Django's models cannot say: composite foreign keys and a trigger; and the categories that the shop opens with."""

from django.db import migrations

# An image has its namespace's owner, a product its namespace's, a product's images its seller's.
KEYS = [
    ("marketplace_image", "image_owner_is_namespace_owner", "(namespace_id, owner_id)", "marketplace_namespace (id, owner_id)"),
    ("marketplace_product", "product_seller_is_namespace_owner", "(namespace_id, seller_id)", "marketplace_namespace (id, owner_id)"),
    ("marketplace_productimage", "product_image_owner_is_seller", "(product_id, owner_id)", "marketplace_product (id, seller_id)"),
    ("marketplace_productimage", "product_image_owner_is_image_owner", "(image_id, owner_id)", "marketplace_image (id, owner_id)"),
]

# A price is what somebody was promised: the database refuses to alter it, but for its end.
CREATE_TRIGGER = """
CREATE FUNCTION marketplace_price_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A price never changes: retire it and make another one.' USING ERRCODE = 'check_violation', CONSTRAINT = 'price_never_changes';
END
$$;
CREATE TRIGGER price_never_changes BEFORE UPDATE ON marketplace_price FOR EACH ROW
WHEN ((OLD.id, OLD.product_id, OLD.amount, OLD.currency, OLD.kind, OLD.created_at)
      IS DISTINCT FROM (NEW.id, NEW.product_id, NEW.amount, NEW.currency, NEW.kind, NEW.created_at)
      OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at))
EXECUTE FUNCTION marketplace_price_never_changes();
"""
DROP_TRIGGER = "DROP TRIGGER price_never_changes ON marketplace_price; DROP FUNCTION marketplace_price_never_changes();"

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


def add_categories(apps, schema_editor):
    category = apps.get_model("marketplace", "Category")
    category.objects.bulk_create(
        [category(slug=slug, name=name, position=position) for position, (slug, name) in enumerate(CATEGORIES)], ignore_conflicts=True
    )


class Migration(migrations.Migration):
    """SQL and rows; staff change the categories in the admin, so going back leaves them."""

    dependencies = [("marketplace", "0002_indexes_and_constraints")]
    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {columns} REFERENCES {target} DEFERRABLE INITIALLY IMMEDIATE",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, columns, target in KEYS
        ),
        migrations.RunSQL(CREATE_TRIGGER, DROP_TRIGGER),
        migrations.RunPython(add_categories, migrations.RunPython.noop),
    ]
