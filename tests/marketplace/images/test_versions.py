"""Which tags are versions, and which is the higher one."""

import pytest

from marketplace.images.versions import KEY_LENGTH, version_key


@pytest.mark.parametrize(
    "tag", ["2.0", "v1.2", "V1.2.3", "2024.10", "16", "2.0-alpine", "3.12-slim-bookworm", "17.0.9_9-jdk", "1.0.0-1", "1.2.3.4"]
)
def test_versions_have_a_key(tag):
    assert 0 < len(version_key(tag)) <= KEY_LENGTH


@pytest.mark.parametrize(
    "tag",
    [
        *("2.0-rc1", "2.0-rc.1-alpine", "2.0.0-alpha", "2.0-beta.2", "1.0-SNAPSHOT", "2.0-dev", "2.0-m1", "2.0b2", "2.0rc1", "2.0-nightly"),
        *("latest", "stable", "main", "", "v", "1.", "x1.2", "20241001", "1234567", "1.2.3.4.5.6.7", "12345678901.0", "٣.١"),
    ],
)
def test_pre_releases_and_other_names_are_no_versions(tag):
    assert version_key(tag) == ""


def test_numbers_sort_as_numbers_and_what_says_more_is_higher():
    rising = ["1.9.9", "1.10", "2", "2.0-alpine", "2.0", "2.0.1-slim", "2.0.1", "v10.0", "2024.10"]

    assert sorted(rising, key=version_key) == rising
    assert version_key("v2.0") == version_key("2.0")
    assert len(version_key("9999999999." * 5 + "9999999999-x")) <= KEY_LENGTH
