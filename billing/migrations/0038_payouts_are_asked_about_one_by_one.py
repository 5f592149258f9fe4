import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('billing', '0037_validate_causes_in_the_books')]

    operations = [
        migrations.AddField(
            model_name='payout',
            name='attempts',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='payout',
            name='due_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='payout',
            name='given_up_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='payout',
            name='last_error',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=500),
        ),
    ]
