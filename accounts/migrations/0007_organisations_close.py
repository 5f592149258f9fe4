from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_validate_roles_and_robots")]
    operations = [
        migrations.AddField(
            "account",
            "closed_at",
            models.DateTimeField(blank=True, editable=False, help_text="When its owners closed the organisation, for good.", null=True),
        ),
    ]
