"""Reading notifications: what can have an effect, and nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.images.oci import INDEX, MANIFEST
from registry_auth.client.identity import SERVICE_SUBJECT
from registry_auth.inbox.envelopes import EventAction, RegistryEvent, decode_events, encode_events, read_envelope
from registry_auth.inbox.errors import MalformedEnvelope

RECORDED = json.loads((Path(__file__).parent / "data" / "registry_events.json").read_text())
NOW = datetime(2026, 11, 23, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
# As version 0.1 stored events: an upgrade finds such ones.
STORED_BEFORE: dict[str, Any] = {
    "id": "e-1",
    "action": "pull",
    "at": "2026-11-23T00:00:00+00:00",
    "repository": "acme/db",
    "digest": DIGEST,
    "tag": "",
    "media_type": MANIFEST,
    "size": 527,
    "subject": "ada",
    "client": "c" * 32,
}


def told(**changes) -> dict:
    """A push as 2.8 tells of it."""
    event: dict[str, Any] = {
        "id": "2603a985-21eb-4e76-b169-d6a573a3762b",
        "timestamp": "2026-11-22T21:52:04.196573697Z",
        "action": "push",
        "target": {"mediaType": MANIFEST, "size": 527, "digest": DIGEST, "repository": "acme/db", "tag": "1"},
        "request": {"method": "PUT"},
        "actor": {"name": "ada"},
    }
    for name, value in changes.items():
        event[name] = {**event[name], **value} if isinstance(value, dict) else value
    return event


def read(*events: object) -> list[RegistryEvent]:
    return read_envelope(json.dumps({"events": events}).encode(), received_at=NOW)


def test_a_push_is_read():
    assert read(told()) == [
        RegistryEvent(
            id="2603a985-21eb-4e76-b169-d6a573a3762b",
            action=EventAction.PUSH,
            at=datetime(2026, 11, 22, 21, 52, 4, 196573, tzinfo=UTC),
            repository="acme/db",
            digest=DIGEST,
            tag="1",
            media_type=MANIFEST,
            size=527,
        )
    ]


def test_recorded_notifications_are_read():
    events = [event for body in RECORDED for event in read_envelope(json.dumps(body).encode(), received_at=NOW)]

    heads = sum(event["request"]["method"] == "HEAD" for body in RECORDED for event in body["events"])
    assert len(events) == len(RECORDED) - heads
    assert {event.action for event in events} == {EventAction.PUSH, EventAction.PULL}
    assert all(event.digest and event.repository and event.media_type for event in events)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(told(target={"mediaType": "application/octet-stream"}), id="a blob"),
        pytest.param(told(target={"mediaType": None}), id="no media type"),
        pytest.param(told(action="pull", request={"method": "HEAD"}), id="docker looks before it pulls"),
        pytest.param(told(action="pull", request={"method": "GET"}, actor={"name": SERVICE_SUBJECT}), id="our own reading"),
        pytest.param(told(action="pull", request={"method": "GET"}, target={"mediaType": INDEX}), id="the way to a platform's manifest"),
        pytest.param(told(action="mount"), id="a mounted layer"),
        pytest.param(told(action=["push"]), id="an action that is none"),
        pytest.param(told(id=None), id="no id"),
        pytest.param(told(id="x" * 101), id="too long an id"),
        pytest.param(told(target={"repository": "UP/CASE"}), id="no repository name"),
        pytest.param(told(target={"repository": "a\x00b"}), id="NUL in the name"),
        pytest.param(told(target={"digest": "sha256:short"}), id="no digest"),
        pytest.param(told(action="delete", target={"digest": None, "tag": None}), id="a deletion of nothing"),
        pytest.param("event", id="no object"),
        pytest.param({}, id="empty"),
    ],
)
def test_what_has_no_effect_is_left_out_and_stops_no_other(event):
    assert [each.id for each in read(event, told(id="good"))] == ["good"]


def test_a_deletion_names_a_digest_or_a_tag_alone():
    (by_digest,) = read(told(action="delete", target={"mediaType": None, "tag": None}))
    (by_tag,) = read(told(action="delete", target={"mediaType": None, "digest": None}))

    assert (by_digest.digest, by_digest.tag, by_digest.media_type) == (DIGEST, "", "")
    assert (by_tag.digest, by_tag.tag) == ("", "1")


@pytest.mark.parametrize(
    ("name", "subject"),
    [("ada", "ada"), ("acme+build", "acme+build"), ("", ""), (None, ""), ("A\x00", ""), ("x" * 121, "")],
)
def test_a_pull_tells_who_pulled(name, subject):
    (event,) = read(told(action="pull", request={"method": "GET"}, actor={"name": name}))

    assert event.subject == subject


@pytest.mark.parametrize(
    ("name", "address", "agent"),
    [("ada", "203.0.113.9:51234", "docker/27.3.1 x"), ("", "", ""), (SERVICE_SUBJECT.upper(), "", "")],
    ids=["with an account", "anonymous", "no name"],
)
def test_only_a_pull_with_an_account_tells_its_address_and_client(name, address, agent):
    request = {"method": "GET", "addr": "203.0.113.9:51234", "useragent": "docker/27.3.1\x00 x"}

    (event,) = read(told(action="pull", request=request, actor={"name": name}))

    assert (event.address, event.agent) == (address, agent)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        pytest.param("2030-01-01T00:00:00Z", NOW, id="from the future"),
        pytest.param("2026-11-22T23:00:00+02:00", datetime(2026, 11, 22, 21, tzinfo=UTC), id="another zone"),
        pytest.param("2026-11-22T23:00:00", NOW, id="no zone"),
        pytest.param("2026-02-31T00:00:00Z", NOW, id="no such day"),
        pytest.param("0001-01-01T00:00:00+14:00", NOW, id="before all time"),
        pytest.param("soon", NOW, id="no time"),
        pytest.param(None, NOW, id="none"),
    ],
)
def test_a_moment_is_never_later_than_now(timestamp, at):
    assert [event.at for event in read(told(timestamp=timestamp))] == [at]


@pytest.mark.parametrize("size", ["527", 1.5, True, None, -1, 2**63], ids=str)
def test_a_size_that_is_none_is_zero(size):
    assert [event.size for event in read(told(target={"size": size}))] == [0]


@pytest.mark.parametrize("content", [b"", b"x", b"[]", b"{}", b'{"events": {}}', b'"events"', b"\xff", b"[" * 100_000])
def test_what_is_no_notification_is_refused(content):
    with pytest.raises(MalformedEnvelope):
        read_envelope(content, received_at=NOW)


def test_what_is_stored_can_be_read_again():
    events = read(told(), told(action="delete", target={"tag": None}), told(action="pull", request={"method": "GET", "addr": "10.0.0.7:1"}))

    assert decode_events(encode_events(events)) == events
    assert decode_events(json.dumps([STORED_BEFORE])) == [RegistryEvent(**STORED_BEFORE | {"action": EventAction.PULL, "at": NOW})]


_word = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
_json = st.recursive(
    _word, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2), max_leaves=3
)
_parts = st.sampled_from(["id", "timestamp", "action", "target", "request", "actor"])


@given(st.lists(st.dictionaries(_parts, _json)))
def test_no_event_breaks_the_reader(events):
    for event in read(*events):
        assert event.id
        assert event.repository
