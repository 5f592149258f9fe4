"""What runs apart from requests: sending mail, writing when tokens were used."""

from uuid import UUID

from celery import shared_task
from django.core.mail import get_connection
from django.utils import timezone
from redis.exceptions import RedisError, ResponseError

from accounts.errors import MailServerAway
from accounts.selectors.tokens import NOTED_USES
from accounts.services import reminders
from accounts.services.outbox import has_due_mail, send_waiting_mail
from accounts.services.retention import forget_old_personal_data
from accounts.services.tokens import write_token_uses
from accounts.services.unverified import forget_unverified_accounts
from common.db.leases import lease_of_job
from common.ops.queue import queue_after_commit
from common.ops.redis import redis_client, redis_key

MAIL_CONNECTIONS = 4  # at once, however many workers there are


@shared_task(name="accounts.send_due_mail")
def send_due_mail() -> int:
    """Send the mails whose time has come; a few workers share them. Returns how many were tried."""
    with lease_of_job("accounts.send_due_mail", places=MAIL_CONNECTIONS) as held:
        if not held:
            return 0
        try:
            tried = send_waiting_mail(mail_server=get_connection())
        except MailServerAway:
            return 0  # the sweep comes back
    if has_due_mail():  # more than one run may take, or here since its last look
        queue_after_commit(send_due_mail)
    return tried


@shared_task(name="accounts.write_token_uses")
def write_noted_token_uses() -> int:
    """Bring noted token uses from Redis to the database. Returns how many tokens changed; with Redis away, none."""
    with lease_of_job("accounts.write_token_uses") as held:
        if not held:
            return 0
        try:
            return _move_token_uses()
        except RedisError:
            return 0


def _move_token_uses() -> int:
    client, taken = redis_client(), redis_key(f"{NOTED_USES}:taken")
    if not client.exists(taken):  # else a worker died before it was done with them
        try:
            client.rename(redis_key(NOTED_USES), taken)
        except ResponseError:  # nothing was noted since
            return 0
    noted = client.hgetall(taken)
    changed = write_token_uses(uses={UUID(str(token_id)): float(seconds) for token_id, seconds in noted.items()})
    client.delete(taken)
    return changed


@shared_task(name="accounts.remind_of_ending_tokens")
def remind_of_ending_tokens() -> int:
    """Tell people of access tokens that end soon; any number of workers may run it at once. Returns how many were told of."""
    return reminders.remind_of_ending_tokens(now=timezone.now())


@shared_task(name="accounts.forget_old_personal_data")
def forget_old_data() -> dict[str, int]:
    """Let go of personal data that was kept long enough; one worker at a time."""
    with lease_of_job("accounts.forget_old_personal_data") as held:
        return forget_old_personal_data(now=timezone.now()) if held else {}


@shared_task(name="accounts.forget_unverified_accounts")
def forget_unverified() -> int:
    """Delete accounts whose address was not confirmed in time. Returns how many."""
    return forget_unverified_accounts(now=timezone.now())
