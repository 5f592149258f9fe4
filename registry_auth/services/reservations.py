"""The end of reservations that nothing was pushed to."""

import logging
from datetime import datetime

from django.db import OperationalError

from common.errors import DomainError
from marketplace.services.expiry import end_expired_reservations, free_name, names_to_free, revive_reservation, warn_of_expiry
from registry_auth.registry_client import RegistryClient

logger = logging.getLogger(__name__)


def settle_reservations(*, registry: RegistryClient, now: datetime) -> None:
    """Warn, end, and free names; a name is freed only if the registry itself says that nothing was ever uploaded to it.

    The catalogue is read rather than each name's tags: it shows untagged manifests and single layers too, which a later owner of the
    name would inherit.

    Raises:
        RegistryAway, RegistryFailed: nothing is freed now.
    """
    warn_of_expiry(now=now)
    end_expired_reservations(now=now)
    waiting = {image.repository: image for image in names_to_free(now=now)}
    if not waiting:
        return
    used = {name for name in registry.repositories() if name in waiting}
    for repository, image in waiting.items():
        try:
            if repository in used:
                revive_reservation(image=image)
            else:
                free_name(image=image)
        except DomainError as error:  # pushed to, sold or held by somebody since we asked: the next run sees it as it is then
            logger.info("name neither freed nor kept", extra={"repository": repository, "why": error.message})
        except OperationalError:
            raise  # the database is away: no row is at fault
        except Exception:  # whatever one name makes us stumble over stops no other
            logger.exception("name neither freed nor kept", extra={"repository": repository})
