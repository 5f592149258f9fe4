"""Jobs that go through images with requests to the registry for each: an image that fails is put off, and given up in the end."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.claims import Backoff, put_off, try_again
from common.db.locking import locked_transaction
from marketplace.images.models import Image
from registry_auth.upkeep.locks import lock_trouble
from registry_auth.upkeep.models import RepositoryTrouble
from registry_auth.upkeep.runs import RegistryRun

logger = logging.getLogger(__name__)
PATIENCE = Backoff(first=timedelta(minutes=1), longest=timedelta(hours=12), most=12)  # two days


class Upkeep(RegistryRun):
    """One run of a job over images. The caller has the job's lease."""

    def __init__(self, job: RepositoryTrouble.Job, *, longest: timedelta) -> None:
        super().__init__(longest=longest)
        self._job = job

    def put_off_images(self) -> QuerySet[RepositoryTrouble, UUID]:
        """Return the ids of the images that this run leaves out: put off or given up."""
        left_out = Q(due_at__gt=timezone.now()) | Q(given_up_at__isnull=False)
        return RepositoryTrouble.objects.filter(left_out, job=self._job).order_by().values_list("image", flat=True)

    def try_image(self, image: Image, act: Callable[[], object]) -> bool:
        """Do the job for one image; return whether it succeeded. A failure is recorded.

        Raises:
            RegistryAway: the run ends.
        """
        leave = partial(logger.info, "image left for the next run", extra={"repository": image.repository})
        done = self.try_row(act, origin=image.owner_id, put_off=partial(self._put_off, image), give_back=leave)
        if done:
            RepositoryTrouble.objects.filter(image=image, job=self._job).delete()
        return done

    def _put_off(self, image: Image, error: Exception) -> None:
        trouble, _ = RepositoryTrouble.objects.get_or_create(image=image, job=self._job)
        over = put_off(trouble, error, backoff=PATIENCE)
        details = {"repository": image.repository, "job": self._job.value, "why": trouble.last_error}
        if over:
            logger.error("image given up, staff may have it tried again", extra=details)
        else:
            logger.warning("image put off", extra=details)


def retry_trouble(*, trouble: RepositoryTrouble, reason: str, actor: User) -> None:
    """Let the next run try an image again that was put off or given up.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_trouble(trouble_id=trouble.pk)
        try_again(locked)
        record_audit(actor=actor, action="repository_trouble.retried", target=locked.image, reason=reason, job=locked.job)
