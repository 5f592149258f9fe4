"""A client is told apart from others without its address."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_auth.inbox.client_hash import client_hash


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("10.0.0.7:4711", "10.0.0.7:9", id="port"),
        pytest.param("10.0.0.7:4711", "10.0.0.7", id="a proxy leaves the port out"),
        pytest.param("[2001:db8:1:2::7]:4711", "2001:db8:1:2:ffff::1", id="the network of IPv6"),
        pytest.param("::ffff:10.0.0.7", "10.0.0.7", id="IPv4 in IPv6"),
    ],
)
def test_one_client_is_one(one, other):
    assert client_hash(one) == client_hash(other)
    assert UUID(client_hash(one)).hex == client_hash(one)


@pytest.mark.parametrize("other", ["10.0.0.8:4711", "[2001:db8:1:3::7]:4711"])
def test_others_are_others(other):
    assert client_hash(other) not in {client_hash("10.0.0.7:4711"), client_hash("[2001:db8:1:2::7]:4711")}


@pytest.mark.parametrize("nothing", ["", ":", "nowhere:80", "10.0.0", "[]:1", "\x00"])
def test_no_address_is_no_client(nothing):
    assert client_hash(nothing) == ""


def test_without_the_key_an_address_has_another_name(settings):
    before = client_hash("10.0.0.7")
    settings.SECRET_KEY = "another key than before, and long enough"

    assert client_hash("10.0.0.7") != before


@given(st.text(max_size=60))
def test_no_origin_breaks_it(origin):
    assert len(client_hash(origin)) in (0, 32)
