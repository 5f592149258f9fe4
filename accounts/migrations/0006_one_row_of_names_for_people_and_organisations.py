from django.db import migrations, models

NAMED = "UPDATE accounts_account SET handle = (SELECT username FROM accounts_user WHERE id = user_id) WHERE kind = 'person'"
NAMELESS = "UPDATE accounts_account SET handle = NULL WHERE kind = 'person'"


class Migration(migrations.Migration):
    """A person's account is called by its user name, so that one unique column keeps organisations from passing for people."""

    dependencies = [
        ("accounts", "0005_robots_have_newer_secrets_and_tokens_reminders"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="account", name="account_organisation_has_a_handle"),
        migrations.RunSQL(NAMED, NAMELESS),
        migrations.AlterField(
            model_name="account",
            name="handle",
            field=models.CharField(max_length=39, unique=True, help_text="A person's user name, or an organisation's short name."),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(handle__regex="^[a-z0-9]+(?:[._-][a-z0-9]+)*$"), name="account_handle_is_oci_safe"
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="email",
            field=models.EmailField(max_length=254, help_text="In lower case, as e-mail addresses of users are kept."),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["email", "-created_at"], name="invitation_of_address"),
        ),
    ]
