"""A description's HTML is kept beside it. The worker renders what is there: `marketplace.render_descriptions`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0009_distinct_pullers")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="description_html",
            field=models.TextField(blank=True, default="", editable=False, help_text="Rendered and cleaned when it was saved."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="product",
            name="description_renderer",
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text="Which renderer made it; 0: none yet."),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["description_renderer"], name="product_description_renderer"),
        ),
    ]
