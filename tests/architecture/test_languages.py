"""Every sentence that people read is translated, into each language of the shop."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Catalog, Message
from django.conf import settings
from django.utils.translation import to_locale

from tests.support.bare_python import bare_sentences, unreadable_messages
from tests.support.bare_templates import bare_words, dates_by_format
from tools import messages

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [to_locale(code) for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
APPS = ("accounts", "billing", "common", "marketplace", "outbox", "registry_auth")
# Who reads these runs the shop, writes a program against its API, or decides on a dispute in a bank: they are English.
OF_OPERATORS = re.compile(
    r"/(?:admin|management|migrations)/|/(?:checks|metrics|schema|reference)\.py$|/api(?:/|\.py$)|^common/(?:db|ops)/"
    r"|^registry_auth/(?:client|inbox|keys|token|upkeep)/|^billing/disputes/(?:evidence|pulls|subscribed)\.py$"
)
# Sentences in rooms that others read as well, by where they begin.
FOR_STAFF = {
    **dict.fromkeys(("This user is already disabled.", "This user is not disabled."), "an act of staff"),
    **dict.fromkeys(
        ("This seller is already suspended.", "This seller is not suspended.", "No Stripe account is connected."), "an act of staff"
    ),
    **dict.fromkeys(("This order was never paid", "Only a pending order that is flagged", "This order is not flagged."), "an act of staff"),
    **dict.fromkeys(("Only an order that cost nothing", "Only an order that a bank took back"), "an act of staff"),
    "This subscription ends with its period already.": "an act of staff",
    "Stripe has already made": "an act of staff",
    **dict.fromkeys(("Choose a moment that is not over", "{} is counted in steps of", "Other terms of this seller"), "an act of staff"),
    "The entries of {} do not balance.": "the log",
    "The subscription has {} items.": "why the new price of a subscription waits, in the admin",
    **dict.fromkeys(("Small letters and digits, one word each.", "This account belongs to a person"), "a form of staff"),
    **dict.fromkeys(("There is no product at {address}.", "Open this page anew: it does not say"), "a form of staff"),
    **dict.fromkeys(
        (
            "Stripe moved ",
            "The books ",
            "Another fee was kept",
            "Stripe lists it now.",
            "This difference has ended",
            "Only a movement that",
        ),
        "differences of the books",
    ),
    **dict.fromkeys(("{} events wait", "This event is of API version"), "the inbox of webhooks"),
    **dict.fromkeys(("Stripe says {} of a dispute", "More money went back", "The order is {}"), "a flag for staff"),
    **dict.fromkeys(("{} went back, and the seller", "Of our fee {} went back", "Stripe has not moved the money"), "a flag for staff"),
    **dict.fromkeys(
        ("The payment is disputed: the", "Made in Stripe's dashboard.", "It was pulled since the sale."), "of a refund, in the admin"
    ),
    **dict.fromkeys(
        ("What a bank took of this order", "The bank took {} in another", "The bank has decided for the seller"), "a flag for staff"
    ),
    **dict.fromkeys(("Nothing waits to be taken back", "The dispute was {} before the answer"), "an act of staff"),
    **dict.fromkeys(("It was never opened", "It can no longer be bought:", "They deleted it themselves."), "the audit trail"),
    **dict.fromkeys(("The account was deleted.", "The organisation was closed."), "the audit trail"),
    **dict.fromkeys(("Give STRIPE_SECRET_KEY", "Stripe does not accept STRIPE_SECRET_KEY.", "It did not answer a moment ago."), "the log"),
    **dict.fromkeys(("There is nothing here.", "This is not an event signed by Stripe."), "an answer to Stripe"),
    "An access token (`lsp_…`)": "the API's description",
}
TEMPLATES_OF_STAFF = re.compile(r"^admin/")
# What stays as it is in every language: variables, markup, code.
KEPT = re.compile(r"%\(\w+\)s|%%|\{\w*\}|</?\w[^>]*>|`[^`]+`")


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    """Return what the code asks to be translated."""
    return messages.extracted()


def catalogue(language: str) -> Catalog:
    return messages.read(messages.catalogue_path(language), language)


def forms_of(message: Message) -> Iterable[tuple[str, str]]:
    """Yield each form of a translation with what it translates."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    one, many = message.id
    return [(one if number == 0 else many, form) for number, form in enumerate(message.string or ())]


def templates() -> dict[str, str]:
    folder = ROOT / "templates"
    paths = {str(path.relative_to(folder)): path for kind in messages.TEMPLATES for path in folder.rglob(kind)}
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(paths.items()) if not TEMPLATES_OF_STAFF.match(name)}


@cache
def modules() -> dict[str, str]:
    paths = {str(path.relative_to(ROOT)): path for app in APPS for path in (ROOT / app).rglob("*.py")}
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(paths.items())}


def test_each_language_has_a_catalogue_and_is_known_to_unicode() -> None:
    assert messages.languages() == sorted(LANGUAGES)
    assert [Locale.parse(code).language for code in LANGUAGES] == [code.partition("_")[0] for code in LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_what_the_code_asks_for_and_nothing_else(language: str, extracted: Catalog) -> None:
    """After a sentence was added, changed or removed: script/messages."""
    path = messages.catalogue_path(language)

    assert path.read_text(encoding="utf-8") == messages.written(messages.renewed(language, extracted, catalogue(language))).decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    assert [message.id for message in catalogue(language) if message.id and not messages.is_translated(message)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_variables_markup_and_code(language: str) -> None:
    different = [
        (before, after)
        for message in catalogue(language)
        if message.id
        for before, after in forms_of(message)
        # The form for one may leave its number out, in both languages.
        if Counter(KEPT.findall(before)) != Counter(KEPT.findall(after)) and not _lacks_only_the_number(message, before, after)
    ]

    assert different == []


def _lacks_only_the_number(message: Message, before: str, after: str) -> bool:
    lacking = Counter(KEPT.findall(after)) - Counter(KEPT.findall(before)) + (Counter(KEPT.findall(before)) - Counter(KEPT.findall(after)))
    numbers = Counter(KEPT.findall(message.id[1])) - Counter(KEPT.findall(message.id[0])) if isinstance(message.id, tuple) else Counter()
    return bool(lacking) and not lacking - numbers


def test_templates_hold_no_words_outside_of_tags_that_translate() -> None:
    assert [(name, words) for name, source in templates().items() for words in bare_words(source)] == []


def test_templates_write_days_and_times_in_the_readers_language() -> None:
    assert [(name, use) for name, source in templates().items() for use in dates_by_format(source)] == []


def test_python_holds_no_sentence_that_is_not_translated() -> None:
    found = [
        f"{name}:{line}: {text}"
        for name, source in modules().items()
        if not OF_OPERATORS.search(name)
        for line, text in bare_sentences(source)
        if not text.startswith(tuple(FOR_STAFF))
    ]

    assert found == []


def test_each_exception_is_still_said() -> None:
    said = {text for source in modules().values() for _, text in bare_sentences(source)}

    assert [beginning for beginning in FOR_STAFF if not any(text.startswith(beginning) for text in said)] == []


def test_what_is_translated_is_a_literal_text() -> None:
    assert [f"{name}:{line}" for name, source in modules().items() for line in unreadable_messages(source)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Your orders</p>", ["Your orders"]),
        ('<p>{% translate "Your orders" %}</p>', []),
        ("<p>{% blocktranslate trimmed %}Your <b>orders</b>{% endblocktranslate %} of {{ name }}</p>", ["… of …"]),
        ('<a href="/orders" title="All of them">{{ name }}</a>', ['title="All of them"']),
        ('<td data-th="Price">{{ price }}</td>', ['data-th="Price"']),
        ('<a title="{% translate "All" %}" class="wide">1 234 €</a>', []),
        ('{% include "_part.html" with title="Your orders" %}', ["Your orders"]),
        ('{% include "_part.html" with title=_("Your orders") %}', []),
        ('{% include "_part.html" with title=_("Your orders.") words=_("None.") route="orders" %}', []),
        ('{% include "_part.html" with title=_("Your orders.") words="None yet" %}', ["None yet"]),
        ('{% field form.name caption="New name" %}', ["New name"]),
        ('{{ used|default:"not yet" }}', ["not yet"]),
        ('{{ used|yesno:"Yes,No" }}', ["Yes,No"]),
        ('{{ used|default:_("not yet") }}', []),
        ("<code>docker pull {{ name }}:tag</code> Layerstore, Stripe", []),
        ('{% if state == "published" %}1{% endif %}', []),
        ('<meta name="description" content="All images">', ['content="All images"']),
    ],
)
def test_a_bare_word_in_a_template_is_found(source: str, found: list[str]) -> None:
    assert bare_words(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('messages.success(request, "It was saved.")', ["It was saved."]),
        ('messages.success(request, gettext("It was saved."))', []),
        ('raise NoSuchImage(f"There is no {name} here.")', ["There is no {} here."]),
        ('label = gettext_lazy("What it is called.")', []),
        ('logger.warning("It was not saved.")', []),
        ('raise ValueError("It was not saved.")', []),
        ('def one():\n    """It is saved."""', []),
        ('KINDS = {"a": "Choose one of them."}', ["Choose one of them."]),
    ],
)
def test_a_bare_sentence_in_python_is_found(source: str, found: list[str]) -> None:
    assert [text for _, text in bare_sentences(source)] == found


def test_a_text_that_no_catalogue_can_hold_is_found() -> None:
    assert unreadable_messages('gettext("One")\ngettext(f"{two}")\nngettext("a" + b, "c", 3)\ngettext(stored)') == [2, 3]


def test_a_fixed_format_of_a_date_is_found() -> None:
    assert dates_by_format('{{ at|date:"j F" }} {{ at|day }} {% blocktranslate with x=at|time:"H:i" %}{{ x }}{% endblocktranslate %}') == [
        'at|date:"j F"',
        'blocktranslate with x=at|time:"H:i"',
    ]
