from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("marketplace", "0020_narrow_rows_that_the_search_counts"),
    ]

    operations = [
        AddIndexConcurrently("searchentry", GinIndex(fastupdate=False, fields=["names"], name="search_entry_names")),
        AddIndexConcurrently("searchentry", GinIndex(fastupdate=False, fields=["called"], name="search_entry_called")),
        AddIndexConcurrently("searchentry", models.Index(fields=["kind", "category"], name="search_entry_kinds")),
        RemoveIndexConcurrently("searchentry", "search_entry_facets"),
    ]
