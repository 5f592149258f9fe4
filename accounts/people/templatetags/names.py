"""Names of accounts and sellers in templates."""

from django import template

from accounts.people.names import shown_name

register = template.Library()
register.filter("shown_name", shown_name)
