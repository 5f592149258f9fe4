from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('marketplace', '0013_count_revisions_of_products_and_keep_unsaved_texts'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='product',
            index=models.Index(
                models.F('category'),
                models.OrderBy(models.F('pulls'), descending=True),
                models.OrderBy(models.F('published_at'), descending=True),
                models.F('id'),
                condition=models.Q(('state', 'published')),
                name='product_pulled_in_category',
            ),
        ),
    ]
