"""What can be the matter with a pull, each with its sentence and the next step. Words only; `diagnosis` decides."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import Account
from accounts.tokens.models import AccessToken
from marketplace.entitlements.models import Entitlement
from registry_auth.why.references import Reference

_LATE = "A registry token that docker already has works for up to {minutes} more minutes."
_ANEW = "Make a new one, then sign docker in again."


class Reason(StrEnum):
    """The one reason."""

    MAY_PULL = "may_pull"
    NO_SUCH_NAME = "no_such_name"
    NOT_SIGNED_IN = "not_signed_in"
    NOT_BOUGHT = "not_bought"
    NO_LONGER_OFFERED = "no_longer_offered"
    REFUNDED = "refunded"
    ENDED = "ended"
    DISPUTED = "disputed"
    TAKEN_DOWN = "taken_down"
    NOTHING_PUSHED = "nothing_pushed"
    NO_SUCH_TAG = "no_such_tag"
    ROLE_DOES_NOT_PULL = "role_does_not_pull"
    WRONG_ACCOUNT = "wrong_account"
    SOMEBODY_ELSE = "somebody_else"
    CREDENTIAL_UNKNOWN = "credential_unknown"
    CREDENTIAL_REVOKED = "credential_revoked"
    CREDENTIAL_EXPIRED = "credential_expired"
    CREDENTIAL_LACKS_SCOPE = "credential_lacks_scope"
    CREDENTIAL_LACKS_IMAGE = "credential_lacks_image"


@dataclass(frozen=True, slots=True)
class Answer:
    """Why not, or that nothing is in the way.

    Attributes:
        sentence: what is so.
        next_step: what to do about it.
        command: to type then; empty where there is none.
        url: the page where it is done; empty where there is none.
    """

    reason: Reason
    sentence: str
    next_step: str
    command: str = ""
    url: str = ""

    @property
    def may_pull(self) -> bool:
        return self.reason is Reason.MAY_PULL


def login_command(username: str) -> str:
    """Return how docker signs in to us."""
    return f"docker login {settings.LAYERSTORE_IMAGE_HOST} -u {username or 'USERNAME'}"


def credential_unknown() -> Answer:
    """Nothing was ever opened by it."""
    return Answer(
        Reason.CREDENTIAL_UNKNOWN,
        "This is no credential of ours: it is mistyped, cut off, a web password, or was ended by “log out everywhere”.",
        "Make an access token, then sign docker in with it.",
        login_command(""),
        tokens_page(),
    )


def credential_revoked(token: AccessToken) -> Answer:
    """Somebody ended it."""
    said = f"The credential {token.name} was revoked on {token.revoked_at:%Y-%m-%d %H:%M} UTC."
    return Answer(Reason.CREDENTIAL_REVOKED, said, _ANEW, login_command(_robot(token)), credentials_page(token))


def credential_expired(token: AccessToken) -> Answer:
    """Its time is over; a robot that was replaced has a newer secret."""
    said = f"The credential {token.name} ended on {token.expires_at:%Y-%m-%d %H:%M} UTC."
    if token.superseded_at is not None:
        said = f"The credential {token.name} was replaced on {token.superseded_at:%Y-%m-%d %H:%M} UTC, and this secret of it has ended."
        return Answer(Reason.CREDENTIAL_EXPIRED, said, "Sign docker in with the newer secret.", login_command(_robot(token)))
    return Answer(Reason.CREDENTIAL_EXPIRED, said, _ANEW, login_command(_robot(token)), credentials_page(token))


def _robot(token: AccessToken) -> str:
    """A robot's user name belongs to the credential; a person's is not told to whoever found theirs."""
    return token.username if token.organisation else ""


def wrong_username(username: str) -> Answer:
    """`docker login -u` named another user than the credential’s."""
    return Answer(
        Reason.WRONG_ACCOUNT,
        f"The credential does not belong to the user name {username}.",
        "Sign docker in with the user name that the credential was made under.",
        login_command(""),
    )


def somebody_else(username: str) -> Answer:
    """The asker may not read that account; the same whether it exists or not."""
    return Answer(
        Reason.SOMEBODY_ELSE,
        f"What {username} holds is told to {username} only.",
        f"Sign in as {username}, or paste the credential that docker uses.",
        url=f"{settings.LAYERSTORE_PUBLIC_URL}/account/login/",
    )


def no_such_user(username: str) -> Answer:
    """For the house alone: nobody is called so."""
    return Answer(Reason.SOMEBODY_ELSE, f"There is no user {username}.", "Look for the user by e-mail address in the admin.")


def lacks_scope(token: AccessToken, username: str) -> Answer:
    """The account may, the credential may not."""
    return Answer(
        Reason.CREDENTIAL_LACKS_SCOPE,
        f"The account may pull, but the credential {token.name} lacks the scope registry:pull.",
        "Make a token that may pull, then sign docker in with it.",
        login_command(username),
        tokens_page(),
    )


def lacks_image(token: AccessToken, username: str) -> Answer:
    """The account may; the credential is for other images."""
    step, page = "Make a pull credential for this image in the library, or use an access token for all of them.", "/library/"
    if token.organisation:
        step, page = f"Ask an owner of {token.organisation.name} for a robot that is for this image.", robots_path(token.organisation)
    return Answer(
        Reason.CREDENTIAL_LACKS_IMAGE,
        f"The account may pull, but the credential {token.name} is for {token.limited_to} only.",
        step,
        login_command(username),
        f"{settings.LAYERSTORE_PUBLIC_URL}{page}",
    )


def wrong_account(username: str) -> Answer:
    """The reader may, the account of the credential may not."""
    return Answer(
        Reason.WRONG_ACCOUNT,
        f"You ({username}) may pull, but the credential belongs to another account.",
        f"Make an access token as {username}, then sign docker in with it.",
        login_command(username),
        tokens_page(),
    )


def no_such_name(reference: Reference) -> Answer:
    """Unknown, or not shown to the asker: the same words for both."""
    return Answer(
        Reason.NO_SUCH_NAME,
        f"The shop shows no image {reference.repository}.",
        "Compare the name with the product page; sign in if it is one of yours.",
        url=f"{settings.LAYERSTORE_PUBLIC_URL}/search/",
    )


def taken_down() -> Answer:
    """Stopped by the house, for everybody."""
    return Answer(Reason.TAKEN_DOWN, "We took this image down; nobody can pull it at the moment.", "Write to us if you have paid for it.")


def disputed() -> Answer:
    """Resting until the bank has decided."""
    said = "The payment is disputed. Pull rests until the bank has decided."
    return Answer(Reason.DISPUTED, said, "Wait for the bank, or write to us.", url=f"{settings.LAYERSTORE_PUBLIC_URL}/orders/")


def given_back(entitlement: Entitlement, shop: str) -> Answer:
    """Held once, and ended."""
    bought = entitlement.source_kind == Entitlement.Source.ORDER
    ended = entitlement.revoked_at or timezone.now()
    return Answer(
        Reason.REFUNDED if bought else Reason.ENDED,
        f"The right to pull it ended on {ended:%Y-%m-%d %H:%M} UTC: {entitlement.revocation_reason}",
        "Buy it again." if shop else "It is not offered at the moment.",
        url=shop,
    )


def not_signed_in(shop: str) -> Answer:
    """For sale, and nobody in particular asks."""
    return Answer(
        Reason.NOT_SIGNED_IN,
        "The image is for its buyers, and docker showed no credential.",
        "Sign docker in as the account that bought it, or buy it first.",
        login_command(""),
        shop,
    )


def not_bought(username: str, shop: str) -> Answer:
    """For sale, and never held."""
    return Answer(Reason.NOT_BOUGHT, f"{username} has not bought this image.", "Buy it, or sign docker in as who has.", url=shop)


def role_does_not_pull(username: str, organisation: str) -> Answer:
    """An organisation of theirs holds it, and their role in it is to buy."""
    return Answer(
        Reason.ROLE_DOES_NOT_PULL,
        f"{organisation} has this image; {username} buys for {organisation}, and only its owners, members and robots pull.",
        f"Ask an owner of {organisation} to make {username} a member, or sign docker in as one of its robots.",
        url=f"{settings.LAYERSTORE_PUBLIC_URL}/library/",
    )


def no_longer_offered() -> Answer:
    """Shown, never held, and not to be had."""
    return Answer(
        Reason.NO_LONGER_OFFERED, "This image is not offered any more.", "Whoever holds it may still pull: sign docker in as them."
    )


def nothing_pushed(reference: Reference) -> Answer:
    """Allowed, and empty."""
    return Answer(
        Reason.NOTHING_PUSHED,
        f"You may pull, but {reference.repository} is empty: nothing has been pushed, or every tag was deleted.",
        "Ask the seller to push it.",
    )


def no_such_tag(reference: Reference, newest: str) -> Answer:
    """Allowed, and another tag is meant."""
    said = f"You may pull, but {reference.repository} has no tag {reference.tag}."
    return Answer(Reason.NO_SUCH_TAG, said, "Pull a tag that it has.", f"docker pull {newest}")


def may_pull(reference: Reference, ends_after_minutes: int) -> Answer:
    """Nothing is in the way."""
    return Answer(
        Reason.MAY_PULL,
        f"Nothing is in the way: {reference.repository} may be pulled.",
        f"If docker still says no, it has an older login: sign in again. {_LATE.format(minutes=ends_after_minutes)}",
        f"docker pull {reference.text}",
    )


def tokens_page() -> str:
    """Return where access tokens are made."""
    return f"{settings.LAYERSTORE_PUBLIC_URL}/account/tokens/"


def credentials_page(token: AccessToken) -> str:
    """Return where another credential of this kind is made."""
    return f"{settings.LAYERSTORE_PUBLIC_URL}{robots_path(token.organisation)}" if token.organisation else tokens_page()


def robots_path(organisation: Account) -> str:
    """Return the path of an organisation's robots."""
    return reverse("marketplace:robots", args=[organisation.handle])
