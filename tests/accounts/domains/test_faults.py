"""Faults are stored in English and shown in the reader's language."""

import pytest

from accounts.domains import faults
from accounts.domains.faults import Fault, in_readers_language

FILLED_IN = {
    "domain": "acme.com",
    "record": "_layerstore.acme.com",
    "address": "https://acme.com/.well-known/layerstore.txt",
    "code": 2,
    "error": "ReadTimeout",
    "status": 404,
    "most": 4096,
}


@pytest.fixture
def _marked(monkeypatch):
    """Let every message read as one in another language."""
    monkeypatch.setattr(faults, "gettext", lambda message: f"<{message}>")


@pytest.mark.usefixtures("_marked")
@pytest.mark.parametrize("fault", Fault)
def test_every_sentence_is_found_again(fault):
    stored = fault.format(**FILLED_IN)

    assert in_readers_language(stored) == f"<{stored}>"


@pytest.mark.usefixtures("_marked")
def test_each_of_several_sentences_is_translated():
    assert in_readers_language("The DNS did not answer. acme.com has no address.") == "<The DNS did not answer.> <acme.com has no address.>"


@pytest.mark.usefixtures("_marked")
@pytest.mark.parametrize("text", ["", "Timeout: no worker came to the end of it."])
def test_what_is_no_such_sentence_stays_as_it_is(text):
    assert in_readers_language(text) == text


@pytest.mark.parametrize("fault", Fault)
def test_english_stays_as_it_was_stored(fault):
    stored = fault.format(**FILLED_IN)

    assert in_readers_language(stored) == stored
