"""Messages of packages that our catalogue translates itself: their own German says `du` in these, and we say `Sie`.

The project's catalogue goes before those of packages, so that it is enough to mark them.
"""

from typing import Final

from django.utils.translation import gettext_noop

OF_ALLAUTH: Final = (
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
OF_REST_FRAMEWORK: Final = (  # some are Django's as well, whose forms would otherwise say them in its words
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a valid URL."),
    gettext_noop('Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'),
    gettext_noop('Enter a valid "slug" consisting of Unicode letters, numbers, underscores, or hyphens.'),
    gettext_noop("Ensure this field has at least {min_length} characters."),
    gettext_noop("Ensure this field has no more than {max_length} characters."),
    gettext_noop("Ensure this value is greater than or equal to {min_value}."),
    gettext_noop("Ensure this value is less than or equal to {max_value}."),
    gettext_noop("Ensure that there are no more than {max_digits} digits in total."),
    gettext_noop("Ensure that there are no more than {max_decimal_places} decimal places."),
    gettext_noop("Ensure that there are no more than {max_whole_digits} digits before the decimal point."),
    gettext_noop("Ensure this filename has at most {max_length} characters (it has {length})."),
    gettext_noop("Upload a valid image. The file you uploaded was either not an image or a corrupted image."),
)
