from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("common", "0002_neighbours_may_be_away")]

    operations = [
        migrations.CreateModel(
            name="PaceCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("act", models.CharField(max_length=40)),
                ("count", models.PositiveIntegerField()),
                ("ends_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
