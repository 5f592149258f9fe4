"""A product's page and its pictures."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from common.web.forms import NameField
from marketplace.images.models import Image, Namespace
from marketplace.products.models import LONGEST_REFUND_WINDOW, Category, Product
from marketplace.products.services.pictures import MOST_TIMES

EDITORS_OWN = frozenset({"revision", "tab"})  # fields that say nothing of the product
_MOST_SAVES = 2**31 - 1  # what the column holds


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django has no generic one at run time
    """A choice among the shop's categories, in the reader's language where it knows them."""

    def label_from_instance(self, obj: Category) -> str:
        return gettext(obj.name)


class ProductForm(forms.Form):
    """The page of a product, and the images that it sells."""

    namespace = forms.ModelChoiceField(label=gettext_lazy("Namespace"), queryset=Namespace.objects.none(), empty_label=None)
    images = forms.ModelMultipleChoiceField(
        label=gettext_lazy("What is sold"),
        queryset=Image.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("One image, or several as a bundle."),
    )
    title = NameField(label=gettext_lazy("Title"), max_length=80)
    slug = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=128,
        help_text=gettext_lazy("Often the image’s own name. It cannot change once the product has been published."),
    )
    summary = NameField(
        label=gettext_lazy("One line"), max_length=200, required=False, help_text=gettext_lazy("Shown in lists. 200 characters at most.")
    )
    category = CategoryField(
        label=gettext_lazy("Category"), queryset=Category.objects.all(), required=False, empty_label=gettext_lazy("None")
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        widget=forms.Textarea,
        max_length=50_000,
        required=False,
        help_text=gettext_lazy("Markdown. Pictures from other hosts are dropped."),
    )
    licence_name = NameField(
        label=gettext_lazy("Licence"), max_length=80, required=False, help_text=gettext_lazy("In a few words: Commercial, per company.")
    )
    licence_text = forms.CharField(label=gettext_lazy("Its text"), widget=forms.Textarea, max_length=200_000, required=False)
    refund_days = forms.IntegerField(
        label=gettext_lazy("Refund window in days"),
        min_value=0,
        max_value=LONGEST_REFUND_WINDOW,
        required=False,
        help_text=gettext_lazy("So long after the payment you give the money back to who asks. The product’s page says it. 0: no promise."),
    )
    # The editor's own: which revision it was opened at, and which tab it is.
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=_MOST_SAVES)
    tab = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, namespaces: QuerySet[Namespace], images: QuerySet[Image], product: Product | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["images"].queryset = images  # type: ignore[attr-defined]  # it is a ModelMultipleChoiceField
        self.fields["namespace"].queryset = namespaces  # type: ignore[attr-defined]  # it is a ModelChoiceField
        if product is not None or len(namespaces) == 1:
            del self.fields["namespace"]
        if product is not None and product.published_at is not None:
            del self.fields["slug"]

    @staticmethod
    def initial_of(product: Product) -> dict[str, object]:
        """Return the values that the form shows for an existing product."""
        names = ("title", "slug", "summary", "category", "description", "licence_name", "licence_text", "refund_days", "revision")
        images = [part.image_id for part in product.product_images.all()]
        return {name: getattr(product, name) for name in names} | {"images": images}

    def clean_refund_days(self) -> int:
        """Nothing typed is no promise."""
        return self.cleaned_data["refund_days"] or 0

    @property
    def page(self) -> dict[str, Any]:
        """The fields of the page, as the services take them. Ask a valid form only."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"namespace", "images", *EDITORS_OWN}}


class UnsavedForm(forms.Form):
    """What the editor's script says of the tab whose text is to be kept or discarded."""

    tab = forms.UUIDField()
    seen = forms.IntegerField(required=False, min_value=0, max_value=_MOST_SAVES)
    revision = forms.IntegerField(required=False, min_value=0, max_value=_MOST_SAVES)

    def clean_seen(self) -> int:
        """A tab that has kept nothing has seen version 0."""
        return self.cleaned_data["seen"] or 0


class DiscardForm(forms.Form):
    """Which unsaved text is to be discarded, and of which product it is."""

    tab = forms.UUIDField()
    product = forms.UUIDField(required=False)


class PictureForm(forms.Form):
    """A picture for the product's page."""

    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=format_lazy(
            gettext_lazy(
                "PNG, JPEG or WebP, no side longer than {times} times the other."
                " We make it smaller and remove what it says about the camera."
            ),
            times=MOST_TIMES,
        ),
    )
    alt = NameField(label=gettext_lazy("What it shows"), max_length=200, help_text=gettext_lazy("For people who cannot see it."))
