"""What stands in the way of a push or a deletion that the policy allows: a backup, a garbage collection, a quota that is used up."""

from collections.abc import Collection, Iterable

from django.conf import settings

from common.db.prepared_statements import PreparedStatement, array_literal
from common.text import MEGABYTE, readable_size
from common.web.links import absolute_path
from marketplace.entitlements.policy import Action
from marketplace.images.selectors.storage import Storage
from registry_auth.token.errors import PushesHeld, StorageFull
from registry_auth.token.signing import AccessEntry
from registry_auth.upkeep.models import RegistryHold

STORAGE_PATH = "/selling/"  # this process knows no views; a test compares
# The hold, if there is one, with each image that is to be pushed, and what its owner stores: as `hold_in_force` and `storage_of` say.
OBSTACLES = PreparedStatement(
    "obstacles_to_writing",
    types=("text[]", "bigint"),
    text="""
SELECT hold.kind, hold.ends_at, image.repository,
       (SELECT coalesce(sum(blob.size), 0)::bigint FROM marketplace_storedblob blob WHERE blob.owner_id = image.owner_id) AS used,
       coalesce(seller.storage_quota, $2) AS quota
  FROM (VALUES (1)) one
  LEFT JOIN registry_auth_registryhold hold ON hold.ended_at IS NULL AND hold.ends_at > clock_timestamp()
  LEFT JOIN (unnest($1) asked (repository)
             JOIN marketplace_image image ON image.repository = asked.repository AND image.freed_at IS NULL) ON true
  LEFT JOIN accounts_sellerprofile seller ON seller.account_id = image.owner_id
""",
)


def reduce_writes(access: Iterable[AccessEntry]) -> list[AccessEntry]:
    """Return what may be granted now: while the registry must keep its content, nobody may delete. One query if anything is written.

    Raises:
        PushesHeld: something is to be pushed while garbage is collected.
        StorageFull: the owner of an image that is to be pushed stores as much as they may.
    """
    entries = list(access)
    pushed = [entry["name"] for entry in entries if Action.PUSH in entry["actions"]]
    if not pushed and not any(Action.DELETE in entry["actions"] for entry in entries):
        return entries
    if not _is_held(pushed):
        return entries
    kept = [AccessEntry(type=entry["type"], name=entry["name"], actions=_without_delete(entry)) for entry in entries]
    return [entry for entry in kept if entry["actions"]]


def _is_held(pushed: Collection[str]) -> bool:
    """Tell whether a hold lasts; refuse the pushes that it, or a quota, does not let through."""
    rows = OBSTACLES.rows(array_literal(pushed), settings.LAYERSTORE_MEGABYTES_PER_SELLER * MEGABYTE)
    for kind, ends_at, repository, used, quota in rows:
        if repository is not None and kind == RegistryHold.Kind.COLLECTION:
            raise PushesHeld(until=ends_at)
        if repository is not None and Storage(used, quota).is_full:
            raise StorageFull(used=readable_size(used), quota=readable_size(quota), page=absolute_path(STORAGE_PATH))
    return rows[0][0] is not None


def _without_delete(entry: AccessEntry) -> list[str]:
    return [action for action in entry["actions"] if action != Action.DELETE]
