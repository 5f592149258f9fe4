"""Finding the one reason why a pull is refused, with the same `access_facts`, `decide` and `grant` as the token process uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce, Now

from accounts.organisations.selectors import organisations_of
from accounts.people.models import Account, User
from accounts.tokens.lifetimes import pull_ends_after_minutes
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import find_token
from common.web.links import absolute_path
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Facts, Subject, access_facts, decide
from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import unclaimed_gift_with
from marketplace.images.models import Image, Tag
from marketplace.images.selectors.tags import leading_tags, pull_reference
from marketplace.products.models import Product
from registry_auth.why import answers
from registry_auth.why.answers import PullAnswer, Reason
from registry_auth.why.credentials import why_credential_ended, why_credential_lacks
from registry_auth.why.references import Reference, read_reference


@dataclass(frozen=True, slots=True)
class Login:
    """How docker is signed in, as far as the reader tells us.

    Attributes:
        username: as in `docker login -u`; may be empty.
        secret: a credential as it was pasted.
        token: a credential that was chosen from a list.
    """

    username: str = ""
    secret: str = field(default="", repr=False)
    token: AccessToken | None = None


def why_not_pull(*, image: str, login: Login, viewer: User | None, tells_all: bool = False) -> PullAnswer:
    """Return the one reason why this login does not pull this image, or that it does.

    The answer reveals nothing that the viewer could not see in the shop, in their own library or by using the credential: a name that is
    unknown and one that they may not see get the same answer.

    Args:
        image: a name, a command, or a line that docker printed.
        viewer: who reads the answer; None for a stranger. An empty login means the viewer's own.
        tells_all: the viewer is staff and may see what others own.

    Raises:
        NotAnImage: the text names no image.
    """
    reference = read_reference(image)
    token = find_token(login.secret) if login.secret else login.token
    refused = _refused(login, token, viewer, tells_all=tells_all)
    if refused is not None:
        return refused
    user = None if token else _named(login, viewer)
    if user is None and token is None and login.username:
        return answers.no_such_user(login.username)
    return _Question(reference, user, token, viewer, tells_all=tells_all).answer()


def _refused(login: Login, token: AccessToken | None, viewer: User | None, *, tells_all: bool) -> PullAnswer | None:
    """Return what is wrong with the login, whatever the image; None if nothing is."""
    if token is None and login.secret:
        return answers.credential_unknown()
    if token is None:
        theirs = not login.username or (viewer is not None and _has_name(viewer, login.username))
        return None if theirs or tells_all else answers.somebody_else(login.username)
    ended = why_credential_ended(token)
    if ended is not None:
        return _ENDED[ended](token)
    right = not login.username or _has_name(token.user or token, login.username)
    return None if right else answers.wrong_username(login.username)


_ENDED: Final[Mapping[Reason, Callable[[AccessToken], PullAnswer]]] = {
    Reason.CREDENTIAL_REVOKED: answers.credential_revoked,
    Reason.CREDENTIAL_EXPIRED: answers.credential_expired,
    Reason.CREDENTIAL_UNKNOWN: lambda _: answers.credential_unknown(),
}


_LACKS: Final[Mapping[Reason, Callable[[AccessToken, str], PullAnswer]]] = {
    Reason.CREDENTIAL_LACKS_IMAGE: answers.lacks_image,
    Reason.CREDENTIAL_LACKS_SCOPE: answers.lacks_scope,
}


def _has_name(who: User | AccessToken, name: str) -> bool:
    names = {who.username, who.email} if isinstance(who, User) else {who.username}
    return name.casefold() in {known.casefold() for known in names}


def _named(login: Login, viewer: User | None) -> User | None:
    """Return whose account is meant: the viewer's own, or for staff the one that is named."""
    if not login.username or (viewer is not None and _has_name(viewer, login.username)):
        return viewer
    return User.objects.select_related("account").filter(username__iexact=login.username).first()


class _Question:
    """May this subject pull this image? Answered for one viewer."""

    def __init__(self, reference: Reference, user: User | None, token: AccessToken | None, viewer: User | None, *, tells_all: bool) -> None:
        self.reference, self.token, self.viewer, self.tells_all = reference, token, viewer, tells_all
        self.name = reference.repository
        self.user = token.user if token else user
        self.subject = Subject.by_token(token) if token else Subject.of(user or AnonymousUser())
        self.username = token.username if token else user.username if user else ""

    def answer(self) -> PullAnswer:
        """Ask the policy, then find the reason for its decision."""
        subject = self.subject
        facts = access_facts(subject=subject, repositories=[self.name]).get(self.name)
        image = Image.objects.occupying().filter(repository=self.name).first()
        if facts is None or image is None:
            return answers.no_such_name(self.reference)
        lacks = why_credential_lacks(self.token, subject, facts, self.name) if self.token else None
        if self.token and lacks is not None:
            return _LACKS[lacks](self.token, self.username)
        if Action.PULL not in decide(facts, is_staff=subject.is_staff):
            return self._not_allowed(image, facts)
        return self._pushed(image)

    def _pushed(self, image: Image) -> PullAnswer:
        digest = self.reference.digest
        if digest and image.manifests.filter(digest=digest).exists():  # docker pulls it even if no tag is left
            return answers.may_pull(self.reference, pull_ends_after_minutes())
        newest = leading_tags([image.pk]).get(image.pk)
        if newest is None:
            return answers.nothing_pushed(self.reference)
        if digest:
            return answers.no_such_digest(self.reference, pull_reference(image, newest))
        if not Tag.objects.filter(image=image, name=self.reference.tag).exists():
            return answers.no_such_tag(self.reference, pull_reference(image, newest))
        return answers.may_pull(self.reference, pull_ends_after_minutes())

    def _not_allowed(self, image: Image, facts: Facts) -> PullAnswer:
        entitlement = self._entitlement(image)
        shown = Product.objects.visible().filter(images=image).exists()
        organisation = self._organisation_that_pulls(image)
        known = shown or entitlement is not None or organisation is not None or facts.owned or self.tells_all
        if not known and not self._viewer_may_pull():
            return answers.no_such_name(self.reference)
        if facts.taken_down:
            return answers.taken_down()
        if self._viewer_may_pull() and self.token and self.viewer:
            return answers.wrong_account(self.viewer.username)
        if organisation is not None:
            return answers.role_does_not_pull(self.username, organisation.name)
        shop = absolute_path(facts.sold_at) if facts.sold_at else ""  # the address that docker was told
        return self._without_right(entitlement, unclaimed_gift_with(image.pk, self.subject.account_ids), shop)

    def _without_right(self, entitlement: Entitlement | None, gift: Gift | None, shop: str) -> PullAnswer:
        if entitlement is not None and entitlement.ended_at is None:
            return answers.disputed()
        if gift is not None:
            return answers.gift_unclaimed(gift)
        if entitlement is not None:
            return answers.ended(entitlement, shop)
        if not shop:
            return answers.no_longer_offered()
        return answers.not_bought(self.username, shop) if self.username else answers.not_signed_in(shop)

    def _viewer_may_pull(self) -> bool:
        if self.viewer is None:
            return False
        subject = Subject.of(self.viewer)
        facts = access_facts(subject=subject, repositories=[self.name])[self.name]
        return Action.PULL in decide(facts, is_staff=subject.is_staff)

    def _organisation_that_pulls(self, image: Image) -> Account | None:
        """Return an organisation that owns or holds the image, and in which the user has a role that does not pull.

        Only the user and staff learn of it: a credential alone must not reveal which organisations its user belongs to.
        """
        if self.user is None or not (self.tells_all or self.viewer == self.user):
            return None
        others = organisations_of(self.user).exclude(pk__in=self.subject.account_ids)
        held = Entitlement.objects.in_force().filter(image=image, holder=OuterRef("pk"))
        return others.filter(Q(pk=image.owner_id) | Exists(held)).first()

    def _entitlement(self, image: Image) -> Entitlement | None:
        """Return the accounts' entitlement that comes closest to access: a paused one before an ended one, then the newest."""
        owned = Entitlement.objects.filter(holder__in=self.subject.account_ids, image=image)
        lasting = Case(When(ends_at__lte=Now(), then=F("ends_at")))
        return owned.order_by(Coalesce("revoked_at", lasting).desc(nulls_first=True)).first()
