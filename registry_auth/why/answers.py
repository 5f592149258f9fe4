"""Every answer to “why can’t I pull?”: its sentence and the next step. Words only; `diagnosis` decides which one holds."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from accounts.people.models import Account
from accounts.tokens.models import AccessToken
from common.web.links import absolute
from marketplace.entitlements.models import Entitlement
from registry_auth.why.references import Reference

_ISSUED_ALREADY = "A registry token that docker already has works for up to {minutes} more minutes."
_MAKE_ANOTHER = "Make a new one, then sign docker in again."


class Reason(StrEnum):
    """The one reason why a pull is refused, or that it is not."""

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
class PullAnswer:
    """Why a pull is refused, or that nothing prevents it.

    Attributes:
        sentence: what the matter is.
        next_step: what to do about it.
        command: what to type then; may be empty.
        url: the page for the next step; may be empty.
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


def credential_unknown() -> PullAnswer:
    """It never was a credential of ours."""
    return PullAnswer(
        Reason.CREDENTIAL_UNKNOWN,
        "This is not one of our credentials: it is mistyped, cut off, a web password, or was ended by “log out everywhere”.",
        "Make an access token, then sign docker in with it.",
        login_command(""),
        tokens_page(),
    )


def credential_revoked(token: AccessToken) -> PullAnswer:
    """Somebody revoked it."""
    sentence = f"The credential {token.name} was revoked on {token.revoked_at:%Y-%m-%d %H:%M} UTC."
    return PullAnswer(Reason.CREDENTIAL_REVOKED, sentence, _MAKE_ANOTHER, login_command(_robot(token)), credentials_page(token))


def credential_expired(token: AccessToken) -> PullAnswer:
    """It has expired; a robot that was replaced has a newer secret."""
    sentence = f"The credential {token.name} ended on {token.expires_at:%Y-%m-%d %H:%M} UTC."
    if token.superseded_at is not None:
        sentence = f"The credential {token.name} was replaced on {token.superseded_at:%Y-%m-%d %H:%M} UTC, and this secret of it has ended."
        return PullAnswer(Reason.CREDENTIAL_EXPIRED, sentence, "Sign docker in with the newer secret.", login_command(_robot(token)))
    return PullAnswer(Reason.CREDENTIAL_EXPIRED, sentence, _MAKE_ANOTHER, login_command(_robot(token)), credentials_page(token))


def _robot(token: AccessToken) -> str:
    """Return a robot's user name, which is part of the credential; a person's is not revealed to somebody who found their token."""
    return token.username if token.organisation else ""


def wrong_username(username: str) -> PullAnswer:
    """`docker login -u` named a user that the credential does not belong to."""
    return PullAnswer(
        Reason.WRONG_ACCOUNT,
        f"The credential does not belong to the user name {username}.",
        "Sign docker in with the user name that the credential was made under.",
        login_command(""),
    )


def somebody_else(username: str) -> PullAnswer:
    """The reader may not see that account; the answer is the same whether it exists or not."""
    return PullAnswer(
        Reason.SOMEBODY_ELSE,
        f"Only {username} can see what {username} may pull.",
        f"Sign in as {username}, or paste the credential that docker uses.",
        url=absolute("account_login"),
    )


def no_such_user(username: str) -> PullAnswer:
    """For staff alone: there is no user of that name."""
    return PullAnswer(Reason.SOMEBODY_ELSE, f"There is no user {username}.", "Look for the user by e-mail address in the admin.")


def lacks_scope(token: AccessToken, username: str) -> PullAnswer:
    """The account may pull, the credential may not."""
    return PullAnswer(
        Reason.CREDENTIAL_LACKS_SCOPE,
        f"The account may pull, but the credential {token.name} lacks the scope registry:pull.",
        "Create a token that may pull, then sign docker in with it.",
        login_command(username),
        tokens_page(),
    )


def lacks_image(token: AccessToken, username: str) -> PullAnswer:
    """The account may pull; the credential is for other images."""
    step = "Make a pull credential for this image in the library, or use an access token for all of them."
    page = absolute("marketplace:library")
    if token.organisation:
        step, page = f"Ask an owner of {token.organisation.name} for a robot that may pull this image.", robots_page(token.organisation)
    return PullAnswer(
        Reason.CREDENTIAL_LACKS_IMAGE,
        f"The account may pull, but the credential {token.name} is for {token.limited_to} only.",
        step,
        login_command(username),
        page,
    )


def wrong_account(username: str) -> PullAnswer:
    """The reader may pull, the account of the credential may not."""
    return PullAnswer(
        Reason.WRONG_ACCOUNT,
        f"You ({username}) may pull, but the credential belongs to another account.",
        f"Make an access token as {username}, then sign docker in with it.",
        login_command(username),
        tokens_page(),
    )


def no_such_name(reference: Reference) -> PullAnswer:
    """The name is unknown, or the reader may not see it: the same words for both."""
    return PullAnswer(
        Reason.NO_SUCH_NAME,
        f"There is no image {reference.repository} that you can see in the shop.",
        "Compare the name with the product page; sign in if it is one of yours.",
        url=absolute("marketplace:search"),
    )


def taken_down() -> PullAnswer:
    """Staff stopped it, for everybody."""
    return PullAnswer(
        Reason.TAKEN_DOWN, "We took this image down; nobody can pull it at the moment.", "Write to us if you have paid for it."
    )


def disputed() -> PullAnswer:
    """Paused while the bank decides."""
    sentence = "The payment is disputed. Pull access is paused while the bank decides."
    return PullAnswer(Reason.DISPUTED, sentence, "Wait for the bank, or write to us.", url=absolute("billing:orders"))


def ended(entitlement: Entitlement, shop: str) -> PullAnswer:
    """The account had it once, and that has ended."""
    bought = entitlement.source_kind == Entitlement.Source.ORDER
    at = entitlement.revoked_at or timezone.now()
    return PullAnswer(
        Reason.REFUNDED if bought else Reason.ENDED,
        f"The right to pull it ended on {at:%Y-%m-%d %H:%M} UTC: {entitlement.revocation_reason}",
        "Buy it again." if shop else "It is not offered at the moment.",
        url=shop,
    )


def not_signed_in(shop: str) -> PullAnswer:
    """For sale, and docker sent no credential."""
    return PullAnswer(
        Reason.NOT_SIGNED_IN,
        "Only its buyers can pull this image, and docker sent no credential.",
        "Sign docker in as the account that bought it, or buy it first.",
        login_command(""),
        shop,
    )


def not_bought(username: str, shop: str) -> PullAnswer:
    """For sale, and never bought."""
    return PullAnswer(
        Reason.NOT_BOUGHT, f"{username} has not bought this image.", "Buy it, or sign docker in as somebody who has bought it.", url=shop
    )


def role_does_not_pull(username: str, organisation: str) -> PullAnswer:
    """An organisation of theirs owns it, and their role in it buys but does not pull."""
    return PullAnswer(
        Reason.ROLE_DOES_NOT_PULL,
        f"{organisation} has this image; {username} buys for {organisation}, and only its owners, members and robots can pull.",
        f"Ask an owner of {organisation} to make {username} a member, or sign docker in as one of its robots.",
        url=absolute("marketplace:library"),
    )


def no_longer_offered() -> PullAnswer:
    """Visible, never bought, and no longer offered."""
    return PullAnswer(
        Reason.NO_LONGER_OFFERED,
        "This image is not offered any more.",
        "Accounts that have it can still pull it: sign docker in as one of them.",
    )


def nothing_pushed(reference: Reference) -> PullAnswer:
    """The pull is allowed, but there is nothing to pull."""
    return PullAnswer(
        Reason.NOTHING_PUSHED,
        f"You may pull, but {reference.repository} is empty: nothing has been pushed, or every tag was deleted.",
        "Ask the seller to push it.",
    )


def no_such_tag(reference: Reference, newest: str) -> PullAnswer:
    """The pull is allowed, but there is no such tag."""
    sentence = f"You may pull, but {reference.repository} has no tag {reference.tag}."
    return PullAnswer(Reason.NO_SUCH_TAG, sentence, "Pull a tag that it has.", f"docker pull {newest}")


def may_pull(reference: Reference, ends_after_minutes: int) -> PullAnswer:
    """Nothing prevents the pull."""
    return PullAnswer(
        Reason.MAY_PULL,
        f"Nothing is in the way: {reference.repository} may be pulled.",
        f"If docker still refuses, it uses an older login: sign in again. {_ISSUED_ALREADY.format(minutes=ends_after_minutes)}",
        f"docker pull {reference.text}",
    )


def tokens_page() -> str:
    """Return where access tokens are made."""
    return absolute("marketplace:tokens")


def credentials_page(token: AccessToken) -> str:
    """Return where another credential of this kind is made."""
    return robots_page(token.organisation) if token.organisation else tokens_page()


def robots_page(organisation: Account) -> str:
    """Return where an organisation's robots are made."""
    return absolute("marketplace:robots", organisation.handle)
