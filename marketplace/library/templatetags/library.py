"""The library in templates."""

from django import template

from marketplace.library.reasons import reason_of

register = template.Library()
register.filter("reason", reason_of)
