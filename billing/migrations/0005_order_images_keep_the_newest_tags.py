from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0004_rows_are_claimed_and_given_up'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderimage',
            name='featured_tag',
            field=models.CharField(blank=True, help_text='The version that its page led with.', max_length=128),
        ),
        migrations.AddField(
            model_name='orderimage',
            name='tag_count',
            field=models.PositiveIntegerField(default=0, help_text='How many tags it had.'),
        ),
        migrations.AlterField(
            model_name='orderimage',
            name='digests',
            field=models.JSONField(default=dict, help_text='Tag → digest at the sale: the version it led with, and the newest.'),
        ),
    ]
