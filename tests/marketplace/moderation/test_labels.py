"""What a report is about, in words."""

import pytest

from marketplace.moderation import labels
from marketplace.moderation.labels import SHOP_OF_DELETED_ACCOUNT, in_words

GERMAN = {
    "the product {name}": "Produkt {name}",
    "the image {name}": "Image {name}",
    "the shop {name}": "Shop {name}",
    "a review of {name}": "Bewertung von {name}",
    "the shop of a deleted account": "Shop eines gelöschten Kontos",
}


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("the product Fast {DB}", "Produkt Fast {DB}"),
        ("the image acme/db", "Image acme/db"),
        ("the shop the shop", "Shop the shop"),
        ("a review of the product", "Bewertung von the product"),
        (SHOP_OF_DELETED_ACCOUNT, "Shop eines gelöschten Kontos"),
        ("of another kind", "of another kind"),
    ],
)
def test_the_kind_is_told_in_the_readers_language_and_the_name_as_it_is(stored: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_words(stored) == stored

    monkeypatch.setattr(labels, "gettext", lambda text: GERMAN.get(text, text))

    assert in_words(stored) == shown
