"""allauth's forms for passkeys and security keys, made safe against whatever is sent as a key's response."""

import struct
from typing import Any, Final

from allauth.mfa.webauthn import forms as theirs
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from common.web.forms import NameField
from common.web.request_checks import is_storable_json

LONGEST_NAME: Final = 80

# What the library raises when it parses bytes that are no such structure.
_BROKEN: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError, struct.error)
_NOT_A_RESPONSE: Final = gettext_lazy("This is not a response from a passkey or security key. Reload the page and try again.")


class ResponseField(forms.JSONField):
    """The JSON that a browser makes of a key's response."""

    def to_python(self, value: Any) -> Any:
        """Return the document.

        Raises:
            ValidationError: it is not JSON, or contains what cannot be stored.
        """
        try:
            document = super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_NOT_A_RESPONSE) from error
        if not isinstance(document, dict | None) or not is_storable_json(document):
            raise ValidationError(_NOT_A_RESPONSE)
        return document


class AddKeyForm(theirs.AddWebAuthnForm):
    """A new passkey or security key."""

    name = NameField(required=False, max_length=LONGEST_NAME)
    credential = ResponseField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except ValidationError:
            raise
        except _BROKEN as error:
            raise ValidationError(_NOT_A_RESPONSE) from error


class EditKeyForm(theirs.EditWebAuthnForm):
    """Another name for a key."""

    name = NameField(max_length=LONGEST_NAME)


class ShowKeyForm(theirs.AuthenticateWebAuthnForm):
    """A passkey or security key as second factor."""

    credential = ResponseField(widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except ValidationError:
            raise
        except _BROKEN as error:
            raise ValidationError(_NOT_A_RESPONSE) from error


class LoginKeyForm(ShowKeyForm, theirs.LoginWebAuthnForm):
    """Signing in with a passkey."""


class ReauthenticateKeyForm(ShowKeyForm, theirs.ReauthenticateWebAuthnForm):
    """Using a key again before a sensitive change."""
