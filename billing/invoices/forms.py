"""Who an account is on invoices."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import Account
from common.text import normal_name, validate_name
from common.web.forms import NameField

MOST_LINES: Final = 8
_NUMBER: Final = RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z ./-]*\Z", gettext_lazy("Use letters, digits, spaces and the signs . / and -."))


class AddressField(forms.CharField):
    """Lines of an address, each without what cannot be seen."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> str:
        return "\n".join(line for one in (super().to_python(value) or "").splitlines() if (line := normal_name(one)))

    def validate(self, value: str) -> None:
        super().validate(value)
        lines = value.splitlines()
        if len(lines) > MOST_LINES:
            raise ValidationError(gettext("Use at most {number} lines.").format(number=MOST_LINES))
        for line in lines:
            validate_name(line)


class BillingDetailsForm(forms.Form):
    """A buyer says who they are; a seller, in addition, by which number and rule they are taxed."""

    name = NameField(label=gettext_lazy("Name"), max_length=200, help_text=gettext_lazy("Of the person or company, as in its register."))
    address = AddressField(label=gettext_lazy("Address"), max_length=400, help_text=gettext_lazy("Street, postal code, city and country."))
    vat_id = forms.CharField(
        label=gettext_lazy("VAT id"),
        max_length=40,
        required=False,
        validators=[_NUMBER],
        help_text=gettext_lazy("If you have one: DE123456789."),
    )
    tax_id = forms.CharField(
        label=gettext_lazy("Tax number"),
        max_length=40,
        required=False,
        validators=[_NUMBER],
        help_text=gettext_lazy("Of your tax office, if you have no VAT id."),
    )
    tax_note = NameField(
        label=gettext_lazy("Sentence about tax"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("On each of your invoices; for example, that you are a small business and charge no VAT, and by which law."),
    )

    def __init__(self, data: Any, *, account: Account, sells: bool, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.fields["name"].initial = account.name
        if not sells:
            del self.fields["tax_id"], self.fields["tax_note"]
