from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_sign_ins_and_data_exports")]
    operations = [
        migrations.AddField(
            "user",
            "language",
            models.CharField(
                blank=True, db_default="", default="", help_text="Of pages and mails; empty is what the browser asks for.", max_length=10
            ),
        ),
    ]
