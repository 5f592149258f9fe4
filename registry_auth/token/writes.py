"""What stands in the way of a push or a deletion that the policy allows: a backup or a garbage collection that is under way."""

from collections.abc import Iterable

from marketplace.entitlements.policy import Action
from registry_auth.token.errors import PushesHeld
from registry_auth.token.signing import AccessEntry
from registry_auth.upkeep.holds import hold_in_force
from registry_auth.upkeep.models import RegistryHold


def reduce_writes(access: Iterable[AccessEntry]) -> list[AccessEntry]:
    """Return what may be granted now: while the registry must keep its content, nobody may delete. One query if anything is written.

    Raises:
        PushesHeld: something is to be pushed while garbage is collected.
    """
    entries = list(access)
    written = {action for entry in entries for action in entry["actions"]} - {Action.PULL}
    hold = hold_in_force() if written & set(Action) else None
    if hold is None:
        return entries
    if hold.kind == RegistryHold.Kind.COLLECTION and Action.PUSH in written:
        raise PushesHeld(until=hold.ends_at)
    kept = [AccessEntry(type=entry["type"], name=entry["name"], actions=_without_delete(entry)) for entry in entries]
    return [entry for entry in kept if entry["actions"]]


def _without_delete(entry: AccessEntry) -> list[str]:
    return [action for action in entry["actions"] if action != Action.DELETE]
