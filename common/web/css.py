"""The one style sheet that pages load, joined from the four that people edit when static files are collected or served."""

import atexit
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from threading import get_ident
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

PARTS = ("tokens", "base", "layout", "components")
BUNDLE = "css/site.css"


def style_sheet_directory() -> Path:
    """Where the four parts lie."""
    return Path(settings.BASE_DIR) / "static" / "css"


def bundle_style_sheets(directory: Path) -> str:
    """Join the parts in cascade order; the result is the whole text of `site.css`."""
    return "\n".join((directory / f"{part}.css").read_text(encoding="utf-8").strip() for part in PARTS) + "\n"


class BundleFinder(BaseFinder):
    """Makes `css/site.css` for `collectstatic`, `findstatic` and `runserver`, of the parts as they are then."""

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:  # noqa: FBT001, FBT002  Django passes it so
        """Return the path of the bundle, or with `find_all` a list of it; an empty list for every other file."""
        if path != BUNDLE:
            return []
        bundle = str(_write_bundle())
        return [bundle] if find_all else bundle

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:  # noqa: ARG002  the bundle is always wanted
        """Give the bundle and the storage it is in."""
        _write_bundle()
        yield BUNDLE, FileSystemStorage(location=_folder())


def _write_bundle() -> Path:
    """Keep the bundle as it is unless a part has changed: browsers ask by its time, and another thread may be reading it."""
    bundle, text = _folder() / BUNDLE, bundle_style_sheets(style_sheet_directory())
    if not bundle.exists() or bundle.read_text(encoding="utf-8") != text:
        bundle.parent.mkdir(exist_ok=True)
        draft = bundle.with_suffix(f".{get_ident()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(bundle)
    return bundle


@cache
def _folder() -> Path:
    """Make a folder of this process, which goes with it: the sources may lie where nobody can write."""
    folder = mkdtemp(prefix="layerstore-css-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
