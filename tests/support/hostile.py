"""What Python, JSON or PostgreSQL cannot hold or read, or holds otherwise than its sender thinks."""

from typing import Any, Final

LONG: Final = "x" * 300_000
# As values of JSON. The lone surrogates are legal in JSON (RFC 8259, section 8.2), and no text that can be stored.
VALUES: Final[tuple[Any, ...]] = (
    "\x00",
    "a\x00b",
    "\ud800",
    "a\udfffb",
    "\u200b",
    "\u202eevil",
    LONG,
    "9" * 5_000,
    "1e400",
    "NaN",
    "٣",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0000-00-00",
    "00000000-0000-0000-0000-00000000000g",
    "{" * 36,
    10**30,
    -(10**30),
    -1,
    1.7e308,
    True,
    None,
    [],
    {},
    [None],
    [[]],
    ["\x00"],
    ["\ud800"],
    [{"\ud800": "\x00"}],
    {"\x00": "\ud800"},
)
# As whole bodies of JSON.
BODIES: Final[tuple[bytes, ...]] = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"1",
    b"\xff\xfe",
    b"\x00",
    b"\xef\xbb\xbf{}",
    b'{"name": "\xed\xa0\x80"}',
    b'{"name": "\\ud800"}',
    b'{"\\ud800": "\\u0000"}',
    b'{"name": 1e400, "amount": 1e400}',
    b'{"name": NaN, "amount": -Infinity}',
    b'{"name": "a", "name": "b"}',
    b'{"amount": ' + b"9" * 5_000 + b"}",
    b"[" * 100_000,
    b'{"name":' * 100_000,
    b'{"name": [' + b"[" * 900 + b"]" * 900 + b"]}",
    '{"name": "x"}'.encode("utf-16"),
)
# As texts of addresses and forms, in the bytes that a client may send.
TEXTS: Final[tuple[bytes, ...]] = (
    b"\x00",
    b"a\x00b",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    "\u200b\u202e".encode(),
    b"9" * 5_000,
    b"1e400",
    b"0001-01-01",
    b"99999999999999999999-01-01",
    b"x" * 60_000,
    b"cD0lMDA=",  # a cursor: p=%00
    b"00000000-0000-0000-0000-00000000000g",
)
CONTENT_TYPES: Final[tuple[str, ...]] = (
    "",
    "text/plain",
    "application/json; charset=utf-16",
    "application/json; charset=base64",
    "application/json; charset=nothing-like-it",
    'application/json; charset="',
    "application/x-www-form-urlencoded; charset=rot13",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=idna",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x; charset=base64",
    "multipart/form-data; boundary=" + "x" * 5_000,
)
# Sent as form-data with boundary `x`.
PARTS: Final[tuple[bytes, ...]] = (
    b"--x",
    b"--x\r\n\r\n\r\n--x--",
    b'--x\r\nContent-Disposition: form-data; name="\x00"\r\n\r\na\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00.png"\r\nContent-Type: \xff\r\n\r\n\x00\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data; name*=utf-8''%ff; filename*=nothing''%ff\r\n\r\na\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="email"\r\nContent-Transfer-Encoding: base64\r\n\r\n=\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\x00@example.test\r\n--x--\r\n',
)
HEADERS: Final[tuple[str, ...]] = (
    "\x80\xff",
    "\xed\xa0\x80",
    "x" * 8_000,
    "%00",
    "Bearer ",
    "Bearer \xff",
    "Basic =",
    "Basic /w==",
    ",;=\"'",
)
# A quoted cookie may name any byte in octal (RFC 2109), NUL too.
COOKIES: Final[tuple[str, ...]] = (
    '"\\000abc"',
    '"\\355\\240\\200"',
    "\xff",
    "x" * 4_000,
    '"',
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
)
