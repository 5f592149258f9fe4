"""The registry's folder, as distribution 2.8 and 3.x lay it out: links, which say what a repository has, and blobs, by their digest.

Source: distribution, registry/storage/paths.go.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORIES = Path("docker/registry/v2/repositories")
BLOBS = Path("docker/registry/v2/blobs/sha256")
LINK = re.compile(rb"sha256:([0-9a-f]{64})")
_TRIES = 5
# What was linked later names what was linked earlier: so a copy in this order has, of a push under way, nothing that lacks its parts.
_ORDER = ("_manifests/tags", "_manifests/revisions", "_layers")


@dataclass(slots=True)
class Repository:
    """What one repository links to.

    Attributes:
        revisions, layers: digests in hexadecimal, of manifests and of all blobs that can be pulled by its name.
    """

    name: str
    revisions: set[str] = field(default_factory=set)
    layers: set[str] = field(default_factory=set)


def repository_folders(root: Path) -> Iterator[Path]:
    """Yield the folder of each repository that a registry's folder has."""
    for folder, below, _ in os.walk(root / REPOSITORIES):
        if {"_manifests", "_layers"} & set(below):
            yield Path(folder)
        below[:] = sorted(name for name in below if not name.startswith("_"))


def links_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the links of a repository, each with the digest that it holds, without uploads.

    A link that is being written as we read is read again; one that stays damaged is left out, for it leads nowhere.
    """
    for part in _ORDER:
        for link in sorted((folder / part).rglob("link")):
            digest = _read_link(link)
            if digest is not None:
                yield link, digest


def _read_link(link: Path) -> str | None:
    for _ in range(_TRIES):
        try:
            found = LINK.fullmatch(link.read_bytes())
        except FileNotFoundError:
            return None
        if found:
            return found[1].decode()
    return None


def note_link(repository: Repository, link: Path, digest: str) -> None:
    """Remember what a link says."""
    if "revisions" in link.parts:
        repository.revisions.add(digest)
    elif "_layers" in link.parts:
        repository.layers.add(digest)


def blob_file(root: Path, digest: str) -> Path:
    """Return where a blob lies below a registry's folder."""
    return root / BLOBS / digest[:2] / digest / "data"


def blob_digests(root: Path) -> Iterator[str]:
    """Yield the digests of all blobs, in order."""
    for folder in sorted((root / BLOBS).glob("*/*")):
        if (folder / "data").exists():
            yield folder.name


def lacking(root: Path, repository: Repository, digest: str) -> Iterator[str]:
    """Yield what of a manifest could not be pulled from a registry that has this folder: in words, for people.

    Args:
        root: a registry's folder, or a copy of it.
        digest: the manifest's, in hexadecimal.
    """
    waiting, seen = [digest], {digest}
    while waiting:
        current = waiting.pop()
        file = blob_file(root, current)
        if current not in repository.revisions or not file.exists():
            yield f"{repository.name}: manifest sha256:{current}"
            continue
        document = _document(file)
        for blob in _digests(document, "config", "layers"):
            if blob not in repository.layers or not blob_file(root, blob).exists():
                yield f"{repository.name}: layer sha256:{blob} of sha256:{current}"
        children = _digests(document, "manifests")
        for child in children:
            if child in seen:
                continue
            seen.add(child)
            if child in repository.layers and child not in repository.revisions:
                continue  # BuildKit's cache names layers there
            waiting.append(child)


def _document(file: Path) -> dict[str, object]:
    try:
        content = json.loads(file.read_bytes())
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _digests(document: dict[str, object], *names: str) -> list[str]:
    """Return what a manifest names there; layers that lie elsewhere (`urls`) are left out."""
    values = [document.get(name) for name in names]
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    named = [str(part.get("digest")) for part in parts if isinstance(part, dict) and not part.get("urls")]
    return [found[1] for text in named if (found := re.fullmatch(r"sha256:([0-9a-f]{64})", text))]
