"""What an act changes is saved, and nothing else: a row that is saved whole undoes what others changed of it meanwhile."""

import ast
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.factories.accounts import SellerFactory
from tests.support.whole_rows import SavedWhole

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "audit", "billing", "common", "config", "marketplace", "outbox", "registry_auth")
EXCUSED = {
    "accounts/people/models.py: user.save(using=self._db)": "a new user",
    "accounts/sessions/signals.py: request.session.save()": "a session, which is one value",
    "marketplace/covers/raster.py: small.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, format='PNG', optimize=True)": "a picture, into memory",
    "marketplace/products/services/pictures.py: drawn.save(out, format='WEBP', quality=85, method=4)": "a picture, into a file",
    "marketplace/products/services/pictures.py: _field().storage.save(name, ContentFile(encoded.data))": "a file, into storage",
}


def saves(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of `save` that name neither their fields nor that the row is new; `super().save` passes on what it was told."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save"):
            continue
        passed_on = isinstance(node.func.value, ast.Call) and ast.unparse(node.func.value) == "super()"
        if not passed_on and not {keyword.arg for keyword in node.keywords} & {"update_fields", "force_insert"}:
            yield node


def test_every_save_says_which_fields_it_writes() -> None:
    found = {
        f"{file.relative_to(ROOT)}: {ast.unparse(call)}"
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for call in saves(ast.parse(file.read_text(encoding="utf-8")))
    }

    assert found == set(EXCUSED)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("row.save()", 1),
        ("row.save(using='default')", 1),
        ("row.save(update_fields=['name'])", 0),
        ("row.save(force_insert=True)", 0),
        ("super().save(*args, **kwargs)", 0),
    ],
)
def test_a_save_of_the_whole_row_is_seen(source: str, count: int) -> None:
    assert len(list(saves(ast.parse(source)))) == count


@pytest.mark.django_db
def test_a_library_that_saves_a_whole_row_fails_the_test_that_meets_it() -> None:
    seller, library = SellerFactory(), types.ModuleType("library")
    # Plays a library: its file is none of the tests.
    exec(compile("def save(row): row.save()", "/nowhere/site-packages/library.py", "exec"), vars(library))

    with pytest.raises(SavedWhole, match="SellerProfile"):
        library.save(seller)
