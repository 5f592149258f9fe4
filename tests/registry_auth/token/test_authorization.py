"""The Authorization header in every malformed form: wrong, anonymous or read, never an error of ours."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_auth.client.credentials import Credentials
from registry_auth.token.authorization import LONGEST_CREDENTIALS, MalformedCredentials, read_authorization


def encoded(pair: str | bytes) -> str:
    return base64.b64encode(pair.encode() if isinstance(pair, str) else pair).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(None, None, id="no header"),
        pytest.param("", None, id="empty header"),
        pytest.param("Basic Og==", None, id="empty user name and password: anonymous"),
        pytest.param(f"Basic {encoded('ada:secret')}", Credentials("ada", "secret"), id="plain"),
        pytest.param(f"basic {encoded('ada:secret')}", Credentials("ada", "secret"), id="lower case scheme"),
        pytest.param(f"BASIC   {encoded('ada:secret')}  ", Credentials("ada", "secret"), id="more spaces"),
        pytest.param(f"Basic {encoded('ada:a:b:c')}", Credentials("ada", "a:b:c"), id="colons in the password"),
        pytest.param(f"Basic {encoded('ada:')}", Credentials("ada", ""), id="empty password is a wrong one"),
        pytest.param(f"Basic {encoded(':lsr_x')}", Credentials("", "lsr_x"), id="empty user name"),
        pytest.param(f"Basic {encoded('dä:ß')}", Credentials("dä", "ß"), id="UTF-8"),
    ],
)
def test_basic_is_read(header: str | None, expected: Credentials | None) -> None:
    assert read_authorization(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Basic", id="scheme alone"),
        pytest.param("Basic ", id="scheme and space"),
        pytest.param(f"Basic{encoded('ada:secret')}", id="no space"),
        pytest.param("Basic %%%", id="bad base64"),
        pytest.param("Basic YWRhOnNlY3JldA", id="base64 without its padding"),
        pytest.param(f"Basic {encoded(b'ada:' + bytes([0xFF, 0xFE]))}", id="bad UTF-8"),
        pytest.param(f"Basic {encoded('ada')}", id="no colon"),
        pytest.param("Basic ÿÿÿÿ", id="beyond ASCII"),
        pytest.param("Bearer lsp_whatever", id="another scheme"),
        pytest.param(encoded("ada:secret"), id="no scheme"),
        pytest.param(f"Basic {encoded('ada:secret')}, Basic {encoded('eve:secret')}", id="two headers joined"),
        pytest.param(f"Basic {encoded('ada:' + 'x' * LONGEST_CREDENTIALS)}", id="too long"),
    ],
)
def test_what_is_not_basic_is_malformed(header: str) -> None:
    with pytest.raises(MalformedCredentials):
        read_authorization(header)


def test_a_secret_is_not_in_its_repr() -> None:
    assert "hidden" not in repr(Credentials("ada", "hidden"))


@given(st.one_of(st.text(alphabet=st.characters(max_codepoint=255)), st.binary().map(lambda raw: f"Basic {encoded(raw)}")))
def test_no_header_breaks_the_reader(header: str) -> None:
    try:
        found = read_authorization(header)
    except MalformedCredentials:
        return
    assert found is None or found.username or found.secret
