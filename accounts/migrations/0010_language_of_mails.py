from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_language_of_users")]
    operations = [
        migrations.AddField(
            "user",
            "mail_language",
            models.CharField(
                blank=True, db_default="", default="", help_text="Of mails, while pages are in what the browser asks for.", max_length=10
            ),
        ),
    ]
