"""Why somebody may not pull an image of their library, in words, for pages and the API."""

from django.utils.translation import gettext

from marketplace.library.selectors import EntryState, LibraryEntry


def reason_of(entry: LibraryEntry) -> str:
    """Return in a sentence why the reader may not pull the image; empty if they may."""
    match entry.state:
        case EntryState.MAY_PULL:
            return ""
        case EntryState.HELD:
            sentence = gettext("Owners, members and robots of {organisation} can pull it; your role can only buy.")
            return sentence.format(organisation=entry.holder.name)
        case EntryState.TAKEN_DOWN:
            return gettext("We took this image down; nobody can pull it at the moment.")
        case EntryState.PAUSED:
            return gettext("Pull access is paused: the payment is disputed, or being given back.")
        case _:
            return gettext(entry.entitlement.why_ended)
