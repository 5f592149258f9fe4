"""The forms by which somebody becomes a seller, and names their domain."""

from django import forms

from common.web.forms import NameField


class StartForm(forms.Form):
    """A member becomes a seller. The namespace's field is called `name`, as in the service's errors."""

    display_name = NameField(label="Shop name", max_length=80, help_text="As buyers read it on your pages and receipts.")
    name = forms.CharField(label="Namespace", max_length=40, help_text="Short, and yours: often the name of your company or project.")


class DomainForm(forms.Form):
    """The domain of a seller's own website."""

    domain = forms.CharField(label="Your domain", max_length=260, help_text="Of your company or project, like acme.com.")
