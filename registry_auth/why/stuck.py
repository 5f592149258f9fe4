"""Buyers who paid and have not pulled since, and the one reason for each: the same diagnosis as on “Why can’t I pull?”.

The seller is told the reason in words of its own: not the names of the buyer's access tokens, nor when they were made or ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.organisations.selectors import AccountIds, pulling_and_editing_ids_of_each
from accounts.people.models import User
from accounts.tokens.models import AccessToken
from marketplace.entitlements.many_subjects import facts_of_each
from marketplace.entitlements.models import PAID, Entitlement
from marketplace.entitlements.policy import Action, Facts, Subject, decide
from marketplace.images.selectors.tags import leading_tags
from marketplace.insights.selectors import pulls_of_purchase
from registry_auth.why.answers import Reason
from registry_auth.why.credentials import why_credential_ended, why_credential_lacks
from registry_auth.why.pullers import newest_credentials, people_who_pull

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
    purchase = Entitlement.objects.filter(source_kind__in=PAID, source_id=OuterRef("source_id"))
    paid = Entitlement.objects.filter(image__owner=seller_id, source_kind__in=PAID, revoked_at__isnull=True)
    first = ~Exists(purchase.filter(revoked_at__isnull=True, pk__lt=OuterRef("pk")))
    never_pulled = ~Exists(pulls_of_purchase(OuterRef("source_id")))
    return paid.filter(first, never_pulled).select_related("holder__user", "image").order_by("-granted_at", "pk")


def why_each_is_stuck(purchases: Sequence[Entitlement]) -> list[str]:
    """Return the one reason why the buyer of each has not pulled it: one of those above, or a `Reason`.

    Looks at the account first, then at its newest credentials. As many statements for a page of purchases as for one.

    Args:
        purchases: read with their holders, the holders' users, and their images.
    """
    holders = {purchase.holder_id: purchase.holder for purchase in purchases}.values()
    people, credentials = people_who_pull(holders), newest_credentials(holders)
    users = {user.pk: user for user in [*people.values(), *(token.user for some in credentials.values() for token in some if token.user)]}
    ids = pulling_and_editing_ids_of_each(list(users.values()))
    asked = [
        [*_in_person(people.get(each.holder_id), ids), *(_by_credential(token, ids) for token in credentials[each.holder_id])]
        for each in purchases
    ]
    facts = iter(facts_of_each([(who.subject, each.image.repository) for each, some in zip(purchases, asked, strict=True) for who in some]))
    pushed = leading_tags([each.image_id for each in purchases])
    return [
        _reason([(who, next(facts)) for who in some], each, is_pushed=each.image_id in pushed)
        for each, some in zip(purchases, asked, strict=True)
    ]


def sentence_of(reason: str) -> str:
    """Return the reason in words for the seller."""
    return str(_SENTENCES.get(reason, _OTHERWISE))


@dataclass(frozen=True, slots=True)
class _Puller:
    """Somebody who pulls for a holder: in person, or by a credential."""

    subject: Subject
    token: AccessToken | None = None


def _in_person(person: User | None, ids: Mapping[UUID, AccountIds]) -> list[_Puller]:
    return [_Puller(Subject.of(person, ids[person.pk]))] if person else []


def _by_credential(token: AccessToken, ids: Mapping[UUID, AccountIds]) -> _Puller:
    return _Puller(Subject.by_token(token, ids[token.user.pk] if token.user else None), token)


def _reason(pullers: Sequence[tuple[_Puller, Facts | None]], purchase: Entitlement, *, is_pushed: bool) -> str:
    """Return what keeps the holder in person from it, else what keeps the newest of its credentials."""
    if not pullers:
        return Reason.ROLE_DOES_NOT_PULL
    reasons = [_refusal(who, facts, purchase, is_pushed=is_pushed) for who, facts in pullers]
    if pullers[0][0].token is None:
        in_person = reasons.pop(0)
        if in_person or not reasons:
            return in_person or NO_CREDENTIAL
    tokens = [who.token for who, _ in pullers if who.token]
    works = next((token for token, reason in zip(tokens, reasons, strict=True) if not reason), None)
    if works is None:
        return reasons[0]
    return NEVER_PULLED if works.last_used_at else NEVER_USED


def _refusal(who: _Puller, facts: Facts | None, purchase: Entitlement, *, is_pushed: bool) -> str:
    """Return why this does not pull; empty if it does. The same order as in `why_not_pull`."""
    ended = why_credential_ended(who.token) if who.token else None
    if ended or facts is None:
        return ended or Reason.NO_SUCH_NAME
    lacks = why_credential_lacks(who.token, who.subject, facts, purchase.image.repository) if who.token else None
    if lacks:
        return lacks
    if Action.PULL not in decide(facts, is_staff=who.subject.is_staff):
        return _without_right(facts, purchase)
    return "" if is_pushed else Reason.NOTHING_PUSHED


def _without_right(facts: Facts, purchase: Entitlement) -> str:
    if facts.taken_down:
        return Reason.TAKEN_DOWN
    return Reason.DISPUTED if purchase.suspended_at else Reason.WRONG_ACCOUNT
