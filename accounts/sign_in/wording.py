"""Messages of allauth that our catalogue translates itself: the package's own German is on first-name terms, and we are not.

The project's catalogue goes before those of packages, so that it is enough to mark them.
"""

from typing import Final

from django.utils.translation import gettext_noop

TRANSLATED_BY_US: Final = (
    gettext_noop("Please type your current password."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("Username can not be used. Please use other username."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("You cannot remove your primary email address."),
    gettext_noop("You cannot remove your primary email address (%(email)s)."),
    gettext_noop("Your primary email address must be verified."),
    gettext_noop("You cannot add more than %d email addresses."),
    gettext_noop("You must type the same email each time."),
    gettext_noop("Please select only one."),
    gettext_noop("You have confirmed %(email)s."),
    gettext_noop("You have signed out."),
)
