"""Names as they are shown."""

import pytest

from accounts.people import names
from accounts.people.names import DELETED_ACCOUNT, DELETED_SELLER, shown_name


@pytest.mark.parametrize(
    ("stored", "shown"),
    [(DELETED_ACCOUNT, "Gelöschtes Konto"), (DELETED_SELLER, "Gelöschtes Verkaufskonto"), ("Library", "Library")],
)
def test_only_the_name_of_a_deleted_account_is_translated(stored: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_name(stored) == stored
    german = {"Deleted account": "Gelöschtes Konto", "Deleted seller": "Gelöschtes Verkaufskonto", "Library": "Bibliothek"}
    monkeypatch.setattr(names, "gettext", german.__getitem__)

    assert shown_name(stored) == shown
