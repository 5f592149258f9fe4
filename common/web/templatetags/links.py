"""Public addresses in mails, which are read outside the shop."""

from django import template

from common.web import links

register = template.Library()


@register.simple_tag
def absolute(viewname: str, *args: object) -> str:
    """Return the full public address of a view: `{% absolute "marketplace:robots" organisation.handle %}`."""
    return links.absolute(viewname, *args)
