"""Covers and avatars in templates."""

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from common.web.templatetags.display import size
from marketplace.covers import drawing as drawings
from marketplace.covers.core import HEIGHT, WIDTH, Segment, draw_core
from marketplace.covers.drawing import Drawing
from marketplace.covers.layer_rows import LayerRow
from marketplace.covers.selectors import hexadecimal

register = template.Library()

_TICK_HEIGHT = 9  # pixels of the cover between two labels


@register.simple_tag
def cover(drawing: Drawing | None, classes: str = "", label: str = "") -> SafeString:
    """Put a cover into the page, inline, so that the dark theme applies to it. Without a drawing it is dashed lines."""
    width, height = (drawing.width, drawing.height) if drawing else (320, 200)
    body = drawing.body if drawing else drawings.empty()
    return format_html(
        '<svg class="cover {}{}" viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" {}>{}</svg>',
        classes,
        "" if drawing else " blank",
        width,
        height,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        mark_safe(body),  # noqa: S308  numbers and colours only
    )


@register.simple_tag
def avatar(name: str) -> SafeString:
    """Draw somebody's round picture, which is always the same for a name."""
    return mark_safe(f'<svg class="shade avatar" viewBox="0 0 60 60" aria-hidden="true">{_avatar(name)}</svg>')  # noqa: S308  as above


@register.simple_tag
def scenery(seed: str) -> SafeString:
    """Draw the picture of a page that belongs to no image."""
    frame = 'class="cover cover-tall" viewBox="160 0 320 240" preserveAspectRatio="xMidYMid slice" aria-hidden="true"'
    return mark_safe(f"<svg {frame}>{_scenery(seed)}</svg>")  # noqa: S308  as above


@register.simple_tag
def ticks(drawing: Drawing) -> SafeString:
    """Write the size of each layer beside a tall cover, where its band ends. Sizes that would overlap are left out."""
    marks, lowest = [], float(drawing.height)
    for band in drawing.bands:
        y = (band.top + band.bottom) / 2
        if y > lowest - _TICK_HEIGHT:
            continue
        lowest = y
        marks.append(f'<line x1="0" y1="{y:.1f}" x2="7" y2="{y:.1f}"/><text x="10" y="{y + 2.6:.1f}">{size(band.layer.size)}</text>')
    return mark_safe(f'<svg class="ticks" viewBox="0 0 52 {drawing.height}" aria-hidden="true">{"".join(marks)}</svg>')  # noqa: S308  as above


@register.simple_tag
def core(rows: Sequence[LayerRow]) -> SafeString:
    """Draw the rows of a table of layers, newest first, as one drill core to scale."""
    segments = [Segment(hexadecimal(row.layer), row.layer.size, row.fill) for row in reversed(rows)]
    largest = max((row.layer.size for row in rows), default=0)
    label = gettext("The layers to scale, the base at the left: the largest has {largest} of {whole}")
    return format_html(
        '<svg class="core shade" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        label.format(largest=size(largest), whole=size(sum(row.layer.size for row in rows))),
        mark_safe(draw_core(segments)),  # noqa: S308  numbers and colours only
    )


@lru_cache(maxsize=1000)
def _avatar(name: str) -> str:
    return drawings.avatar(name).body


@lru_cache(maxsize=20)
def _scenery(seed: str) -> str:
    return drawings.draw(seed, drawings.invented(seed, 9), width=640, height=260).body
