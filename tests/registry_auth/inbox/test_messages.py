"""Messages of the event stream: what goes in comes out, and no client's address goes in."""

from datetime import UTC, datetime

import msgspec
import pytest

from marketplace.images.oci import MANIFEST
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.errors import UnreadableMessage
from registry_auth.inbox.marks import mark_of
from registry_auth.inbox.messages import StreamedDeletion, StreamedPull, StreamedPush, as_entry, change_of, decode, encode, events_of
from tests.factories.marketplace import digest_of

AT = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
PULL = RegistryEvent(
    id="p", action=EventAction.PULL, at=AT, repository="a/b", digest=digest_of("x"), tag="1.0", subject="ada", client="c" * 32
)
PUSH = RegistryEvent(
    id="q", action=EventAction.PUSH, at=AT, repository="a/b", digest=digest_of("x"), tag="1.0", media_type=MANIFEST, size=7
)
DELETION = RegistryEvent(id="d", action=EventAction.DELETE, at=AT, repository="a/b", tag="1.0")


def test_a_pull_is_read_by_its_mark_and_its_day():
    assert decode(encode(PULL)) == StreamedPull(mark_of("p"), AT.date(), "a/b", digest_of("x"), "1.0", "ada", "c" * 32)
    assert msgspec.json.decode(encode(PULL))["id"] == "p"  # for whoever looks into the topic


@pytest.mark.parametrize("event", [PUSH, DELETION])
def test_a_push_or_a_deletion_comes_out_whole(event):
    streamed = decode(encode(event))

    assert isinstance(streamed, StreamedPush | StreamedDeletion)
    assert change_of(streamed) == event


def test_what_could_not_be_read_is_read_from_its_envelope_once_it_can_be():
    for event in (PUSH, DELETION):
        assert events_of(msgspec.json.encode([as_entry(encode(event))]).decode()) == [event]
    (pull,) = events_of(msgspec.json.encode([as_entry(encode(PULL))]).decode())
    assert (pull.repository, pull.digest, pull.subject, pull.client, pull.at.date()) == ("a/b", PULL.digest, "ada", PULL.client, AT.date())


@pytest.mark.parametrize("message", [b"", b"no json", b'{"action":"rename"}', b'{"action":"pull","mark":0}'])
def test_what_is_no_message_of_ours_says_so(message):
    with pytest.raises(UnreadableMessage, match="no message of ours"):
        events_of(msgspec.json.encode([as_entry(message)]).decode())


def test_a_day_is_that_of_utc():
    late = msgspec.structs.replace(PULL, at=datetime.fromisoformat("2026-11-30T01:00:00+02:00"))

    streamed = decode(encode(late))

    assert isinstance(streamed, StreamedPull)
    assert streamed.day == AT.date()
