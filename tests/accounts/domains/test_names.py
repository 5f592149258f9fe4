"""What a seller may name as their domain."""

import pytest

from accounts.domains.errors import InvalidDomain
from accounts.domains.names import parse_domain


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("acme.com", "acme.com"),
        (" Shop.ACME.co.uk ", "shop.acme.co.uk"),
        ("https://acme.com/", "acme.com"),
        ("acme.com.", "acme.com"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("a.xn--p1ai", "a.xn--p1ai"),
    ],
)
def test_a_domain_is_read_as_people_paste_it(typed: str, domain: str) -> None:
    assert parse_domain(typed) == domain


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type a domain alone"),
        ("localhost", "Type a domain alone"),
        ("127.0.0.1", "Type a domain alone"),
        ("[::1]", "Type a domain alone"),
        ("0x7f.1", "Type a domain alone"),
        ("acme.com:8443", "Type a domain alone"),
        ("acme.com/shop", "Type a domain alone"),
        ("acme@evil.com", "Type a domain alone"),
        ("-acme.com", "Type a domain alone"),
        ("a..com", "Type a domain alone"),
        (f"{'a' * 64}.com", "Type a domain alone"),
        (f"{'a.' * 126}com", "Type a domain alone"),
        ("acme.com\r\nHost: evil", "Type a domain alone"),
        ("bücher.de", "ASCII form"),
        ("db.internal", "Nobody can own"),
        ("metadata.google.internal", "Nobody can own"),
        ("printer.local", "Nobody can own"),
        ("acme.test", "Nobody can own"),
    ],
)
def test_what_is_no_domain_of_the_public_dns_is_refused(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidDomain, match=sentence):
        parse_domain(typed)
