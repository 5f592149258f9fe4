"""Backups without a stack: what makes one complete, what is refused as damaged, partial, foreign or newer, and what is copied only once."""

import errno
import itertools
import json
import multiprocessing
import os
import signal
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tools.stack.backups import restoring, taking
from tools.stack.backups.archive import DESCRIPTION, Stored, backups_in, copy_whole, link_or_copy, verify
from tools.stack.backups.database import Snapshot
from tools.stack.backups.layers import BLOBS, REPOSITORIES, blob_file
from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.view import View

MIGRATIONS = ["registry_auth.0001_initial", "account.0001_initial"]


class Shop:
    """Folders as a shop's, with a registry that we fill."""

    def __init__(self, var: Path) -> None:
        self.instance = Instance(port=8080, var=var)
        (var / "log").mkdir(parents=True)
        (var / "keys" / "authority").mkdir(parents=True, mode=0o700)
        (var / "keys" / "authority" / "one.pem").write_text("authority")
        (var / "media" / "pictures").mkdir(parents=True)
        (var / "media" / "pictures" / "one.png").write_bytes(b"picture")
        (var / "sandbox").mkdir()
        assert self.instance.secrets  # made with the first look
        with sqlite3.connect(var / taking.SANDBOX) as store:
            store.execute("CREATE TABLE mails (subject TEXT)")
            store.execute("INSERT INTO mails VALUES ('Welcome')")
        store.close()
        self.manifests: dict[str, dict[str, bool]] = {}

    @property
    def registry(self) -> Path:
        return self.instance.var / "registry"

    def link(self, repository: str, *path: str, digest: str) -> Path:
        file = self.registry / REPOSITORIES / repository / Path(*path) / "link"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"sha256:{digest}")
        return file

    def blob(self, content: bytes) -> str:
        digest = sha256(content).hexdigest()
        blob_file(self.registry, digest).parent.mkdir(parents=True, exist_ok=True)
        blob_file(self.registry, digest).write_bytes(content)
        return digest

    def document(self, repository: str, document: dict, *, sold: bool = True) -> str:
        digest = self.blob(json.dumps(document).encode())
        self.link(repository, "_manifests", "revisions", "sha256", digest, digest=digest)
        self.manifests.setdefault(repository, {})[digest] = sold
        return digest

    def image(self, repository: str, *layers: bytes, tag: str = "1.0", sold: bool = True) -> str:
        parts = [self.blob(layer) for layer in (b"{}", *layers)]
        for part in parts:
            self.link(repository, "_layers", "sha256", part, digest=part)
        config, *rest = ({"digest": f"sha256:{part}"} for part in parts)
        digest = self.document(repository, {"config": config, "layers": rest}, sold=sold)
        self.link(repository, "_manifests", "tags", tag, "current", digest=digest)
        return digest


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose database is played: it says what can be pulled, and its dump is a word."""
    made = Shop(tmp_path / "var")

    @contextmanager
    def snapshot(_instance: Instance, _environment: object) -> Iterator[Snapshot]:
        yield Snapshot("1", MIGRATIONS, manifests=made.manifests)

    monkeypatch.setattr(taking, "_database", lambda *_: None)
    monkeypatch.setattr(taking, "snapshot", snapshot)
    monkeypatch.setattr(taking, "dump", lambda _server, file, at: file.write_text(f"dump at {at.name}"))
    return made


@pytest.fixture
def take(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Take a backup; each bears the next second's name."""
    seconds = itertools.count()

    def begin(self: taking.Backup, *arguments: Any) -> None:
        made(self, *arguments)
        self.made_at = datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC) + timedelta(seconds=next(seconds))

    made = taking.Backup.__init__
    monkeypatch.setattr(taking.Backup, "__init__", begin)

    def run(keep: int = 9) -> Path:
        return taking.take_backup(shop.instance, tmp_path / "backups", keep=keep)

    return run


def loaded(_server: object, file: Path) -> None:
    assert file.read_text() == "dump at 1"


@pytest.fixture
def restore(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Restore without a database: its folder is made, and nothing runs."""

    @contextmanager
    def alone(_instance: Instance, server) -> Iterator[None]:
        server.data.mkdir(parents=True)
        yield

    monkeypatch.setattr(restoring, "started_alone", alone)
    monkeypatch.setattr(restoring, "load", loaded)
    return restoring.restore_backup


def content(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def problem_of(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.what


class TestTaking:
    def test_it_holds_all_that_cannot_be_made_again_and_others_cannot_read_it(self, shop, take):
        shop.image("acme/db", b"layer")
        (shop.registry / REPOSITORIES / "acme/db/_uploads/one").mkdir(parents=True)
        (shop.registry / REPOSITORIES / "acme/db/_uploads/one/data").write_text("half a layer")

        taken = take()

        description = verify(taken)
        assert (description.missing, description.manifests, description.migrations) == ([], 1, MIGRATIONS)
        assert {path.split("/")[0] for path in description.files} == {
            "database.dump",
            "links.tar.gz",
            "media",
            "registry",
            "sandbox.sqlite3",
            "secrets.tar",
        }
        with tarfile.open(taken / "links.tar.gz") as archive:
            assert not [name for name in archive.getnames() if "_uploads" in name]
        modes = {stat.S_IMODE(file.stat().st_mode) for file in taken.rglob("*") if file.is_file()}
        assert (modes, stat.S_IMODE(taken.stat().st_mode)) == ({0o600}, 0o700)

    def test_the_next_one_copies_what_is_new_and_shares_the_rest(self, shop, take, monkeypatch):
        shop.image("acme/db", b"layer")
        first = take()
        new = shop.image("acme/db", b"another", tag="2.0")
        (shop.instance.var / "media/pictures/two.png").write_bytes(b"second")
        copied: list[str] = []

        def copying(source: Path, target: Path) -> Stored:
            copied.append(source.name)
            return copy_whole(source, target)

        monkeypatch.setattr(taking, "copy_whole", copying)

        second = take()

        assert len(verify(second).files) == len(verify(first).files) + 3  # manifest, layer, picture; the configuration is the same
        assert sorted(copied) == ["data", "data", "two.png"]
        assert blob_file(second / "registry", new).stat().st_nlink == 1
        assert (second / "media/pictures/one.png").stat().st_nlink == 2

    def test_a_file_that_was_changed_is_copied_again(self, shop, take):
        take()
        (shop.instance.var / "media/pictures/one.png").write_bytes(b"PICTURE")

        assert (take() / "media/pictures/one.png").read_bytes() == b"PICTURE"

    def test_a_file_that_the_backup_before_has_lost_is_copied_again(self, shop, take):
        blob = shop.blob(b"layer")
        first = take()
        blob_file(first / "registry", blob).unlink()
        (first / "media/pictures/one.png").write_bytes(b"cut")

        assert content(take() / "media") == {"pictures/one.png": b"picture"}
        assert blob_file(backups_in(first.parent)[-1] / "registry", blob).read_bytes() == b"layer"

    def test_a_damaged_backup_before_is_no_obstacle(self, shop, take):
        (take() / DESCRIPTION).write_text("{")

        verify(take())

    def test_so_many_stay_as_are_to_be_kept_and_only_complete_ones_count(self, shop, take):
        taken = [take() for _ in range(3)]

        kept = take(keep=2)

        assert backups_in(kept.parent) == [taken[2], kept]
        verify(kept)

    def test_one_is_made_at_a_time(self, shop, take, monkeypatch):
        monkeypatch.setattr(taking, "dump", lambda *_, **__: take())

        assert "Another backup is being made" in problem_of(take)

    def test_without_a_shop_nothing_is_written(self, tmp_path):
        (tmp_path / "var").mkdir()

        what = problem_of(lambda: taking.take_backup(Instance(port=8080, var=tmp_path / "var"), tmp_path / "backups", keep=1))

        assert "No shop has been started" in what
        assert backups_in(tmp_path / "backups") == []

    def test_a_disk_that_is_full_leaves_the_complete_backups_and_nothing_of_this_one(self, shop, take, monkeypatch):
        first = take()
        before = content(first)

        def full(_source: Path, target: Path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

        shop.blob(b"new")
        monkeypatch.setattr(taking, "copy_whole", full)

        assert "is full" in problem_of(take)
        assert [entry.name for entry in sorted(first.parent.iterdir())] == [".lock", first.name]
        assert content(first) == before

    def test_another_error_of_the_disk_is_not_called_full(self, shop, take, monkeypatch):
        def broken(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(taking, "copy_whole", broken)

        with pytest.raises(OSError, match="Input/output"):
            take()
        assert backups_in(shop.instance.var.parent / "backups") == []

    def test_one_that_is_killed_is_none_and_the_next_clears_it_away(self, shop, take, tmp_path, restore):
        shop.image("acme/db", b"layer")

        def killed() -> None:
            taking._sync_tree = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]  # every file is there, the name is not
            take()

        process = multiprocessing.get_context("fork").Process(target=killed)
        process.start()
        process.join()

        (left,) = (tmp_path / "backups").glob(".*.partial")
        assert (process.exitcode, (left / DESCRIPTION).exists(), backups_in(left.parent)) == (-signal.SIGKILL, True, [])
        take()
        assert not left.exists()

    def test_a_stopped_copy_leaves_nothing(self, shop, take, monkeypatch, tmp_path):
        def stopped(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(taking, "copy_whole", stopped)

        with pytest.raises(KeyboardInterrupt):
            take()
        assert [entry.name for entry in (tmp_path / "backups").iterdir()] == [".lock"]


class TestWhatTheRegistryLacks:
    @pytest.fixture
    def missing(self, take) -> Callable[[], list[str]]:
        return lambda: verify(take()).missing

    def test_sold_manifests_and_layers_that_are_not_there_are_named(self, shop, missing):
        shop.manifests["acme/gone"] = {"0" * 64: True}
        holed = shop.image("acme/holed", b"layer")
        layer = sha256(b"layer").hexdigest()
        blob_file(shop.registry, layer).unlink()

        assert missing() == [f"acme/gone: manifest sha256:{'0' * 64}", f"acme/holed: layer sha256:{layer} of sha256:{holed}"]

    def test_what_was_not_sold_is_no_loss(self, shop, missing):
        shop.manifests["acme/gone"] = {"0" * 64: False}

        assert missing() == []

    def test_a_blob_that_is_damaged_in_the_registry_is_not_taken_for_good(self, shop, missing):
        image = shop.image("acme/db", b"layer")
        layer = sha256(b"layer").hexdigest()
        blob_file(shop.registry, layer).write_bytes(b"LAYER")

        assert missing() == [f"blob sha256:{layer}, which is damaged", f"acme/db: layer sha256:{layer} of sha256:{image}"]

    def test_an_index_needs_its_children_once_each_and_nothing_elsewhere(self, shop, missing):
        child = shop.image("acme/db", b"layer")
        cached = shop.blob(b"cached")
        shop.link("acme/db", "_layers", "sha256", cached, digest=cached)
        entries = [{"digest": f"sha256:{digest}"} for digest in (child, child, cached, "1" * 64)]
        far = {"digest": f"sha256:{'2' * 64}", "urls": ["https://a.example/"]}
        shop.document("acme/db", {"manifests": [*entries, far, {"digest": "sha512:x"}, "odd"], "layers": {"digest": 5}})

        assert missing() == [f"acme/db: manifest sha256:{'1' * 64}"]

    @pytest.mark.parametrize("content", [b"[]", b"{"])
    def test_a_manifest_that_is_no_document_needs_nothing(self, shop, missing, content):
        digest = shop.blob(content)
        shop.link("acme/db", "_manifests", "revisions", "sha256", digest, digest=digest)
        shop.manifests["acme/db"] = {digest: True}

        assert missing() == []

    def test_links_that_are_damaged_are_left_out_and_those_being_written_are_read_again(self, shop, take, monkeypatch):
        shop.image("acme/db", b"layer")
        shop.link("acme/db", "_manifests", "tags", "bad", "current", digest="half").write_text("sha2")
        late = shop.link("acme/db", "_manifests", "tags", "late", "current", digest="1" * 64)
        going = shop.link("acme/db", "_manifests", "tags", "going", "current", digest="1" * 64)
        read = Path.read_bytes
        torn = [late, late]

        def reading(file: Path) -> bytes:
            if file == going:
                raise FileNotFoundError
            return b"sha" if file == late and torn and torn.pop() else read(file)

        monkeypatch.setattr(Path, "read_bytes", reading)
        taken = take()

        with tarfile.open(taken / "links.tar.gz") as archive:
            tags = [Path(name).parts[-3] for name in archive.getnames() if "/tags/" in name]
        assert tags == ["1.0", "late"]


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

    def test_a_database_of_a_newer_version_is_refused(self, shop, take, restore, tmp_path, monkeypatch):
        monkeypatch.setattr(f"{__name__}.MIGRATIONS", [*MIGRATIONS, "marketplace.9999_what_comes_later"])

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


def test_a_disk_without_links_is_copied_to(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "one").write_text("content")

    link_or_copy(tmp_path / "one", tmp_path / "two")

    assert (tmp_path / "two").read_text() == "content"
