"""Finding images in what people paste from a terminal: a name, a command, a line of a file, or what docker printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from common.web.links import image_reference
from marketplace.images.oci import COMPONENT, SHA256, TAG

LONGEST_TEXT = 2_000
# distribution-spec v1.1, "Pulling manifests": <name>, then <tag> or <digest>; an address has either behind `/manifests/`.
_VERSION = rf"(?:(?:@|/manifests/)(?P<digest>{SHA256})|(?::|/manifests/)(?P<tag>{TAG})(?:@(?P<digest_of_tag>{SHA256}))?)"
_NAME = rf"(?P<repository>{COMPONENT}/{COMPONENT}){_VERSION}?"
_ALONE = re.compile(_NAME, re.ASCII)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # ECMA-48, "Control Sequence Introducer": terminals' colours, copied along
_AROUND = "\"'`,;()[]<>"  # what stands about a name in files and messages
_TRANSPORT = re.compile(r"^(?:docker|https?)://")  # skopeo, podman and browsers put it in front


@dataclass(frozen=True, slots=True)
class Reference:
    """An image of ours as somebody named it.

    Attributes:
        tag: empty when a digest says which one is meant: docker then passes over the tag.
        digest: empty when a tag says it.
    """

    repository: str
    tag: str
    digest: str = ""

    @property
    def text(self) -> str:
        """What docker pulls."""
        return image_reference(self.repository, tag=self.tag) + (f"@{self.digest}" if self.digest else "")


def find_references(text: str) -> list[Reference]:
    """Return the images that a text may name, the likeliest first: what stands behind our host, then words that are a name, the last first.

    Whether they exist is not checked. Only the first 2,000 characters count.
    """
    readable = _COLOURS.sub(" ", text[:LONGEST_TEXT])
    return list(dict.fromkeys(map(_reference, [*_with_host(readable), *_alone(readable)])))


def _with_host(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(rf"(?<![\w.-]){re.escape(settings.LAYERSTORE_IMAGE_HOST)}/(?:v2/)?{_NAME}", text, re.ASCII)


def _alone(text: str) -> Iterator[re.Match[str]]:
    for word in reversed(text.split()):
        if found := _ALONE.fullmatch(_TRANSPORT.sub("", word.strip(_AROUND))):
            yield found


def _reference(found: re.Match[str]) -> Reference:
    digest = found["digest"] or found["digest_of_tag"] or ""
    return Reference(found["repository"], "" if digest else found["tag"] or "latest", digest)
