from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0006_one_row_of_names_for_people_and_organisations")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="The person was forgotten; the row stays for others' sake.", null=True
            ),
        ),
    ]
