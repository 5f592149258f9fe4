"""Where our accounts differ from allauth's: user names that docker can show, links from the public address, mail through the outbox."""

from typing import Any, cast
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext, gettext_lazy

from accounts.people.errors import EmailAddressTaken, UsernameTaken
from accounts.people.models import Account, User
from accounts.people.usernames import is_reserved
from common.db.locking import translate_violation
from common.ids import new_id
from common.text import normal_email
from common.web.client import address_of
from common.web.links import absolute, absolute_path
from outbox.mail.services import queue_mail

# One sentence for each change of an account that allauth reports; its other mails have templates of their own.
NOTICES = {
    "email_changed": gettext_lazy("Your e-mail address was changed from {from_email} to {to_email}."),
    "email_deleted": gettext_lazy("The e-mail address {deleted_email} was removed from your account."),
    "password_changed": gettext_lazy("Your password was changed."),
    "password_reset": gettext_lazy("Your password was reset."),
    "password_set": gettext_lazy("A password was set."),
    "recovery_codes_generated": gettext_lazy("New recovery codes were made. The old ones no longer work."),
    "totp_activated": gettext_lazy("An authenticator app was added as second factor."),
    "totp_deactivated": gettext_lazy("The authenticator app was removed. It is no longer asked for when you sign in."),
    "webauthn_added": gettext_lazy("A passkey or security key was added."),
    "webauthn_removed": gettext_lazy("A passkey or security key was removed."),
}
_FROM_CONTEXT = ("from_email", "to_email", "deleted_email")


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks."""

    error_messages = {**DefaultAccountAdapter.error_messages, "username_taken": UsernameTaken.sentence}

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002  allauth's signature
        """Return the name as docker shows it: lower case, in OCI's grammar, neither reserved nor taken by a person or organisation."""
        cleaned: str = super().clean_username(username.lower(), shallow=shallow)
        if is_reserved(cleaned):
            msg = gettext("This name is reserved for the shop. Choose another one.")
            raise ValidationError(msg, code="username_reserved")
        if not shallow and Account.objects.filter(handle=cleaned, kind=Account.Kind.ORGANISATION).exists():
            raise ValidationError(UsernameTaken.sentence, code="username_taken")
        return cleaned

    def clean_email(self, email: str) -> str:
        """Return the address as it is stored, at sign-up, change and reset alike."""
        return normal_email(super().clean_email(email))

    def save_user(
        self,
        request: HttpRequest,
        user: AbstractBaseUser,
        form: BaseForm,
        commit: bool = True,  # noqa: FBT001, FBT002  allauth's
    ) -> AbstractBaseUser:
        """Save the new user, in the language in which they signed up.

        If two people or organisations want a name or address at once, the constraint lets one have it.
        """
        cast("User", user).language = get_language() or ""
        name_taken = translate_violation("accounts_user_username_key", UsernameTaken())
        handle_taken = translate_violation("accounts_account_handle_key", UsernameTaken())
        address_taken = translate_violation("user_email_unique", EmailAddressTaken())
        with name_taken, handle_taken, address_taken:
            return super().save_user(request, user, form, commit=commit)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm the address in one transaction; one that meanwhile belongs to another account is refused."""
        taken = EmailAddressTaken()
        with translate_violation("user_email_unique", taken), translate_violation("unique_verified_email", taken):
            return bool(super().confirm_email(request, email_address))

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of the address that somebody tried to sign up with it."""
        self.send_mail("account_already_exists", email, {"password_reset_url": absolute("account_reset_password")})

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:  # noqa: ARG002  allauth passes it
        return absolute("account_confirm_email", emailconfirmation.key)

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return absolute_path(path.replace("UID-KEY", quote(key)))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that allauth's limits count by; requests without one, over a bare Unix socket, are counted together."""
        return address_of(request) or "0.0.0.0"  # noqa: S104  a name for "nowhere", nothing binds to it

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail into the outbox, in the transaction of what it is about."""
        name = template_prefix.rpartition("/")[2]
        variables: dict[str, object] = {**context, "signup_url": absolute("account_signup")}
        if name in NOTICES:
            facts = {key: context.get(key, "") for key in _FROM_CONTEXT}
            variables["notice"] = format_lazy(NOTICES[name], **facts)  # in the mail's language
        template = "account_changed" if name in NOTICES else name
        queue_mail(to=email, template=template, context=variables, key=f"{name}:{new_id()}", language=get_language())
