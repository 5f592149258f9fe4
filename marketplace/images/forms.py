"""Choosing a namespace and reserving image names."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from marketplace.images.models import Namespace


class ReserveForm(forms.Form):
    """A name for an image, and the namespace if the seller has several."""

    namespace = forms.ModelChoiceField(label=gettext_lazy("Namespace"), queryset=Namespace.objects.none(), empty_label=None)
    name = forms.CharField(label=gettext_lazy("Image name"), max_length=200, strip=True)

    def __init__(self, *args: object, namespaces: QuerySet[Namespace], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments, passed on
        field = self.fields["namespace"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for the type checker
        field.queryset = namespaces
        self.only = namespaces.first() if namespaces.count() == 1 else None
        if self.only:
            del self.fields["namespace"]

    @property
    def chosen(self) -> Namespace:
        """The namespace of the new name. Ask a valid form only."""
        return self.only or self.cleaned_data["namespace"]
