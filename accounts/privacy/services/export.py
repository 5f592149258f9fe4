"""Archives of a person's own data: asked for by them, made by a worker, told by mail."""

import io
import json
import logging
import zipfile
from datetime import datetime, timedelta
from textwrap import fill
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from accounts.people.locks import lock_user
from accounts.people.models import User
from accounts.privacy.handlers import MOST_ROWS
from accounts.privacy.locks import lock_export
from accounts.privacy.models import DataExport
from accounts.privacy.selectors import export_personal_data
from audit.services import record_audit
from common import languages
from common.db.claims import Backoff, claim_due, note_failure
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from common.web.links import absolute
from outbox.mail.languages import language_for
from outbox.mail.services import queue_mail

logger = logging.getLogger(__name__)
LIFETIME: Final = timedelta(days=7)
MOST_BYTES: Final = 20 * 1024 * 1024  # compressed
_BACKOFF: Final = Backoff(first=timedelta(minutes=1), longest=timedelta(hours=1), most=5)
_TOO_BIG: Final = gettext_noop("The archive is too big to be downloaded here. Write to us: we send it in another way.")
_README: Final = gettext_noop(
    "What Layerstore holds of {username}, as of {now} UTC: one JSON file for each subject. Amounts are in minor units of their currency, "
    "times are UTC. A list ends after {most} rows; write to us if one of yours is longer."
)


def request_export(*, user: User) -> DataExport:
    """Have an archive of the user's data made; an earlier one is deleted. They are told by mail when it is ready."""
    with locked_transaction():
        lock_user(user_id=user.pk)
        DataExport.objects.filter(user=user).delete()
        export = DataExport.objects.create(user=user)
        record_audit(actor=user, action="user.data_requested", target=user)
        queue_after_commit("accounts.make_data_exports")
    return export


def make_data_exports(*, most: int) -> int:
    """Make the archives that are due, one after another, and return how many were tried. One that fails stops no other."""
    waiting = DataExport.objects.filter(made_at__isnull=True).defer("content").order_by("due_at")
    tried = 0
    while tried < most and (claimed := claim_due(waiting, backoff=_BACKOFF, most=1)):
        tried += 1
        try:
            _make(claimed[0], timezone.now())
        except SoftTimeLimitExceeded:  # the whole task ran out of time: the others go on in the next run
            raise
        except Exception as error:
            logger.exception("archive of personal data not made", extra={"export": str(claimed[0].pk)})
            note_failure(claimed[0], error, backoff=_BACKOFF)
    return tried


def _make(export: DataExport, now: datetime) -> None:
    content = pack(export.user, now)
    if len(content) > MOST_BYTES:
        note_failure(export, _TOO_BIG, backoff=_BACKOFF, final=True)
        return
    with locked_transaction():
        current = lock_export(export_id=export.pk)
        if current is None:  # asked for anew, or the account was deleted
            return
        current.content, current.size, current.made_at, current.expires_at = content, len(content), now, now + LIFETIME
        current.save(update_fields=["content", "size", "made_at", "expires_at"])
        context = {"export": current, "data_url": absolute("accounts:data"), "days": LIFETIME.days}
        queue_mail(to=current.user.email, template="export_ready", context=context, key=f"export-ready:{current.pk}")


def pack(user: User, now: datetime) -> bytes:
    """Return a ZIP archive of what the shop holds of a person: a JSON file for each subject, and one that says what they are.

    That one is in the person's language; the data are as they are stored.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        with translation.override(language_for(user.email, otherwise=None)):
            words = gettext(_README).format(username=user.username, now=languages.minute(now), most=languages.number(MOST_ROWS))
        files.writestr("README.txt", fill(words, width=100) + "\n")
        for subject, data in export_personal_data(user).items():
            files.writestr(f"{subject}.json", json.dumps(data, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
    return archive.getvalue()
