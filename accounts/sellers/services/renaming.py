"""An organisation gets another name, and the shop that it keeps with it: here, because whoever sells is above organisations."""

from datetime import timedelta

from django.utils import timezone

from accounts.organisations.errors import TooManyNames
from accounts.organisations.locks import lock_organisation
from accounts.organisations.selectors import count_acts, owners_of, require_authority
from accounts.people.models import Account, User
from accounts.sellers.locks import lock_sellers
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.web.links import absolute
from outbox.mail.services import queue_mail

NAMES_A_DAY = 5
_DAY = timedelta(days=1)


def rename_organisation(*, organisation: Account, name: str, actor: User) -> Account:
    """Give an organisation another name, which its shop shows, too; its handle stays. The other owners are told by mail.

    Giving the name that it has changes nothing.

    Raises:
        NotAnOwner: the actor is not an owner, or is no longer one.
        TooManyNames: it has had the most new names that are allowed in a day.
    """
    with locked_transaction():
        locked = lock_organisation(account_id=organisation.pk)
        require_authority(actor, locked)
        before = locked.name
        if name == before:
            return locked
        if count_acts(locked, action="organisation.renamed", since=timezone.now() - _DAY) >= NAMES_A_DAY:
            raise TooManyNames(most=NAMES_A_DAY)
        locked.name = name
        locked.save(update_fields=["name"])
        for seller in lock_sellers(account_ids=[locked.pk]):
            seller.display_name = name
            seller.save(update_fields=["display_name"])
        event = record_audit(actor=actor, action="organisation.renamed", target=locked, before=before, after=name)
        link = absolute("accounts:organisation", locked.handle)
        context = {"organisation": locked, "before": before, "by": actor, "organisation_url": link}
        for owner in owners_of(locked).exclude(pk=actor.pk):
            queue_mail(
                to=owner.email,
                template="organisation_renamed",
                context=context,
                key=f"organisation-renamed:{event.pk}:{owner.pk}",
                origin=str(locked.pk),
            )
    return locked
