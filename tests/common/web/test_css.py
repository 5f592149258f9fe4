"""Pages load one style sheet; people edit four. Nothing of ours is committed twice."""

import re
import subprocess
from pathlib import Path

from django.conf import settings as shop
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from common.web.css import BUNDLE, PARTS, bundle_style_sheets, style_sheet_directory

MANIFEST = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


def bundle_of(settings: Settings, root: Path) -> str:
    """Collect static files as a deployment does; return what the page's style sheet holds, whatever its hashed name is."""
    settings.STATIC_ROOT = root
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST}}
    call_command("collectstatic", "--noinput", verbosity=0)
    served = next(root.glob("css/site.????????????.css"))
    return served.read_text(encoding="utf-8")


def test_collecting_joins_the_four_parts_and_gives_them_a_hashed_name(settings: Settings, tmp_path: Path) -> None:
    assert bundle_of(settings, tmp_path) == bundle_style_sheets(style_sheet_directory())


def test_a_changed_part_is_in_the_next_collection(settings: Settings, tmp_path: Path) -> None:
    parts = tmp_path / "source" / "static" / "css"
    parts.mkdir(parents=True)
    for part in PARTS:
        (parts / f"{part}.css").write_text(f"/* {part} */\n\n", encoding="utf-8")
    settings.BASE_DIR = tmp_path / "source"
    bundle_of(settings, tmp_path / "static")
    for stale in tmp_path.glob("static/css/site.*.css"):
        stale.unlink()
    (parts / "base.css").write_text("/* new */\n", encoding="utf-8")

    assert bundle_of(settings, tmp_path / "static") == "/* tokens */\n/* new */\n/* layout */\n/* components */\n"


def test_a_development_server_finds_the_bundle_alone() -> None:
    found = finders.find(BUNDLE)

    assert Path(str(found)).read_text(encoding="utf-8") == bundle_style_sheets(style_sheet_directory())
    assert finders.find(BUNDLE, find_all=True) == [found]
    assert finders.find("css/nothing.css") is None
    assert finders.find("css/nothing.css", find_all=True) == []


def test_the_page_loads_what_is_collected(client: Client, db: None) -> None:
    assert f'href="{shop.STATIC_URL}{BUNDLE}"' in client.get("/how-it-works/").content.decode()


def test_the_bundle_is_not_committed() -> None:
    known = subprocess.run(["git", "ls-files", "static"], cwd=shop.BASE_DIR, capture_output=True, text=True, check=True).stdout

    assert f"static/{BUNDLE}" not in known.split()


def test_colours_are_written_in_tokens_alone() -> None:
    sandbox = Path(shop.BASE_DIR) / "tools" / "sandbox" / "static" / "sandbox.css"
    rest = [style_sheet_directory() / f"{part}.css" for part in ("layout", "components")]
    found = {
        path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|light-dark\(", path.read_text(encoding="utf-8")) for path in (*rest, sandbox)
    }

    assert found == {"layout.css": [], "components.css": [], "sandbox.css": []}
