"""Why a proof was not seen, in sentences for the seller. They are stored in English, and shown in the reader's language."""

import re
from enum import StrEnum

from django.utils.translation import gettext, gettext_noop


class Fault(StrEnum):
    """The sentences; whoever raises one fills it in. What is filled in has no spaces."""

    NOT_IN_TIME = gettext_noop("{domain} did not answer in time.")
    NO_RECORD = gettext_noop("{record} has no TXT record with this text.")
    OTHER_TEXT = gettext_noop("{address} does not hold this text.")
    DNS_SILENT = gettext_noop("The DNS did not answer.")
    DNS_AWAY = gettext_noop("The DNS could not be reached.")
    DNS_REFUSED = gettext_noop("The DNS refused to answer (code {code}).")
    DNS_UNREADABLE = gettext_noop("The DNS gave an answer that cannot be read.")
    DNS_MIXED_UP = gettext_noop("The DNS gave an answer to another question.")
    NO_ADDRESS = gettext_noop("{domain} has no address.")
    NOT_PUBLIC = gettext_noop("{domain} leads to an address that is not public.")
    NOT_READ = gettext_noop("{address} could not be read ({error}).")
    NOT_OK = gettext_noop("{address} was answered with {status}; 200 is needed, and redirects are not followed.")
    TOO_LONG = gettext_noop("{address} is longer than {most} bytes.")


def in_readers_language(stored: str) -> str:
    """Translate the sentences of a stored fault; what is none of them stays as it is."""
    for fault in Fault:
        stored = _translated(fault, stored)
    return stored


def _translated(fault: Fault, text: str) -> str:
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\S+)", re.escape(fault))
    return re.sub(pattern, lambda found: gettext(fault.value).format(**found.groupdict()), text)
