"""Form fields in the shape of our pages: label, control, then help or what is wrong, tied together for screen readers."""

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select, Textarea

register = template.Library()


@register.inclusion_tag("_field.html")
def field(
    bound: BoundField,
    *,
    affix: str = "",
    mono: bool = False,
    label: bool = True,
    aside: str = "",
    caption: str | None = None,
    help: str | None = None,  # noqa: A002  reads right in templates
    **attributes: str,
) -> dict[str, object]:
    """Show one field.

    Args:
        bound: the field of a bound or unbound form.
        affix: text that stands in front of the input and belongs to the value, as a currency or `host/namespace/`.
        mono: for names and tokens.
        label: False hides the label from eyes, never from screen readers.
        aside: a short link or word at the label's right; safe HTML of the template's.
        caption: replaces the label's text, where the form is a library's.
        help: replaces the help text, likewise; empty takes it away.
        attributes: further attributes of the control, `_` for `-`.
    """
    bound.label = bound.label if caption is None else caption
    bound.help_text = bound.help_text if help is None else help
    kind = _kind(bound)
    extra: dict[str, str | bool] = {name.replace("_", "-"): value for name, value in attributes.items()}
    if kind in {"input", "select", "area"}:
        extra["class"] = f"{kind} mono" if mono else kind
    return {
        "field": bound,
        "kind": kind,
        "control": _control(bound, kind, extra),
        "affix": affix,
        "label": label,
        "aside": aside,
    }


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, CheckboxInput):
        return "check"
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    if isinstance(widget, Textarea):
        return "area"
    return "select" if isinstance(widget, Select) else "input"


def _control(bound: BoundField, kind: str, attributes: dict[str, str | bool]) -> object:
    if kind == "choices":
        return bound.subwidgets
    if isinstance(bound.field.widget, FileInput):
        attributes.setdefault("accept", "image/png,image/jpeg,image/webp")
    return bound.as_widget(attrs=attributes)
