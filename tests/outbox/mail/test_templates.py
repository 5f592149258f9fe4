"""Every mail of the shop, rendered from its examples in each language: text and HTML say the same, load nothing, and say why they came."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import escape

from accounts.organisations.models import Role
from config.gallery.examples import EXAMPLES
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from tests.outbox.mail.reading import CASES, LANGUAGES, rendered
from tests.support.pseudo_language import mark_translations, seen_outside_of_marks

LARGEST = 100_000  # bytes; some mail programs clip what is longer (Gmail: 102 kB)


class Read(HTMLParser):
    """What somebody reads of a mail's HTML, and where its links lead; each button in a list of its own."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: set[str] = set()
        self.buttons: list[str] = []
        self._unread = ""
        self.feed(html.replace("\n", " "))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in {"style", "title"}:
            self._unread = tag
        if tag == "a":
            self.links.add(values["href"])
            self.buttons += [values["href"]] if values.get("class") == "btn" else []

    def handle_endtag(self, tag: str) -> None:
        self._unread = "" if tag == self._unread else self._unread

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words += re.findall(r"\w+", data)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "case"), CASES)
def test_in_each_language_text_and_html_are_one_mail(kind: str, case: str, language: str) -> None:
    mail = rendered(kind, case, language)
    read = Read(mail.html)

    assert mail.subject.strip()
    assert "\n" not in mail.subject
    assert set(re.findall(r"https?://\S+", mail.text)) == read.links
    assert len(set(read.buttons)) <= 1
    assert set(re.findall(r"\w+", re.sub(r"https?://\S+", "", mail.text))) <= set(read.words)
    assert not re.search(r"\n{3}|\{[{%]", mail.text)
    assert not re.search(r"[{]{2}|\{%", mail.html)
    assert f'<html lang="{language}">' in mail.html
    assert f"<title>{mail.subject.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</title>" in mail.html


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_mail_loads_nothing_runs_nothing_and_is_not_clipped(kind: str, case: str) -> None:
    html = rendered(kind, case).html

    assert not re.search(r"<(img|script|link|iframe|object|svg|form)|@import|url\(| on\w+=", html)
    assert len(html.encode()) <= LARGEST


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_mail_says_why_one_gets_it(kind: str, case: str) -> None:
    _, _, foot = rendered(kind, case).text.partition("\n-- \n")

    assert re.match(r"You (get this mail because|asked for these mails)", foot)
    assert foot.endswith("Sent to mira@example.test by Layerstore, the marketplace for Docker images.\nhttp://layerstore.test:8080/\n")


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_no_word_of_a_mail_is_left_in_english(kind: str, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mark_translations(monkeypatch, "de")
    given = [re.escape(text.strip("<.>")) for text in sorted(texts_of(EXAMPLES[kind][case]), key=len, reverse=True)]

    mail = rendered(kind, case, "de")

    assert seen_outside_of_marks(f"{mail.html}<p>{escape(mail.subject)}</p>", names=["mira@example.test", *given]) == []


def texts_of(value: object) -> set[str]:
    """Return the texts that a mail is told; whoever tells them translates them."""
    if isinstance(value, Role):
        return {str(value.label), value.meaning}
    if isinstance(value, str | Promise):
        return {str(value)} - {""}
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else getattr(value, "__dict__", {}).values()
    return {text for one in inside for text in texts_of(one)}


@pytest.mark.django_db
def test_what_is_queued_is_what_was_rendered() -> None:
    queue_mail(to="mira@example.test", template="receipt", context=EXAMPLES["receipt"][""], key="k")

    stored, expected = OutgoingMail.objects.get(), rendered("receipt", "")
    assert (stored.subject, stored.body_text, stored.body_html) == (expected.subject, expected.text, expected.html)


def test_the_language_around_a_mail_is_as_before() -> None:
    with translation.override("de"):
        rendered("receipt", "", "en-gb")
        assert translation.get_language() == "de"
