"""A pull credential: which images, where it is used, how long."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from django import forms

from accounts.forms import AccessTokenForm
from marketplace.selectors.library import LibraryEntry


class PullCredentialForm(AccessTokenForm):
    """An access token's form with images in place of scopes."""

    scopes = None  # type: ignore[assignment]  # Django's way to leave out an inherited field
    images = forms.MultipleChoiceField(
        label="It pulls",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one image."},
    )
    field_order = ("name", "images", "lifetime")

    def __init__(self, data: object, *, entries: Sequence[LibraryEntry], chosen: Sequence[str]) -> None:
        super().__init__(data, initial={"images": chosen})  # type: ignore[arg-type]  # a QueryDict or None
        choices = [(str(entry.image.pk), entry.image.repository) for entry in entries]
        cast("forms.MultipleChoiceField", self.fields["images"]).choices = choices

    @property
    def image_ids(self) -> list[UUID]:
        """The chosen images."""
        return [UUID(pk) for pk in self.cleaned_data["images"]]
