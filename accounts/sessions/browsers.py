"""What people call the browser and the system that a User-Agent header names."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

# The first that a header contains: many claim to be others as well, and name those last.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_UNKNOWN: Final = gettext_noop("A browser")
_SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Mac OS X": "macOS", "Linux": "Linux"}


def browser_named(user_agent: str) -> str:
    """Return `Firefox on Linux`, `Firefox` or `A browser`, without versions: an update makes no new device. It is what is stored."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), _UNKNOWN)
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def in_words(named: str) -> str:
    """Return what `browser_named` gave in the reader's language."""
    browser, _, system = named.partition(" on ")
    browser = gettext(_UNKNOWN) if browser == _UNKNOWN else browser
    return gettext("{browser} on {system}").format(browser=browser, system=system) if system else browser
