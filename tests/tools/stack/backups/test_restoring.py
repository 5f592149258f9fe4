"""What is restored is what was taken; what is damaged, partial, foreign or newer is refused."""

import sqlite3
import stat
import tarfile
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.tools.stack.backups.shop import Shop, content, problem_of
from tools.stack.backups import restoring, taking
from tools.stack.backups.archive import DESCRIPTION
from tools.stack.backups.layers import BLOBS, blob_file
from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.view import View


class TestRestoring:
    def test_what_was_backed_up_is_what_is_restored(self, shop, take, restore, tmp_path):
        shop.image("acme/db", b"layer")
        shop.image("acme/tools/deep", b"layer", tag="2")
        taken = take()
        new = Instance(port=9080, var=tmp_path / "new")

        restore(new, taken)

        assert content(new.var / "registry") == content(shop.registry)
        for part in ("media", "keys", "secrets.json"):
            old, restored = shop.instance.var / part, new.var / part
            assert restored.read_bytes() == old.read_bytes() if old.is_file() else content(restored) == content(old)
        assert stat.S_IMODE((new.var / "secrets.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((new.var / "keys/authority").stat().st_mode) == 0o700
        with sqlite3.connect(new.var / taking.SANDBOX) as store:
            assert store.execute("SELECT * FROM mails").fetchall() == [("Welcome",)]
        store.close()
        assert not (new.var / "restoring").exists()
        assert not new.unfinished_restore.exists()

    @pytest.mark.parametrize("path", ["database.dump", "links.tar.gz", "secrets.tar", "media/pictures/one.png", "blob"])
    @pytest.mark.parametrize("harm", ["changed", "cut", "gone"])
    def test_a_damaged_or_partial_backup_is_refused_before_anything_is_touched(self, shop, take, restore, tmp_path, path, harm):
        blob = shop.blob(b"layer")
        taken = take()
        file = blob_file(taken / "registry", blob) if path == "blob" else taken / path
        if harm == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-1] + (b"?" if harm == "changed" else b""))

        what = problem_of(lambda: restore(Instance(port=9080, var=tmp_path / "new"), taken))

        assert ("is not whole" if harm == "gone" else "is damaged") in what
        assert not (tmp_path / "new").exists()

    def refused(self, restore, tmp_path: Path, folder: Path) -> str:
        what = problem_of(lambda: restore(Instance(port=9080, var=tmp_path / "new"), folder))
        assert not (tmp_path / "new").exists()
        return what

    def test_a_folder_that_is_no_backup_is_refused(self, restore, tmp_path):
        assert "is no complete backup" in self.refused(restore, tmp_path, tmp_path)
        (tmp_path / DESCRIPTION).write_text('{"kind": "another"}')
        assert "is no backup of Layerstore" in self.refused(restore, tmp_path, tmp_path)
        (tmp_path / DESCRIPTION).write_text("[1]")
        assert "is no backup of Layerstore" in self.refused(restore, tmp_path, tmp_path)
        (tmp_path / DESCRIPTION).write_text("{")
        assert "is damaged" in self.refused(restore, tmp_path, tmp_path)

    def test_a_description_that_was_changed_is_refused(self, shop, take, restore, tmp_path):
        file = take() / DESCRIPTION
        file.write_text(file.read_text().replace("one.png", "two.png"))

        assert "is damaged" in self.refused(restore, tmp_path, file.parent)

    def test_a_backup_of_a_newer_version_is_refused(self, shop, take, restore, tmp_path, monkeypatch):
        monkeypatch.setattr("tools.stack.backups.archive.FORMAT", 2)
        newer_format = take()
        monkeypatch.undo()
        assert "newer version" in self.refused(restore, tmp_path, newer_format)

    def test_a_database_of_a_newer_version_is_refused(self, shop, take, restore, tmp_path):
        shop.migrations.append("marketplace.9999_what_comes_later")

        assert "its database has marketplace.9999_what_comes_later" in self.refused(restore, tmp_path, take())

    def test_a_shop_is_not_overwritten_unless_it_is_meant_and_then_it_is_put_aside(self, shop, take, restore, tmp_path):
        taken = take()
        standing = Shop(tmp_path / "standing")
        standing.image("other/db", b"other layer")
        before = content(standing.instance.var)
        said: list[str] = []

        assert "has a shop; nothing was changed" in problem_of(lambda: restore(standing.instance, taken))
        assert {path: text for path, text in content(standing.instance.var).items() if path in before} == before

        restore(standing.instance, taken, replace=True, announce=said.append)

        assert content(standing.registry) == content(shop.registry)
        (aside,) = standing.instance.var.glob("registry.before-*")
        assert BLOBS.name in str(next(iter(content(aside))))
        assert f"what was there is now {aside}" in said

    def test_one_that_fails_in_its_preparation_leaves_what_was_there(self, shop, take, restore, tmp_path, monkeypatch):
        taken, new = take(), Instance(port=9080, var=tmp_path / "new")

        def fails(*_: object) -> None:
            raise Problem("pg_restore failed", do="")

        monkeypatch.setattr(restoring, "load", fails)

        assert problem_of(lambda: restore(new, taken)) == "pg_restore failed"
        assert not restoring.holds_shop(new)
        assert not (new.var / "restoring").exists()

    def test_one_that_is_cut_off_while_it_is_put_in_place_is_run_again_and_nothing_starts_before(
        self, shop, take, restore, tmp_path, monkeypatch
    ):
        taken, new = take(), Instance(port=9080, var=tmp_path / "new")
        moved: list[Path] = []
        rename = Path.rename

        def cut_off(self: Path, target: Path) -> Path:
            if len(moved) == 2:
                raise KeyboardInterrupt
            moved.append(target)
            return rename(self, target)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(Path, "rename", cut_off)
            restore(new, taken)
        assert "was cut off" in problem_of(Stack(new).__enter__)

        restore(new, taken)

        assert content(new.var / "media") == content(shop.instance.var / "media")
        assert not new.unfinished_restore.exists()

    def test_an_archive_that_leads_outside_is_refused(self, tmp_path):
        for number, entry in enumerate(("../out", "/out", "link")):
            file = tmp_path / f"{number}.tar"
            with tarfile.open(file, "w") as archive:
                member = tarfile.TarInfo(entry)
                member.type = tarfile.SYMTYPE if entry == "link" else tarfile.REGTYPE
                archive.addfile(member, BytesIO())
            assert f"holds {entry}" in problem_of(partial(restoring.unpack, file, tmp_path / "into"))


class TestCommands:
    @pytest.fixture
    def said(self) -> StringIO:
        return StringIO()

    @pytest.fixture
    def view(self, said) -> View:
        return View(Console(file=said, width=300))

    def test_backup_and_check_say_what_they_found_and_end_with_a_status(self, shop, take, view, said, tmp_path, monkeypatch):
        monkeypatch.setenv("LAYERSTORE_VAR", str(shop.instance.var))
        shop.image("acme/db", b"layer")
        folder = str(tmp_path / "backups")

        assert taking.main(view, [folder, "--keep", "2"]) == 0
        assert taking.main(view, [folder, "--check"]) == 0
        shop.manifests["acme/gone"] = {"0" * 64: True}
        assert taking.main(view, [folder]) == taking.INCOMPLETE

        assert "1 manifests that can be pulled" in said.getvalue()
        assert f"the registry lacked acme/gone: manifest sha256:{'0' * 64}" in said.getvalue()

    def test_there_must_be_something_to_check_and_to_keep(self, view, tmp_path):
        assert "has no complete backup" in problem_of(lambda: taking.main(view, [str(tmp_path / "none"), "--check"]))
        with pytest.raises(SystemExit) as caught:
            taking.main(view, [str(tmp_path), "--keep", "0"])
        assert caught.value.code == 2

    def test_restore_says_what_to_do_next(self, shop, take, restore, view, said, tmp_path, monkeypatch):
        monkeypatch.setenv("LAYERSTORE_VAR", str(tmp_path / "new"))

        assert restoring.main(view, [str(take())]) == 0

        assert "Start it: script/server" in said.getvalue()
