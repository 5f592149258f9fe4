"""Data in a page for programs that read it."""

import json
from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# JSON has no need of these outside strings, and inside they may be written as escapes (RFC 8259, section 7): then nothing ends the element.
_ESCAPED = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


@register.simple_tag
def json_ld(data: Mapping[str, object]) -> SafeString:
    """Put data into the page as JSON-LD. It is a data block, which no browser runs, so the policy is not asked (HTML, 4.12.1)."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  escaped above
