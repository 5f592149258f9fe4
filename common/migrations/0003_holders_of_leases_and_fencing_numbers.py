from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0002_exclusive_acts'),
    ]

    operations = [
        migrations.AddField(
            model_name='joblease',
            name='holder',
            field=models.CharField(db_default='', default='', max_length=100),
        ),
        migrations.CreateModel(
            name='JobFence',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
            ],
        ),
    ]
