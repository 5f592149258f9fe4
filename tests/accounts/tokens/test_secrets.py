import re
import string
import zlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.tokens import secrets
from accounts.tokens.secrets import Identity

BASE62 = string.ascii_letters + string.digits


def test_an_access_token_has_the_written_form() -> None:
    assert re.fullmatch(r"lsp_[0-9A-Za-z]{49}", secrets.new_secret())


def test_no_two_access_tokens_are_alike() -> None:
    assert len({secrets.new_secret() for _ in range(100)}) == 100


@given(st.text(BASE62, min_size=43, max_size=43))
def test_the_checksum_is_six_characters_and_makes_the_token_well_formed(random: str) -> None:
    assert re.fullmatch(r"[0-9A-Za-z]{6}", secrets.checksum(random))
    assert secrets.is_access_token(f"lsp_{random}{secrets.checksum(random)}")


def test_the_checksum_is_crc32_in_base62() -> None:
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    random = "Layerstore" * 4 + "123"

    number = sum(digits.index(digit) * 62**place for place, digit in enumerate(reversed(secrets.checksum(random))))

    assert number == zlib.crc32(random.encode())


@given(st.integers(0, 48), st.sampled_from(BASE62))
def test_one_wrong_character_is_always_found(place: int, other: str) -> None:
    secret = secrets.new_secret()
    position = len("lsp_") + place
    changed = secret[:position] + other + secret[position + 1 :]

    assert secrets.is_access_token(changed) == (changed == secret)


@given(st.text())
def test_other_text_is_no_access_token(text: str) -> None:
    assert not secrets.is_access_token(text)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda secret: secret + "\n", id="newline at the end"),
        pytest.param(lambda secret: " " + secret, id="space in front"),
        pytest.param(lambda secret: secret[:-1], id="too short"),
        pytest.param(lambda secret: secret + "0", id="too long"),
        pytest.param(lambda secret: secret.replace("lsp_", "lsr_"), id="other prefix"),
        pytest.param(lambda secret: secret[:10] + "٣" + secret[11:], id="digit of another script"),
    ],
)
def test_a_spoiled_access_token_is_none(spoil) -> None:
    assert not secrets.is_access_token(spoil(secrets.new_secret()))


def test_the_first_key_makes_and_all_keys_verify(settings: Settings) -> None:
    secret = secrets.new_secret()
    settings.LAYERSTORE_TOKEN_KEYS = ["old"]
    under_old = secrets.secret_hash(secret)
    settings.LAYERSTORE_TOKEN_KEYS = ["new", "old"]

    assert secrets.secret_hash(secret) != under_old
    assert secrets.secret_hashes(secret) == [secrets.secret_hash(secret), under_old]


@given(st.uuids(), st.integers(0, 2**31))
def test_an_identity_token_says_what_it_was_made_of(token_id: UUID, generation: int) -> None:
    identity = Identity(token_id, generation)

    assert secrets.read_identity_token(secrets.identity_token(identity)) == identity
    assert secrets.identity_token(identity) == secrets.identity_token(identity)


def test_an_identity_token_of_an_older_key_is_still_read(settings: Settings) -> None:
    identity = Identity(uuid4(), 3)
    settings.LAYERSTORE_TOKEN_KEYS = ["old"]
    text = secrets.identity_token(identity)

    settings.LAYERSTORE_TOKEN_KEYS = ["new", "old"]
    assert secrets.read_identity_token(text) == identity
    settings.LAYERSTORE_TOKEN_KEYS = ["new"]
    assert secrets.read_identity_token(text) is None


def _with_generation(text: str, generation: str) -> str:
    prefix, token_id, _, mac = text.split("_")
    return f"{prefix}_{token_id}_{generation}_{mac}"


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda text: _with_generation(text, "1"), id="other generation"),
        pytest.param(lambda text: _with_generation(text, "00"), id="same generation, written otherwise"),
        pytest.param(lambda text: text.replace(text[4], "f" if text[4] != "f" else "0", 1), id="other access token"),
        pytest.param(lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"), id="other mac"),
        pytest.param(lambda text: text.upper(), id="upper case"),
        pytest.param(lambda text: text + "\n", id="newline at the end"),
        pytest.param(lambda text: text[:-64], id="no mac"),
    ],
)
def test_a_forged_identity_token_says_nothing(forge) -> None:
    text = secrets.identity_token(Identity(UUID(int=0xABCDE), 0))

    assert secrets.read_identity_token(forge(text)) is None


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_service_secret_holds_for_a_minute_before_and_after_by_whosoever_clock() -> None:
    secret = secrets.service_secret(now=NOON)

    assert [seconds for seconds in (-61, -60, 0, 60, 61) if secrets.is_service_secret(secret, now=NOON + timedelta(seconds=seconds))] == [
        -60,
        0,
        60,
    ]


def test_a_service_secret_under_an_older_key_holds_and_under_a_foreign_one_does_not(settings: Settings) -> None:
    settings.LAYERSTORE_TOKEN_KEYS = ["old"]
    secret = secrets.service_secret(now=NOON)

    settings.LAYERSTORE_TOKEN_KEYS = ["new", "old"]
    assert secrets.is_service_secret(secret, now=NOON)
    settings.LAYERSTORE_TOKEN_KEYS = ["new"]
    assert not secrets.is_service_secret(secret, now=NOON)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"), id="another mac"),
        pytest.param(lambda secret: secret.replace("_17", "_18", 1), id="another time"),
        pytest.param(lambda secret: secret + "\n", id="newline at the end"),
        pytest.param(lambda secret: secret.replace("lss_", "lsr_"), id="other prefix"),
        pytest.param(lambda secret: "lss_" + "9" * 400 + secret[14:], id="a number beyond all times"),
        pytest.param(lambda _: "", id="nothing"),
    ],
)
def test_a_spoiled_service_secret_opens_nothing(spoil) -> None:
    assert not secrets.is_service_secret(spoil(secrets.service_secret(now=NOON)), now=NOON)


def test_no_other_secret_of_ours_passes_for_a_service_secret(settings: Settings) -> None:
    # What a database or a log may hold: hashes of access tokens, identity tokens, and the macs inside them.
    secret = secrets.new_secret()
    mac = secrets.identity_token(Identity(uuid4(), 0)).rpartition("_")[2]
    stamp = int(NOON.timestamp())
    for found in (secret, secrets.secret_hash(secret), mac, f"lss_{stamp}_{secrets.secret_hash(secret)}", f"lss_{stamp}_{mac}"):
        assert not secrets.is_service_secret(found, now=NOON)
