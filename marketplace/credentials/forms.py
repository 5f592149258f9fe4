"""Access tokens, pull credentials and robots: what each is for, which images, how long."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from accounts.robots.services import LONGEST_NAME
from accounts.tokens.models import TokenScope
from common.web.forms import NameField
from marketplace.images.models import Image

UNTIL = "until"
_LIFETIMES = (
    ("30", pgettext_lazy("expires after", "30 days")),
    ("90", pgettext_lazy("expires after", "90 days")),
    ("365", pgettext_lazy("expires after", "1 year")),
    (UNTIL, gettext_lazy("A day I choose")),
    ("", gettext_lazy("Never")),
)
_OVERLAPS = (
    ("0", gettext_lazy("At once")),
    ("1", gettext_lazy("In a day")),
    ("7", gettext_lazy("In a week")),
    ("30", gettext_lazy("In 30 days")),
)
_LAST_MINUTE = time(23, 59, tzinfo=UTC)


class EndingForm(forms.Form):
    """When a credential expires."""

    lifetime = forms.ChoiceField(label=gettext_lazy("Expires after"), choices=_LIFETIMES, initial="90", required=False)
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Only with “A day I choose”; it ends at midnight UTC."),
    )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if "lifetime" in values and "until" in values and (fault := self._fault(values["lifetime"])):
            self.add_error("until", fault)
        return values

    def _fault(self, lifetime: str) -> str:
        until = self.cleaned_data["until"]
        if until is not None and lifetime != UNTIL:
            return gettext("Choose “A day I choose” above, or leave this empty.")
        if until is None and lifetime == UNTIL:
            return gettext("Choose the last day.")
        return gettext("Choose a day in the future.") if until and datetime.combine(until, _LAST_MINUTE) <= timezone.now() else ""

    @property
    def expires_at(self) -> datetime | None:
        """When it expires, counted from now; None for never."""
        values = self.cleaned_data
        if values["lifetime"] == UNTIL:
            return datetime.combine(values["until"], _LAST_MINUTE)
        return timezone.now() + timedelta(days=int(values["lifetime"])) if values["lifetime"] else None


class LimitedForm(EndingForm):
    """A credential for some images only, or for all."""

    name: forms.CharField = NameField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Where it is used, e.g. build server.")
    )
    images = forms.MultipleChoiceField(
        label=gettext_lazy("Only these images"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none to allow all of them, including later ones."),
    )
    field_order: Sequence[str] = ("name", "images", "lifetime", "until")

    def __init__(self, data: object = None, *, images: Sequence[Image], chosen: Sequence[str] = ()) -> None:
        super().__init__(data, initial={"images": chosen})  # type: ignore[arg-type]  # a QueryDict or None
        if images:
            cast("forms.MultipleChoiceField", self.fields["images"]).choices = [(str(image.pk), image.repository) for image in images]
        elif not self.fields["images"].required:
            del self.fields["images"]

    @property
    def image_ids(self) -> list[UUID]:
        """The chosen images; none for all."""
        return [UUID(pk) for pk in self.cleaned_data.get("images", ())]


class AccessTokenForm(LimitedForm):
    """A new access token: where it is used, what it may do, with which images, how long."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=TokenScope.choices,
        initial=[TokenScope.PULL],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing the token may do.")},
    )
    field_order = ("name", "scopes", "images", "lifetime", "until")

    def clean_scopes(self) -> list[TokenScope]:
        return [TokenScope(scope) for scope in self.cleaned_data["scopes"]]


class PullCredentialForm(LimitedForm):
    """A new pull credential, which is always limited to some images."""

    images = forms.MultipleChoiceField(
        label=gettext_lazy("Images it can pull"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one image.")},
    )


class RobotForm(LimitedForm):
    """A new robot."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=LONGEST_NAME, help_text=gettext_lazy("Lower-case letters and digits, e.g. ci or cluster-1.")
    )
    lifetime = forms.ChoiceField(label=gettext_lazy("Expires after"), choices=_LIFETIMES, initial="365", required=False)

    pushes = forms.BooleanField(
        label=gettext_lazy("Push to them, too"),
        required=False,
        help_text=gettext_lazy("Only with images that you choose above, and that the organisation owns."),
    )
    field_order = ("name", "images", "pushes", "lifetime", "until")


class ReplaceRobotForm(EndingForm):
    """A new secret for a robot: when the old one ends, and how long the new one lives."""

    overlap = forms.ChoiceField(
        label=gettext_lazy("The old secret ends"),
        choices=_OVERLAPS,
        initial="1",
        help_text=gettext_lazy("Until then both work, so that you can replace it everywhere."),
    )
    lifetime = forms.ChoiceField(label=gettext_lazy("The new secret expires after"), choices=_LIFETIMES, initial="365", required=False)
    field_order = ("overlap", "lifetime", "until")

    @property
    def overlap_time(self) -> timedelta:
        """How long both secrets work."""
        return timedelta(days=int(self.cleaned_data["overlap"]))
