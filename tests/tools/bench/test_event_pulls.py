"""What a measurement expects to be counted is what it sent."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.envelopes import read_envelope
from tools.bench.event_pulls import PER_ENVELOPE, TOLD_TWICE, Pulls, address_of, body_of, envelopes

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
PULLED = [[f"acme/image-{number}", "1.0", "linux/amd64", DIGEST] for number in range(6)]


@pytest.fixture
def pulls() -> Pulls:
    return Pulls(PULLED, buyers=["ada", "bob", "cyd", "dan"])


@pytest.mark.parametrize("made", [0, 1, 59, 60, 61, 200])
def test_what_is_expected_is_what_a_plain_count_says(pulls, made):
    pulls.take(made)

    plain = Counter((repository, tag, platform, buyer) for repository, tag, platform, _, buyer in map(pulls.of, range(made)))
    assert pulls.expected == plain


def test_every_event_is_read_as_a_pull_that_counts(pulls):
    for number, event in enumerate(read_envelope(body_of(pulls.take(20)), received_at=NOW)):
        repository, _, _, digest, buyer = pulls.of(number)
        assert (event.repository, event.digest, event.subject) == (repository, digest, buyer or "")
        assert event.client == client_hash(address_of(number))


def test_some_events_of_an_envelope_are_told_twice(pulls):
    (envelope, rest) = envelopes(pulls, PER_ENVELOPE + 50)

    assert len(envelope) == PER_ENVELOPE + PER_ENVELOPE // TOLD_TWICE
    assert len({str(event["id"]) for event in [*envelope, *rest]}) == PER_ENVELOPE + 50 == pulls.made
