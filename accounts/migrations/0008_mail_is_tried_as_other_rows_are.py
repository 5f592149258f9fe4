"""Mails get the fields of `common.db.claims.Attempt`, and an origin so that nobody's many hold up somebody else's few."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Lower


def give_waiting_mail_an_origin(apps, schema_editor):
    apps.get_model("accounts", "OutgoingMail").objects.filter(sent_at__isnull=True).update(origin=Lower("to"))


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0007_accounts_can_be_deleted"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="outgoingmail", name="outgoing_mail_due"),
        migrations.RemoveConstraint(model_name="outgoingmail", name="outgoing_mail_sent_keeps_no_text"),
        migrations.RenameField(model_name="outgoingmail", old_name="send_after", new_name="due_at"),
        migrations.RenameField(model_name="outgoingmail", old_name="failed_at", new_name="given_up_at"),
        migrations.AlterField(
            model_name="outgoingmail",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="given_up_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="last_error",
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="origin",
            field=models.CharField(blank=True, default="", editable=False, help_text="Whose turn it is among those that wait.", max_length=254),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="outgoingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at__isnull", True), models.Q(("body_html", ""), ("body_text", ""), ("given_up_at__isnull", True)), _connector="OR"),
                name="outgoing_mail_sent_keeps_no_text",
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)), fields=["attempts", "due_at"], name="outgoing_mail_due"),
        ),
        migrations.RunPython(give_waiting_mail_an_origin, migrations.RunPython.noop, elidable=True),
    ]
