"""Buyers who paid and have not pulled since, and the one reason for each: the same diagnosis as on “Why can’t I pull?”.

The seller is told the reason in words of its own: not the names of the buyer's access tokens, nor when they were made or ended.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.organisations.models import PULLING_ROLES
from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.images.selectors.tags import leading_tags, pull_reference
from marketplace.insights.models import PullCount
from registry_auth.why.answers import Reason
from registry_auth.why.diagnosis import Login, why_not_pull

_LOOKED_AT: Final = 5  # credentials of a buyer: the newest ones
NO_CREDENTIAL, NEVER_USED, NEVER_PULLED = "no_credential", "credential_never_used", "never_pulled"
_OTHERWISE: Final = gettext_lazy("Something else is in the way: they see it on “Why can’t I pull?”.")
_SENTENCES: Final[Mapping[str, str | Promise]] = {
    NO_CREDENTIAL: gettext_lazy("They have made no access token, so docker cannot sign in."),
    NEVER_USED: gettext_lazy("They have an access token and have never used it: docker is not signed in."),
    NEVER_PULLED: gettext_lazy("Nothing is in the way: docker has been signed in, and nobody has pulled."),
    Reason.DISPUTED: gettext_lazy("Their bank disputes the payment, and pull access is paused until it has decided."),
    Reason.TAKEN_DOWN: gettext_lazy("We took the image down."),
    Reason.NOTHING_PUSHED: gettext_lazy("The image has no tag: push one."),
    Reason.ROLE_DOES_NOT_PULL: gettext_lazy("Nobody in the organisation may pull, and it has no robot."),
    Reason.CREDENTIAL_REVOKED: gettext_lazy("The access token that they made was revoked."),
    Reason.CREDENTIAL_EXPIRED: gettext_lazy("The access token that they made has ended."),
    Reason.CREDENTIAL_LACKS_SCOPE: gettext_lazy("The access token that they made may not pull."),
    Reason.CREDENTIAL_LACKS_IMAGE: gettext_lazy("The access token that they made is for other images."),
}


def stuck_purchases(seller_id: UUID) -> QuerySet[Entitlement]:
    """Return what buyers of the seller paid for, still have, and have not pulled since; the newest first.

    Of a purchase of several images there is one row, and none once one of them was pulled.
    """
    purchase = Entitlement.objects.filter(source_kind=Entitlement.Source.ORDER, source_id=OuterRef("source_id"))
    by_holder = Q(buyer=OuterRef("holder")) | Q(buyer__user__memberships__account=OuterRef("holder"))
    since = Q(day__gte=Cast(OuterRef("granted_at"), DateField()))
    pulls = PullCount.objects.filter(
        by_holder, since, image__entitlements__source_id=OuterRef("source_id"), image__entitlements__source_kind=Entitlement.Source.ORDER
    )
    paid = Entitlement.objects.filter(image__owner=seller_id, source_kind=Entitlement.Source.ORDER, revoked_at__isnull=True)
    first = ~Exists(purchase.filter(revoked_at__isnull=True, pk__lt=OuterRef("pk")))
    return paid.filter(first, ~Exists(pulls)).select_related("holder__user", "image").order_by("-granted_at", "pk")


def why_stuck(*, holder: Account, image: Image) -> str:
    """Return the one reason why a buyer has not pulled what they hold: one of those above, or a `Reason`.

    Looks at the account first, then at its newest credentials. A bounded number of queries.
    """
    person, credentials = _person(holder), _credentials(holder)
    reference = pull_reference(image, leading_tags([image.pk]).get(image.pk))
    if person is not None:
        answer = why_not_pull(image=reference, login=Login(), viewer=person)
        if not answer.may_pull:
            return answer.reason
    elif not credentials:
        return Reason.ROLE_DOES_NOT_PULL
    return _of_credentials(credentials, reference, person)


def sentence_of(reason: str) -> str:
    """Return the reason in words for the seller."""
    return str(_SENTENCES.get(reason, _OTHERWISE))


def _of_credentials(credentials: list[AccessToken], reference: str, person: User | None) -> str:
    reasons = []
    for token in credentials:
        answer = why_not_pull(image=reference, login=Login(token=token), viewer=person)
        if answer.may_pull:
            return NEVER_PULLED if token.last_used_at else NEVER_USED
        reasons.append(answer.reason)
    return reasons[0] if reasons else NO_CREDENTIAL


def _person(holder: Account) -> User | None:
    """Return whose pull is asked about: the buyer, or the longest member of an organisation that may pull."""
    members = User.objects.filter(memberships__account=holder, memberships__role__in=PULLING_ROLES).select_related("account")
    return holder.user or members.order_by("memberships__created_at", "pk").first()


def _credentials(holder: Account) -> list[AccessToken]:
    """Return the newest credentials that pull for the holder: its own, its robots and its members'."""
    member = Q(user__memberships__account=holder, user__memberships__role__in=PULLING_ROLES)
    own = Q(user=holder.user_id) if holder.user_id else Q(organisation=holder) | member
    return list(AccessToken.objects.filter(own).select_related("user__account", "organisation").order_by("-created_at")[:_LOOKED_AT])
