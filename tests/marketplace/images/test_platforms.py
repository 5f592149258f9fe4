"""One platform has one name, as containerd has it."""

import pytest

from marketplace.images.platforms import platform_named, platform_of


@pytest.mark.parametrize(
    ("said", "platform"),
    [
        (("linux", "amd64", ""), "linux/amd64"),
        (("Linux", "x86_64", ""), "linux/amd64"),
        (("linux", "x86-64", "v1"), "linux/amd64"),
        (("linux", "amd64", "v3"), "linux/amd64/v3"),
        (("linux", "arm64", "v8"), "linux/arm64"),
        (("linux", "aarch64", "8"), "linux/arm64"),
        (("linux", "arm64", "v9"), "linux/arm64/v9"),
        (("linux", "arm", ""), "linux/arm/v7"),
        (("linux", "arm", "6"), "linux/arm/v6"),
        (("linux", "arm", "v5"), "linux/arm/v5"),
        (("linux", "armhf", "v6"), "linux/arm/v7"),
        (("linux", "armel", ""), "linux/arm/v6"),
        (("linux", "i386", "x"), "linux/386"),
        (("linux", "s390x", ""), "linux/s390x"),
        (("macos", "arm64", ""), "darwin/arm64"),
        (("windows", "amd64", ""), "windows/amd64"),
        (("", "amd64", ""), ""),
        (("linux", "", "v7"), ""),
    ],
)
def test_what_images_say_becomes_one_name(said, platform):
    assert platform_of(*said) == platform
    assert platform == "" or platform_named(platform) == platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("arm64", "linux/arm64"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("a/b/c/d", ""),
        ("", ""),
    ],
)
def test_what_people_write_becomes_the_same_name(text, platform):
    assert platform_named(text) == platform
