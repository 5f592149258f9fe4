"""Words that mean the same to most people who look for an image; staff change them in the admin."""

from django.db import migrations

SYNONYMS = [
    ["postgres", "postgresql", "pg"],
    ["k8s", "kubernetes", "kube"],
    ["js", "javascript"],
    ["node", "nodejs"],
    ["golang", "go"],
    ["mongo", "mongodb"],
    ["elastic", "elasticsearch"],
    ["rabbit", "rabbitmq"],
    ["db", "database"],
    ["auth", "authentication"],
    ["lb", "loadbalancer", "balancer"],
    ["tsdb", "timeseries"],
    ["mq", "queue"],
    ["logs", "logging"],
    ["metrics", "monitoring"],
    ["tls", "ssl"],
    ["arm64", "aarch64"],
    ["amd64", "x86"],
]


def add_synonyms(apps, schema_editor):
    synonym = apps.get_model("marketplace", "Synonym")
    synonym.objects.bulk_create([synonym(words=words) for words in SYNONYMS])


class Migration(migrations.Migration):
    """Going back leaves them; the migration before takes their table away."""

    dependencies = [("marketplace", "0018_search_entries_and_known_words")]
    operations = [migrations.RunPython(add_synonyms, migrations.RunPython.noop)]
