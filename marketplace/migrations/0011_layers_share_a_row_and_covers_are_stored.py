"""The layers of a manifest share one row; covers are stored. Manifests of very many layers are read from the registry again, which merges some."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# A row of 128 layers is the most a list holds.
COPY = """
INSERT INTO marketplace_layerlist (manifest_id, rows)
SELECT manifest_id, jsonb_agg(jsonb_build_array(digest, size, left(command, 120), 1) ORDER BY position)
  FROM marketplace_layer GROUP BY manifest_id HAVING count(*) <= 128;
UPDATE marketplace_manifest SET described_at = NULL
 WHERE id IN (SELECT manifest_id FROM marketplace_layer GROUP BY manifest_id HAVING count(*) > 128);
"""
COPY_BACK = """
INSERT INTO marketplace_layer (manifest_id, position, digest, size, command)
SELECT manifest_id, place - 1, layer->>0, (layer->>1)::bigint, layer->>2
  FROM marketplace_layerlist, jsonb_array_elements(rows) WITH ORDINALITY found (layer, place);
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0010_descriptions_are_rendered_once")]

    operations = [
        migrations.CreateModel(
            name="LayerList",
            fields=[
                (
                    "manifest",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="layer_list",
                        serialize=False,
                        to="marketplace.manifest",
                    ),
                ),
                ("rows", models.JSONField(default=list)),
            ],
        ),
        migrations.RunSQL(COPY, COPY_BACK),
        migrations.DeleteModel(name="Layer"),
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(models.F("image"), models.OrderBy(models.F("pushed_at"), descending=True), models.F("name"), name="tag_newest"),
        ),
        migrations.CreateModel(
            name="Cover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ground", models.CharField(max_length=64)),
                ("card", models.TextField()),
                ("line", models.TextField()),
                ("tall", models.TextField()),
                ("wide", models.TextField()),
                ("mark", models.TextField()),
                ("bands", models.JSONField(default=list)),
                ("drawn_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "image",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cover",
                        to="marketplace.image",
                    ),
                ),
                (
                    "product",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cover",
                        to="marketplace.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("image__isnull", True), ("product__isnull", False)),
                            models.Q(("image__isnull", False), ("product__isnull", True)),
                            _connector="OR",
                        ),
                        name="cover_of_one_thing",
                    )
                ],
            },
        ),
    ]
