"""An edition, as its seller types it; its prices are the rows of `price_forms`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from common.web.forms import NameField
from marketplace.images.models import Image
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.editions import images_sold


class EditionForm(forms.Form):
    """What an edition is called, and which of its product's images it holds."""

    name = NameField(label=gettext_lazy("Name"), max_length=30, help_text=gettext_lazy("In one or two words: Standard, Pro."))
    line = NameField(
        label=gettext_lazy("One line"), max_length=120, required=False, help_text=gettext_lazy("For whom it is, or what it adds.")
    )
    images = forms.ModelMultipleChoiceField(
        label=gettext_lazy("What it contains"),
        queryset=Image.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one of the product’s images.")},
        help_text=gettext_lazy("All that a buyer gets: a larger edition contains the images of the smaller one too."),
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["images"].queryset = product.images.order_by("product_images__position", "pk")  # type: ignore[attr-defined]  # a ModelMultipleChoiceField

    @staticmethod
    def initial_of(product: Product, edition: Edition | None) -> dict[str, object]:
        """Return the values that the form shows: of an edition, or of a new one, which holds everything."""
        images = images_sold(product, edition)
        return {"name": edition.name, "line": edition.line, "images": images} if edition else {"images": images}
