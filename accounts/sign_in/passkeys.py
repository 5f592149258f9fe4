"""Forms of passkeys and security keys: allauth's, whatever a browser, or what claims to be one, sends as its key's answer."""

import struct
from typing import Any, Final

from allauth.mfa.webauthn import forms as theirs
from django import forms
from django.core.exceptions import ValidationError

from common.web.forms import NameField
from common.web.request_checks import is_storable_json

LONGEST_NAME: Final = 80

# What the library's reading of binary structures raises for bytes that are none.
_BROKEN: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError, struct.error)
_NO_ANSWER: Final = "This is no answer of a passkey or security key. Reload the page and try again."


class AnswerField(forms.JSONField):
    """The JSON that a browser makes of a key's answer."""

    def to_python(self, value: Any) -> Any:
        """Return the document.

        Raises:
            ValidationError: it is none, or holds what cannot be stored.
        """
        try:
            document = super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_NO_ANSWER) from error
        if not isinstance(document, dict | None) or not is_storable_json(document):
            raise ValidationError(_NO_ANSWER)
        return document


class AddKeyForm(theirs.AddWebAuthnForm):
    """A new passkey or security key."""

    name = NameField(required=False, max_length=LONGEST_NAME)
    credential = AnswerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except ValidationError:
            raise
        except _BROKEN as error:
            raise ValidationError(_NO_ANSWER) from error


class EditKeyForm(theirs.EditWebAuthnForm):
    """Another name for a key."""

    name = NameField(max_length=LONGEST_NAME)


class ShowKeyForm(theirs.AuthenticateWebAuthnForm):
    """A passkey or security key as second factor."""

    credential = AnswerField(widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except ValidationError:
            raise
        except _BROKEN as error:
            raise ValidationError(_NO_ANSWER) from error


class LoginKeyForm(ShowKeyForm, theirs.LoginWebAuthnForm):
    """Signing in with a passkey."""


class ReauthenticateKeyForm(ShowKeyForm, theirs.ReauthenticateWebAuthnForm):
    """Showing a key once more before something that matters."""
