"""Styles of mails: written once, in `templates/email/_style.css`, and copied to each element.

Mail programs that drop style elements, or their classes, still show the attributes; those that keep them add dark colours. The selectors
outside of media queries are therefore plain: an element, a class, or an element of a class.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_OPENING = re.compile(r'<([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')  # as our templates write it; Django escapes quotes and > in values
_CLASSES = re.compile(r' class="([^"]*)"')
Rules = tuple[tuple[str, str], ...]


def with_inline_styles(html: str) -> str:
    """Return a mail in which each element carries the declarations that the style element in its head has for it."""
    head, body_tag, body = html.partition("<body>")
    rules = rules_of(head)
    return head + _OPENING.sub(lambda element: _styled(element, rules), body_tag + body)


def rules_of(head: str) -> Rules:
    """Return selectors and declarations that hold in every colour scheme, in their order."""
    found = _STYLE.search(head)
    return _parsed(found[1].partition("@media")[0]) if found else ()


@lru_cache(maxsize=2)
def _parsed(sheet: str) -> Rules:
    return tuple(
        (selector.strip(), "; ".join(part.strip() for part in declarations.split(";") if part.strip()))
        for selectors, declarations in _RULE.findall(_COMMENT.sub("", sheet))
        for selector in selectors.split(",")
    )


def _styled(element: re.Match[str], rules: Rules) -> str:
    name, attributes = element.groups()
    classes = _CLASSES.search(attributes)
    names = set(_selectors(name, classes[1].split() if classes else []))
    style = "; ".join(declarations for selector, declarations in rules if selector in names)
    return f'<{name}{attributes} style="{style}">' if style else element[0]


def _selectors(name: str, classes: list[str]) -> Iterator[str]:
    yield name
    for one in classes:
        yield f".{one}"
        yield f"{name}.{one}"
