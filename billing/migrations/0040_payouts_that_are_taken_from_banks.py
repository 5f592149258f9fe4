from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('billing', '0039_index_payouts_that_are_due')]

    operations = [
        migrations.AlterField(
            model_name='payout',
            name='amount',
            field=models.BigIntegerField(help_text='Minor units; below zero it is taken from the bank.'),
        ),
    ]
