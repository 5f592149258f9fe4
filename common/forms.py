"""What a form needs to know of our errors."""

from django.forms import BaseForm

from common.errors import DomainError


def add_domain_error(form: BaseForm, error: DomainError) -> None:
    """Put the error's sentence next to the field it belongs to, or above the form if it has none there."""
    form.add_error(error.field if error.field in form.fields else None, error.message)
