"""The end of reservations that nothing was pushed to."""

from datetime import datetime
from functools import partial

from common.db.row_failures import isolate_failure
from marketplace.images.services.expiry import end_expired_reservations, free_name, names_to_free, revive_reservation, warn_of_expiry
from registry_auth.client.registry import RegistryClient


def settle_reservations(*, registry: RegistryClient, now: datetime) -> None:
    """Warn of, end and free reservations; a name is freed only if the registry itself says that nothing was ever uploaded to it.

    The catalogue is read rather than each name's tags: it also lists repositories that have only untagged manifests or single layers, which
    a later owner of the name would inherit.

    Raises:
        RegistryAway, RegistryFailed: nothing is freed now.
    """
    warn_of_expiry(now=now)
    end_expired_reservations(now=now)
    ended = {image.repository: image for image in names_to_free(now=now)}
    if not ended:
        return
    used = {name for name in registry.repositories() if name in ended}
    for repository, image in ended.items():
        isolate_failure(partial(revive_reservation if repository in used else free_name, image=image), row=repository)
