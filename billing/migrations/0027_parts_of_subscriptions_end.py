import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('billing', '0026_upgrades_of_subscriptions')]

    operations = [
        migrations.AddField(
            model_name='subscription',
            name='part_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        # Django would drop the foreign key and check all rows anew.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE "billing_pricechange" ALTER COLUMN "announcement_id" DROP NOT NULL',
                    'ALTER TABLE "billing_pricechange" ALTER COLUMN "announcement_id" SET NOT NULL',
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='pricechange',
                    name='announcement',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='billing.priceannouncement'),
                ),
            ],
        ),
    ]
