"""Composite foreign keys: an image has its namespace's owner, a product its namespace's, a product's images its seller's."""

from django.db import migrations

KEYS = [
    ("marketplace_image", "image_owner_is_namespace_owner", "(namespace_id, owner_id)", "marketplace_namespace (id, owner_id)"),
    ("marketplace_product", "product_seller_is_namespace_owner", "(namespace_id, seller_id)", "marketplace_namespace (id, owner_id)"),
    ("marketplace_productimage", "product_image_owner_is_seller", "(product_id, owner_id)", "marketplace_product (id, seller_id)"),
    ("marketplace_productimage", "product_image_owner_is_image_owner", "(image_id, owner_id)", "marketplace_image (id, owner_id)"),
]


class Migration(migrations.Migration):
    """Only SQL: Django's models have no composite foreign keys."""

    dependencies = [("marketplace", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {columns} REFERENCES {target} DEFERRABLE INITIALLY IMMEDIATE",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, target in KEYS
    ]
