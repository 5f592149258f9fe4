"""What makes a backup complete, and what is copied only once."""

import errno
import multiprocessing
import os
import signal
import stat
import tarfile
from pathlib import Path

import pytest

from tests.tools.stack.backups.shop import MIGRATIONS, content, problem_of
from tools.stack.backups import taking
from tools.stack.backups.archive import DESCRIPTION, Stored, backups_in, copy_whole, link_or_copy, verify
from tools.stack.backups.layers import REPOSITORIES, blob_file
from tools.stack.instance import Instance


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


def test_a_disk_without_links_is_copied_to(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "one").write_text("content")

    link_or_copy(tmp_path / "one", tmp_path / "two")

    assert (tmp_path / "two").read_text() == "content"
