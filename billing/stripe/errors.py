"""What can go wrong with a call to Stripe, or with one from it."""

from django.utils.translation import gettext

from billing.stripe.refusals import why_refused
from common.errors import ConflictError, DomainError, RetryLater


class StripeAway(RetryLater):
    """Stripe did not answer, or its answer decides nothing: nothing is known. The same request with the same key is safe. 503."""

    code = "stripe_away"
    retry_after = 15

    def __init__(self, cause: str = "") -> None:
        super().__init__(gettext("Our payment provider is not answering right now. Nothing is lost: try again in a minute."), cause=cause)


class StripeBusy(StripeAway):
    """As many requests of this process as are allowed wait for Stripe already. 503."""

    code = "stripe_busy"
    retry_after = 5

    def __init__(self) -> None:
        RetryLater.__init__(self, gettext("Our payment provider is slow right now. Nothing was charged. Try again in a moment."))


class StripeKeyRefused(StripeAway):
    """Stripe does not let our own key do this: that is our fault alone, and says nothing about a buyer or a seller. 503.

    Attributes:
        advice: for staff, without a secret; names the permission that a restricted key lacks, where Stripe does.
    """

    code = "stripe_key_refused"
    retry_after = 300

    def __init__(self, *, permission: str = "", cause: str = "") -> None:
        message = gettext("Payments are not working right now, and we have been alerted. Nothing was charged. Try again later.")
        RetryLater.__init__(self, message, cause=cause)
        self.advice = f"Give STRIPE_SECRET_KEY the permission {permission}." if permission else "Stripe does not accept STRIPE_SECRET_KEY."


class StripeRefused(ConflictError):
    """Stripe understood and said no: asking again changes nothing. 409.

    Attributes:
        reason: Stripe's own sentence, for staff and the log.
        stripe_code: Stripe's error code, or empty.
        refusal: who can do what about it.
    """

    code = "stripe_refused"

    def __init__(self, *, reason: str, stripe_code: str = "", param: str = "") -> None:
        self.reason, self.stripe_code = reason, stripe_code
        self.refusal = why_refused(code=stripe_code, param=param, message=reason)
        super().__init__(gettext(self.refusal.buyer), stripe_code=stripe_code)


class StripeAccountGone(StripeRefused):
    """The account is not connected to us under our key: deleted, deauthorised, or made in the other mode. 409."""


class WebhookSwitchedOff(DomainError):
    """No webhook secret is set, so that nothing can be verified. 404."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("There is nothing here.")


class WebhookOfOtherVersion(DomainError):
    """Signed by Stripe, and of an API version that we do not read: the endpoint is set up for another one. 400."""

    code = "webhook_of_other_version"
    status = 400

    def __init__(self, *, theirs: str, ours: str) -> None:
        super().__init__(f"This event is of API version {theirs}. At Stripe, set the endpoint's API version to {ours}.")


class InvalidWebhook(DomainError):
    """Not signed by Stripe, signed too long ago, or not an event. 400."""

    code = "invalid_webhook"
    status = 400

    def __init__(self) -> None:
        super().__init__("This is not an event signed by Stripe.")
