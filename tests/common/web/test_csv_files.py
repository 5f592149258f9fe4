"""What a spreadsheet may not take for a formula."""

import pytest

from common.web.csv_files import csv_file, harmless


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd|x", "@SUM(A1)", "\tx", "\rx", " =1", "\n=1", "\uff1d1", "-1.00+1", "=", "-"])
def test_a_text_that_looks_like_a_formula_is_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-5.00", "+5", "12.50", "acme/db", "a=b", "", "'=1", 5, -5, None], ids=repr)
def test_numbers_and_other_texts_stay_as_they_are(value: object) -> None:
    assert harmless(value) == value


def test_a_file_is_named_and_its_cells_are_harmless() -> None:
    answer = csv_file([["a", "b"], ["=1", -5]], name="gifts")

    assert answer["Content-Disposition"] == 'attachment; filename="gifts.csv"'
    assert answer.content == b"a,b\r\n'=1,-5\r\n"
