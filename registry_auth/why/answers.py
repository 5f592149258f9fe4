"""Every answer to “why can’t I pull?”: its sentence and the next step. Words only; `diagnosis` decides which one holds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.people.models import Account
from accounts.tokens.models import AccessToken
from common import languages
from common.web.links import absolute
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from registry_auth.why.references import Reference

_MAKE_ANOTHER = gettext_lazy("Make a new one, then sign docker in again.")


class Reason(StrEnum):
    """The one reason why a pull is refused, or that it is not."""

    MAY_PULL = "may_pull"
    NO_SUCH_NAME = "no_such_name"
    NOT_SIGNED_IN = "not_signed_in"
    NOT_BOUGHT = "not_bought"
    NO_LONGER_OFFERED = "no_longer_offered"
    REFUNDED = "refunded"
    GIFT_UNCLAIMED = "gift_unclaimed"
    ENDED = "ended"
    DISPUTED = "disputed"
    TAKEN_DOWN = "taken_down"
    NOTHING_PUSHED = "nothing_pushed"
    NO_SUCH_TAG = "no_such_tag"
    NO_SUCH_DIGEST = "no_such_digest"
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
        gettext("This is not one of our credentials: it is mistyped, cut off, a web password, or was ended by “log out everywhere”."),
        gettext("Make an access token, then sign docker in with it."),
        login_command(""),
        tokens_page(),
    )


def credential_revoked(token: AccessToken) -> PullAnswer:
    """Somebody revoked it."""
    sentence = gettext("The credential {name} was revoked on {at} UTC.").format(name=token.name, at=_minute(token.revoked_at))
    return PullAnswer(Reason.CREDENTIAL_REVOKED, sentence, str(_MAKE_ANOTHER), login_command(_robot(token)), credentials_page(token))


def credential_expired(token: AccessToken) -> PullAnswer:
    """It has expired; a robot that was replaced has a newer secret."""
    if token.superseded_at is not None:
        sentence = gettext("The credential {name} was replaced on {at} UTC, and this secret of it has ended.")
        sentence = sentence.format(name=token.name, at=_minute(token.superseded_at))
        return PullAnswer(
            Reason.CREDENTIAL_EXPIRED, sentence, gettext("Sign docker in with the newer secret."), login_command(_robot(token))
        )
    sentence = gettext("The credential {name} ended on {at} UTC.").format(name=token.name, at=_minute(token.expires_at))
    return PullAnswer(Reason.CREDENTIAL_EXPIRED, sentence, str(_MAKE_ANOTHER), login_command(_robot(token)), credentials_page(token))


def _minute(moment: datetime | None) -> str:
    return languages.minute(moment.astimezone(UTC)) if moment else ""


def _robot(token: AccessToken) -> str:
    """Return a robot's user name, which is part of the credential; a person's is not revealed to somebody who found their token."""
    return token.username if token.organisation else ""


def wrong_username(username: str) -> PullAnswer:
    """`docker login -u` named a user that the credential does not belong to."""
    return PullAnswer(
        Reason.WRONG_ACCOUNT,
        gettext("The credential does not belong to the user name {username}.").format(username=username),
        gettext("Sign docker in with the user name that the credential was made under."),
        login_command(""),
    )


def somebody_else(username: str) -> PullAnswer:
    """The reader may not see that account; the answer is the same whether it exists or not."""
    return PullAnswer(
        Reason.SOMEBODY_ELSE,
        gettext("Only {username} can see what {username} may pull.").format(username=username),
        gettext("Sign in as {username}, or paste the credential that docker uses.").format(username=username),
        url=absolute("account_login"),
    )


def no_such_user(username: str) -> PullAnswer:
    """For staff alone: there is no user of that name."""
    sentence = gettext("There is no user {username}.").format(username=username)
    return PullAnswer(Reason.SOMEBODY_ELSE, sentence, gettext("Look for the user by e-mail address in the admin."))


def lacks_scope(token: AccessToken, username: str) -> PullAnswer:
    """The account may pull, the credential may not."""
    return PullAnswer(
        Reason.CREDENTIAL_LACKS_SCOPE,
        gettext("The account may pull, but the credential {name} lacks the scope registry:pull.").format(name=token.name),
        gettext("Create a token that may pull, then sign docker in with it."),
        login_command(username),
        tokens_page(),
    )


def lacks_image(token: AccessToken, username: str) -> PullAnswer:
    """The account may pull; the credential is for other images."""
    sentence = gettext("The account may pull, but the credential {name} is for {images} only.")
    step = gettext("Make a pull credential for this image in the library, or use an access token for all of them.")
    page = absolute("marketplace:library")
    if token.organisation:
        step = gettext("Ask an owner of {organisation} for a robot that may pull this image.").format(organisation=token.organisation.name)
        page = robots_page(token.organisation)
    return PullAnswer(
        Reason.CREDENTIAL_LACKS_IMAGE,
        sentence.format(name=token.name, images=token.limited_to),
        step,
        login_command(username),
        page,
    )


def wrong_account(username: str) -> PullAnswer:
    """The reader may pull, the account of the credential may not."""
    return PullAnswer(
        Reason.WRONG_ACCOUNT,
        gettext("You ({username}) may pull, but the credential belongs to another account.").format(username=username),
        gettext("Make an access token as {username}, then sign docker in with it.").format(username=username),
        login_command(username),
        tokens_page(),
    )


def no_such_name(reference: Reference) -> PullAnswer:
    """The name is unknown, or the reader may not see it: the same words for both."""
    return PullAnswer(
        Reason.NO_SUCH_NAME,
        gettext("There is no image {repository} that you can see in the shop.").format(repository=reference.repository),
        gettext("Compare the name with the product page; sign in if it is one of yours."),
        url=absolute("marketplace:search"),
    )


def taken_down() -> PullAnswer:
    """Staff stopped it, for everybody."""
    return PullAnswer(
        Reason.TAKEN_DOWN,
        gettext("We took this image down; nobody can pull it at the moment."),
        gettext("Write to us if you have paid for it."),
    )


def disputed() -> PullAnswer:
    """Paused while the bank decides."""
    sentence = gettext("Pull access is paused: the payment is disputed, or being given back.")
    return PullAnswer(Reason.DISPUTED, sentence, gettext("Wait until that is decided, or write to us."), url=absolute("billing:orders"))


def ended(entitlement: Entitlement, shop: str) -> PullAnswer:
    """The account had it once, and that has ended."""
    bought = entitlement.source_kind == Entitlement.Source.ORDER
    at = entitlement.ended_at or timezone.now()
    sentence = gettext("The right to pull it ended on {at} UTC: {reason}")
    return PullAnswer(
        Reason.REFUNDED if bought else Reason.ENDED,
        sentence.format(at=_minute(at), reason=gettext(entitlement.why_ended)),
        _next_step(entitlement) if shop else gettext("It is not offered at the moment."),
        url=shop,
    )


def _next_step(entitlement: Entitlement) -> str:
    tried = entitlement.source_kind == Entitlement.Source.TRIAL
    return gettext("Buy it to go on pulling.") if tried else gettext("Buy it again.")


def gift_unclaimed(gift: Gift) -> PullAnswer:
    """The account has paid for it as a gift, and nobody has claimed it."""
    return PullAnswer(
        Reason.GIFT_UNCLAIMED,
        gettext("It was bought as a gift, which gives nothing to its buyer, and nobody has claimed it."),
        gettext("Claim it yourself, or send it again."),
        url=absolute("billing:gift", gift.source_id),
    )


def not_signed_in(shop: str) -> PullAnswer:
    """For sale, and docker sent no credential."""
    return PullAnswer(
        Reason.NOT_SIGNED_IN,
        gettext("Only its buyers can pull this image, and docker sent no credential."),
        gettext("Sign docker in as the account that bought it, or buy it first."),
        login_command(""),
        shop,
    )


def not_bought(username: str, shop: str) -> PullAnswer:
    """For sale, and never bought."""
    return PullAnswer(
        Reason.NOT_BOUGHT,
        gettext("{username} has not bought this image.").format(username=username),
        gettext("Buy it, or sign docker in as somebody who has bought it."),
        url=shop,
    )


def role_does_not_pull(username: str, organisation: str) -> PullAnswer:
    """An organisation of theirs owns it, and their role in it buys but does not pull."""
    sentence = gettext(
        "{organisation} has this image; {username} buys for {organisation}, and only its owners, members and robots can pull."
    )
    step = gettext("Ask an owner of {organisation} to make {username} a member, or sign docker in as one of its robots.")
    return PullAnswer(
        Reason.ROLE_DOES_NOT_PULL,
        sentence.format(organisation=organisation, username=username),
        step.format(organisation=organisation, username=username),
        url=absolute("marketplace:library"),
    )


def no_longer_offered() -> PullAnswer:
    """Visible, never bought, and no longer offered."""
    return PullAnswer(
        Reason.NO_LONGER_OFFERED,
        gettext("This image is not offered any more."),
        gettext("Accounts that have it can still pull it: sign docker in as one of them."),
    )


def nothing_pushed(reference: Reference) -> PullAnswer:
    """The pull is allowed, but there is nothing to pull."""
    sentence = gettext("You may pull, but {repository} is empty: nothing has been pushed, or every tag was deleted.")
    return PullAnswer(
        Reason.NOTHING_PUSHED,
        sentence.format(repository=reference.repository),
        gettext("Ask the seller to push it."),
    )


def no_such_tag(reference: Reference, newest: str) -> PullAnswer:
    """The pull is allowed, but there is no such tag."""
    sentence = gettext("You may pull, but {repository} has no tag {tag}.").format(repository=reference.repository, tag=reference.tag)
    return PullAnswer(Reason.NO_SUCH_TAG, sentence, gettext("Pull a tag that it has."), f"docker pull {newest}")


def no_such_digest(reference: Reference, newest: str) -> PullAnswer:
    """The pull is allowed, but nothing in the repository has this digest."""
    sentence = gettext("You may pull, but {repository} has no image with the digest {digest}.")
    return PullAnswer(
        Reason.NO_SUCH_DIGEST,
        sentence.format(repository=reference.repository, digest=reference.digest),
        gettext("Pull a tag that it has."),
        f"docker pull {newest}",
    )


def may_pull(reference: Reference, ends_after_minutes: int) -> PullAnswer:
    """Nothing prevents the pull."""
    step = ngettext(
        "If docker still refuses, it uses an older login: sign in again. "
        "A registry token that docker already has works for up to {minutes} more minute.",
        "If docker still refuses, it uses an older login: sign in again. "
        "A registry token that docker already has works for up to {minutes} more minutes.",
        ends_after_minutes,
    )
    return PullAnswer(
        Reason.MAY_PULL,
        gettext("Nothing is in the way: {repository} may be pulled.").format(repository=reference.repository),
        step.format(minutes=ends_after_minutes),
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
