"""Tags get the key of their version, platforms their one name, and indexes without images are artefacts.

What pages lead with is looked at again by `marketplace.draw_outdated_covers`.
"""

from typing import Any

from django.db import migrations
from django.db.models import F

from marketplace.platforms import platform_named
from marketplace.versions import version_key

_AT_ONCE = 1_000
_INDEXES_WITHOUT_IMAGES = """
UPDATE marketplace_manifest SET kind = 'artifact', children = '{}', platforms = '{}'
 WHERE kind = 'index' AND described_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM marketplace_manifest child
     WHERE child.image_id = marketplace_manifest.image_id AND child.digest = ANY (marketplace_manifest.children)
       AND child.kind IN ('image', 'index'));
"""


def name_versions(apps: Any, _schema_editor: object) -> None:
    """Write each tag's key."""
    tag_model = apps.get_model("marketplace", "Tag")
    versions = []
    for tag in tag_model.objects.only("pk", "name").order_by("pk").iterator(chunk_size=_AT_ONCE):
        tag.version = version_key(tag.name)
        if tag.version:
            versions.append(tag)
    tag_model.objects.bulk_update(versions, ["version"], batch_size=_AT_ONCE)


def rename_platforms(apps: Any, _schema_editor: object) -> None:
    """Give manifests and counts of pulls the one name of each platform; counts that become the same row are added up."""
    manifest_model = apps.get_model("marketplace", "Manifest")
    changed = []
    for manifest in manifest_model.objects.exclude(platforms=[]).only("pk", "platforms").iterator(chunk_size=_AT_ONCE):
        named = sorted({platform_named(platform) or platform for platform in manifest.platforms})
        if named != manifest.platforms:
            manifest.platforms = named
            changed.append(manifest)
    manifest_model.objects.bulk_update(changed, ["platforms"], batch_size=_AT_ONCE)
    count_model = apps.get_model("marketplace", "PullCount")
    for platform in list(count_model.objects.exclude(platform="").order_by().values_list("platform", flat=True).distinct()):
        named = platform_named(platform) or platform
        if named != platform:
            _rename_counts(count_model, platform, named)


def _rename_counts(count_model: Any, platform: str, named: str) -> None:
    for count in count_model.objects.filter(platform=platform).iterator(chunk_size=_AT_ONCE):
        same = count_model.objects.filter(image=count.image_id, day=count.day, tag=count.tag, buyer=count.buyer_id, platform=named)
        if same.update(count=F("count") + count.count):
            count.delete()
        else:
            count_model.objects.filter(pk=count.pk).update(platform=named)


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0014_tags_know_their_version")]

    operations = [
        migrations.RunPython(name_versions, migrations.RunPython.noop),
        migrations.RunPython(rename_platforms, migrations.RunPython.noop),
        migrations.RunSQL(_INDEXES_WITHOUT_IMAGES, migrations.RunSQL.noop),
    ]
