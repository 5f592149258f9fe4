"""What a form needs to know of our errors."""

from typing import Any

from django import forms
from django.forms import BaseForm

from common.errors import DomainError
from common.text import normal_name, validate_name


def add_domain_error(form: BaseForm, error: DomainError) -> None:
    """Put the error's sentence next to the field it belongs to, or above the form if it has none there."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


class NameField(forms.CharField):
    """A name that others read."""

    default_validators = [validate_name]

    def to_python(self, value: Any) -> str:
        return normal_name(super().to_python(value) or "")
