"""What a report is about, in words: stored in English, and shown in the reader's language."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

PRODUCT: Final = gettext_noop("the product {name}")
IMAGE: Final = gettext_noop("the image {name}")
SHOP: Final = gettext_noop("the shop {name}")
REVIEW: Final = gettext_noop("a review of {name}")
FORMS: Final = (PRODUCT, IMAGE, SHOP, REVIEW)
SHOP_OF_DELETED_ACCOUNT: Final = gettext_noop("the shop of a deleted account")


def in_words(label: str) -> str:
    """Return a stored label in the reader's language; one of another form as it is."""
    if label != SHOP_OF_DELETED_ACCOUNT:
        for form in FORMS:
            beginning = form.removesuffix("{name}")
            if label.startswith(beginning):
                return gettext(form).format(name=label.removeprefix(beginning))
    return gettext(label)
