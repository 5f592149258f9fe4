"""The language of a mail: its recipient's."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string


def language_for(address: str, *, otherwise: str | None) -> str:
    """Return the language that the account with this address has chosen, or else the other one, or else English.

    Accounts are above the outbox: the setting `LAYERSTORE_MAIL_LANGUAGE` names the function that knows them.

    Args:
        address: the recipient's.
        otherwise: one of Django's codes, e.g. that of the recipient's own request; None if nothing is known.
    """
    chosen: Callable[[str], str] = import_string(settings.LAYERSTORE_MAIL_LANGUAGE)
    spoken = dict(settings.LANGUAGES)
    return next((language for language in (chosen(address), otherwise) if language in spoken), settings.LANGUAGE_CODE)
