from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("common", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="NeighbourAway",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("reason", models.CharField(max_length=200)),
            ],
            options={"verbose_name": "neighbour that is away", "verbose_name_plural": "neighbours that are away"},
        ),
    ]
