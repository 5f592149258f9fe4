"""The grammar of digests, tags and components, as everything here that reads one asks for it."""

import re

import pytest

from marketplace.images.oci import COMPONENT, IMAGE_TYPES, INDEX_TYPES, LONGEST_DIGEST, LONGEST_TAG, MANIFEST_TYPES, SHA256, TAG, is_digest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sha256:" + "a" * 64, True, id="SHA-256"),
        pytest.param("sha512:" + "0" * 128, True, id="SHA-512"),
        pytest.param("multihash+base58:" + "a" * 64, True, id="an algorithm with a separator"),
        pytest.param("sha256:" + "a" * 31, False, id="too short"),
        pytest.param("a" * 12 + ":" + "a" * 128, False, id="longer than the column"),
        pytest.param("sha256:" + "A" * 64, False, id="capitals"),
        pytest.param("sha256" + "a" * 64, False, id="without a colon"),
        pytest.param("sha256:" + "a" * 64 + "\n", False, id="a line's end"),
        pytest.param("+sha256:" + "a" * 64, False, id="an algorithm that begins with a separator"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_a_digest_is_an_algorithm_and_hexadecimal_digits_that_fit_their_column(text, expected):
    assert is_digest(text) is expected
    assert not expected or len(text) <= LONGEST_DIGEST


def test_a_sha256_is_a_digest_of_that_algorithm_alone():
    assert re.fullmatch(SHA256, "sha256:" + "0" * 64)
    assert not re.fullmatch(SHA256, "sha512:" + "0" * 128)


def test_a_tag_has_at_most_so_many_characters_and_begins_with_none_of_the_separators():
    assert re.fullmatch(TAG, "_" * LONGEST_TAG)
    assert not any(re.fullmatch(TAG, text) for text in ("", ".1", "-1", "a" * (LONGEST_TAG + 1), "é", "a\n"))


def test_patterns_have_no_groups_so_that_others_can_be_made_of_them():
    assert [re.compile(pattern).groups for pattern in (COMPONENT, TAG, SHA256)] == [0, 0, 0]


def test_a_manifest_is_an_index_or_an_image_and_never_both():
    assert set(MANIFEST_TYPES) == INDEX_TYPES | IMAGE_TYPES
    assert not INDEX_TYPES & IMAGE_TYPES
