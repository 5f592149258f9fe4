"""The tag that pages lead with is kept with the image. `marketplace.draw_outdated_covers` looks at all again."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE marketplace_image SET shown_tag_id = (
    SELECT tag.id FROM marketplace_tag tag JOIN marketplace_manifest manifest ON manifest.id = tag.manifest_id
     WHERE tag.image_id = marketplace_image.id AND manifest.kind IN ('image', 'index') AND tag.name NOT LIKE 'sha256-%'
     ORDER BY tag.pushed_at DESC, tag.name LIMIT 1);
"""


class Migration(migrations.Migration):
    atomic = False  # rows are written, then the table changes again
    dependencies = [("marketplace", "0011_layers_share_a_row_and_covers_are_stored")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="shown_tag",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="shown_for",
                to="marketplace.tag",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
