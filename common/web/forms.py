"""What forms share: how they show a service's refusal, and the field for names that others read."""

from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponse

from common.errors import DomainError
from common.money import Money, read_money
from common.text import normal_name, validate_name
from common.web.pages import say_when_to_retry


class FormPage(Protocol):
    """Renders the page of a form with a status."""

    def __call__(self, *, status: int) -> HttpResponse: ...


def refuse_form(form: BaseForm, error: DomainError, page: FormPage) -> HttpResponse:
    """Show the form again after a service refused it: what was typed stays, with the error's status, and Retry-After if it has one.

    The sentence stands next to the field that the error names, or above the form if it names none. Every view uses this function.
    """
    form.add_error(error.field if error.field in form.fields else None, error.message)
    return say_when_to_retry(page(status=error.status), error)


class NameField(forms.CharField):
    """A name that others read."""

    default_validators = [validate_name]

    def to_python(self, value: Any) -> str:
        return normal_name(super().to_python(value) or "")


class MoneyField(forms.Field):
    """An amount with its currency, as `12.50 EUR`; None where it is left empty."""

    _LONGEST = 40  # more than any amount

    def to_python(self, value: Any) -> Money | None:
        text = str(value or "").strip()
        if not text:
            return None
        amount, _, code = text.lower().rpartition(" ")
        money = read_money(amount.strip(), code) if len(text) <= self._LONGEST else None
        if money is None:
            msg = "Write an amount and its currency, like 12.50 EUR."
            raise ValidationError(msg)
        return money
