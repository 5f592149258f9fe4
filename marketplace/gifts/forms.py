"""What a seller fills in to give, to take back and to send again."""

import re

from django import forms
from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import USERNAME_PATTERN, Account
from common.text import normal_email
from common.web.forms import NameField
from common.web.links import path_typed
from marketplace.entitlements.selectors import end_of_day
from marketplace.gifts.models import LONGEST_MESSAGE
from marketplace.gifts.selectors import products_named
from marketplace.gifts.services.giving import Giving
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.editions import editions_by_name

_REASON = gettext_lazy("For your records and our audit trail; whoever gets it does not read it.")


class _EmailField(forms.EmailField):
    """An address as it is stored."""

    def clean(self, value: object) -> str:
        cleaned = super().clean(value)
        return normal_email(cleaned) if cleaned else ""


class GiveForm(forms.Form):
    """One product to one account, one address, or whoever gets the link."""

    product = forms.CharField(
        label=gettext_lazy("Product"), max_length=200, help_text=gettext_lazy("As in its address: namespace/name. It need not be on sale.")
    )
    edition = NameField(
        label=gettext_lazy("Edition"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Its name. Leave it empty for the whole product."),
    )
    email = _EmailField(
        label=gettext_lazy("E-mail of the recipient"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("The link goes there. Leave it empty for a link that you pass on yourself."),
    )
    account = forms.CharField(
        label=gettext_lazy("Or user name or organisation"),
        max_length=39,
        required=False,
        help_text=gettext_lazy("It is put into their library at once, without a link."),
    )
    message = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=LONGEST_MESSAGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The recipient reads it."),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day of access"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("In UTC. Leave it empty for good."),
    )
    reason = forms.CharField(label=gettext_lazy("Why you give it"), max_length=500, help_text=_REASON)

    def __init__(self, data: object = None, *, seller: Account | None = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]  # a QueryDict or None
        self._seller = seller

    def clean_product(self) -> Product:
        """Turn the address into the seller's product."""
        named = path_typed(self.cleaned_data["product"])
        product = products_named(self._seller.pk, [named]).get(named) if self._seller else None
        if product is None:
            raise forms.ValidationError(gettext("You have no product “{product}” that can be given.").format(product=named))
        return product

    def clean_edition(self) -> Edition | None:
        """Turn the name into the product's edition; a product that is none has said so itself."""
        name, product = self.cleaned_data["edition"].strip(), self.cleaned_data.get("product")
        if not name or product is None:
            return None
        edition = editions_by_name([product.pk]).get((product.pk, name.casefold()))
        if edition is None:
            raise forms.ValidationError(gettext("It has no edition “{edition}”.").format(edition=name))
        return edition

    def clean_account(self) -> Account | None:
        """Turn the handle into the account."""
        handle = self.cleaned_data["account"].strip().lower()
        if not handle:
            return None
        known = re.fullmatch(USERNAME_PATTERN, handle)  # never query for what PostgreSQL cannot store
        account = Account.objects.filter(handle=handle).exclude(user__is_active=False).select_related("user").first() if known else None
        if account is None:
            raise forms.ValidationError(gettext("Nobody has this name."))
        return account

    def clean(self) -> dict[str, object]:
        """Refuse two recipients."""
        values = super().clean() or {}
        if values.get("account") and values.get("email"):
            self.add_error("account", gettext("Name an address or an account, not both."))
        return values

    @property
    def giving(self) -> Giving:
        """What is given."""
        values = self.cleaned_data
        day = values["ends_on"]
        ends_at = end_of_day(day) if day else None
        return Giving(values["product"], values["email"], values["message"], ends_at, edition=values["edition"])


class UploadForm(forms.Form):
    """A file, and why."""

    file = forms.FileField(label=gettext_lazy("CSV file"))
    reason = forms.CharField(label=gettext_lazy("Why you give them"), max_length=500, help_text=_REASON)


class RevokeForm(forms.Form):
    """Why a gift is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Why you take it back"), max_length=500, help_text=gettext_lazy("Whoever has it reads this.")
    )


class SendForm(forms.Form):
    """Where a gift goes."""

    email = _EmailField(
        label=gettext_lazy("E-mail of the recipient"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Leave it empty for a link that you pass on yourself."),
    )
