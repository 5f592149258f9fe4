"""The fast way and the slow way of reading a notification come to the same."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_auth.inbox.errors import MalformedEnvelope
from registry_auth.inbox.told import ToldEvent, read_slowly, read_told

_word = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
_fields = st.dictionaries(st.sampled_from(["mediaType", "size", "digest", "name", "method", "x"]), _word, max_size=4)
_event = st.dictionaries(st.sampled_from(["id", "timestamp", "action", "target", "request", "actor", "x"]), _word | _fields)
_envelope = st.dictionaries(st.sampled_from(["events", "x"]), st.lists(_event | _word, max_size=3) | _word)


def outcome(read: Callable[[bytes], list[ToldEvent]], content: bytes) -> list[ToldEvent] | str:
    try:
        return read(content)
    except MalformedEnvelope as error:
        return error.message


@given(_envelope)
def test_both_ways_read_the_same(envelope):
    content = json.dumps(envelope).encode()

    assert outcome(read_told, content) == outcome(read_slowly, content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"events":[],"x":"\xff"}',
        b'{"events":[{"\xff":1}]}',
        b'{"events":[],"x":"\x01"}',
        b'{"events":[],"x":"\\ud800"}',
        b'{"events":[],"x":NaN}',
        b'{"events":[],"x":01}',
        b'{"events":[{"target":{"size":1.0}}]}',
        b'{"events":[{"target":{"size":123456789012345678901234567890}}]}',
        b'{"events":[{"id":"a","id":"b"}]}',
        b'{"events":1,"events":[]}',
        b'{"events":[]} x',
        b'\xef\xbb\xbf{"events":[]}',
        '{"events":[]}'.encode("utf-16"),
        b'{"events":[],"x":' + b"[" * 100_000,
    ],
    ids=lambda content: ascii(content[:40]),
)
def test_both_ways_refuse_the_same(content):
    assert outcome(read_told, content) == outcome(read_slowly, content)


def test_an_event_that_is_odd_costs_the_others_nothing():
    events = [{"id": 1, "target": {"tag": None, "size": "x", "mediaType": []}}, "no event", {"id": "good", "target": {"tag": "1.0"}}]

    odd, none, good = read_told(json.dumps({"events": events}).encode())

    assert odd == none == ToldEvent()
    assert (good.id, good.target.tag) == ("good", "1.0")
