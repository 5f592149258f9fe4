"""Columns that are made of others rewrite their table. This one is empty until a job of the version with these columns fills it."""

from django.db import migrations, models
from django.db.models import Case, IntegerField, Value, When
from django.db.models.functions import Cast, Length, Repeat


class Migration(migrations.Migration):

    dependencies = [
        ("marketplace", "0019_first_synonyms"),
    ]

    operations = [
        # Before the columns, so that rows that are there already are written so.
        migrations.RunSQL(
            "ALTER TABLE marketplace_searchentry SET (toast_tuple_target = 128)",
            "ALTER TABLE marketplace_searchentry RESET (toast_tuple_target)",
        ),
        migrations.AddField("searchentry", "verified", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("searchentry", "age", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField(
            "searchentry",
            "kind",
            models.GeneratedField(
                expression=Case(When(cost=0, then=1), default=0)
                + Case(When(verified=True, then=2), default=0)
                + Cast("age", IntegerField()) * 10
                + Cast("size", IntegerField()) * 100
                + Case(
                    When(licence="permissive", then=0),
                    When(licence="copyleft", then=1_000),
                    When(licence="source-available", then=2_000),
                    When(licence="other", then=3_000),
                    When(licence="unnamed", then=4_000),
                    default=9_000,
                )
                + Cast("platforms", IntegerField()) * 10_000,
                output_field=models.IntegerField(),
                db_persist=True,
            ),
        ),
        migrations.AddField(
            "searchentry",
            "room",
            models.GeneratedField(
                expression=Repeat(Value(" "), Value(2_048) - Length("document")),
                output_field=models.TextField(),
                db_persist=True,
            ),
        ),
    ]
