"""The one reason why a pull is refused: `access_facts`, `decide` and `grants.grant` say it, as they say it to the token process."""

from dataclasses import dataclass, field, replace

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F

from accounts.organisations.selectors import organisations_of
from accounts.people.models import Account, User
from accounts.tokens.lifetimes import pull_ends_after_minutes
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import find_shown_token
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Facts, Subject, access_facts, decide
from marketplace.images.models import Image, Tag
from marketplace.images.selectors.tags import newest_tags, pull_reference
from marketplace.products.models import Product
from marketplace.products.selectors.offers import offered_price
from marketplace.products.selectors.pages import product_url
from registry_auth.token import grants
from registry_auth.token.scopes import ResourceType, Scope
from registry_auth.why import answers
from registry_auth.why.answers import Answer
from registry_auth.why.references import Reference, read_reference


@dataclass(frozen=True, slots=True)
class Login:
    """What docker shows of itself, as far as the asker says.

    Attributes:
        username: as in `docker login -u`; empty if not said.
        secret: a credential as it was pasted.
        token: a credential that was chosen.
    """

    username: str = ""
    secret: str = field(default="", repr=False)
    token: AccessToken | None = None


def why_not_pull(*, image: str, login: Login, viewer: User | None, tells_all: bool = False) -> Answer:
    """Return the one reason why this login does not pull this image, or that it does.

    Nothing is told that the viewer could not see in the shop, in their own library or by using the credential: a name that is unknown,
    and one that is not shown to them, are answered alike.

    Args:
        image: a name, a command, or a line that docker printed.
        viewer: who reads the answer; None for a stranger. Without other words the login is theirs.
        tells_all: the house asks, and may read what others hold.

    Raises:
        NotAnImage: no image is named.
    """
    reference = read_reference(image)
    token = find_shown_token(login.secret) if login.secret else login.token
    refused = _refused(login, token, viewer, tells_all=tells_all)
    if refused is not None:
        return refused
    user = None if token else _named(login, viewer)
    if user is None and token is None and login.username:
        return answers.no_such_user(login.username)
    return _Question(reference, user, token, viewer, tells_all=tells_all).answer()


def _refused(login: Login, token: AccessToken | None, viewer: User | None, *, tells_all: bool) -> Answer | None:
    """Say what is wrong with the login, whatever the image."""
    if token is None and login.secret:
        return answers.credential_unknown()
    if token is None:
        theirs = not login.username or (viewer is not None and _answers_to(viewer, login.username))
        return None if theirs or tells_all else answers.somebody_else(login.username)
    if token.revoked_at is not None:
        return answers.credential_revoked(token)
    if not token.is_live:
        return answers.credential_expired(token)
    if token.user and not token.user.is_active:
        return answers.credential_unknown()
    right = not login.username or _answers_to(token.user or token, login.username)
    return None if right else answers.wrong_username(login.username)


def _answers_to(who: User | AccessToken, name: str) -> bool:
    names = {who.username, who.email} if isinstance(who, User) else {who.username}
    return name.casefold() in {known.casefold() for known in names}


def _named(login: Login, viewer: User | None) -> User | None:
    """Return whose account is meant: the viewer's own, or for the house the one that is named."""
    if not login.username or (viewer is not None and _answers_to(viewer, login.username)):
        return viewer
    return User.objects.select_related("account").filter(username__iexact=login.username).first()


class _Question:
    """One image, asked for by one subject, looked at by one viewer."""

    def __init__(self, reference: Reference, user: User | None, token: AccessToken | None, viewer: User | None, *, tells_all: bool) -> None:
        self.reference, self.token, self.viewer, self.tells_all = reference, token, viewer, tells_all
        self.name = reference.repository
        self.user = token.user if token else user
        self.subject = Subject.by_token(token) if token else Subject.of(user or AnonymousUser())
        self.username = token.username if token else user.username if user else ""

    def answer(self) -> Answer:
        """Ask the policy, then look for what its answer rests on."""
        subject = self.subject
        facts = access_facts(subject=subject, repositories=[self.name]).get(self.name)
        image = Image.objects.occupying().filter(repository=self.name).first()
        if facts is None or image is None:
            return answers.no_such_name(self.reference)
        allowed = decide(facts, is_staff=subject.is_staff)
        if self.token and Action.PULL in decide(replace(facts, within_limits=True), is_staff=subject.is_staff) - allowed:
            return answers.lacks_image(self.token, self.username)
        if Action.PULL not in allowed:
            return self._not_allowed(image, facts)
        asked = [Scope(ResourceType.REPOSITORY, self.name, frozenset({Action.PULL}))]
        use = self.token.scopes if self.token else grants.ANONYMOUS_USE
        granted = grants.grant(asked, allowed={self.name: allowed}, use=use, reads_catalogue=False)
        if not granted and self.token:
            return answers.lacks_scope(self.token, self.username)
        return self._pushed(image)

    def _pushed(self, image: Image) -> Answer:
        newest = newest_tags([image.pk]).get(image.pk)
        if newest is None:
            return answers.nothing_pushed(self.reference)
        if self.reference.tag and not Tag.objects.filter(image=image, name=self.reference.tag).exists():
            return answers.no_such_tag(self.reference, pull_reference(image, newest))
        return answers.may_pull(self.reference, pull_ends_after_minutes())

    def _not_allowed(self, image: Image, facts: Facts) -> Answer:
        entitlement = self._entitlement(image)
        product = Product.objects.visible().filter(images=image).select_related("namespace").first()
        holds = self._organisation_that_pulls(image)
        known = product is not None or entitlement is not None or holds is not None or facts.owned or self.tells_all
        if not known and not self._viewer_may_pull():
            return answers.no_such_name(self.reference)
        if facts.taken_down:
            return answers.taken_down()
        if self._viewer_may_pull() and self.token and self.viewer:
            return answers.wrong_account(self.viewer.username)
        if holds is not None:
            return answers.role_does_not_pull(self.username, holds.name)
        shop = f"{settings.LAYERSTORE_PUBLIC_URL}{product_url(product)}" if product and offered_price(product) else ""
        return self._without_right(entitlement, shop)

    def _without_right(self, entitlement: Entitlement | None, shop: str) -> Answer:
        if entitlement is not None and entitlement.revoked_at is None:
            return answers.disputed()
        if entitlement is not None:
            return answers.given_back(entitlement, shop)
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
        """An organisation that holds the image, and in which whoever asks the registry has a role that does not pull.

        Told to themselves and the house: their credential alone shows nobody what they belong to.
        """
        if self.user is None or not (self.tells_all or self.viewer == self.user):
            return None
        others = organisations_of(self.user).exclude(pk__in=self.subject.account_ids)
        return others.filter(entitlements__in=Entitlement.objects.in_force().filter(image=image)).first()

    def _entitlement(self, image: Image) -> Entitlement | None:
        """The accounts' entitlement that comes closest: one that rests before one that ended, then the newest."""
        held = Entitlement.objects.filter(holder__in=self.subject.account_ids, image=image)
        return held.order_by(F("revoked_at").desc(nulls_first=True)).first()
