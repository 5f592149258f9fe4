import errno
from pathlib import Path

import pytest

from tools.stack import bootstrap, machine
from tools.stack.machine import disk_problem, is_supported, parse_os_release, require_space, require_writable
from tools.stack.packages import Need
from tools.stack.problems import Problem

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'


def test_os_release_is_read_without_its_quotes() -> None:
    assert parse_os_release(BOOKWORM) == {"PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)", "ID": "debian", "VERSION_ID": "12"}


@pytest.mark.parametrize(
    ("fields", "supported"),
    [
        pytest.param({"ID": "debian", "VERSION_ID": "12"}, True, id="bookworm"),
        pytest.param({"ID": "debian", "VERSION_ID": "13"}, True, id="trixie"),
        pytest.param({"ID": "debian", "VERSION_ID": "11"}, False, id="bullseye"),
        pytest.param({"ID": "debian"}, False, id="sid names no version"),
        pytest.param({"ID": "ubuntu", "VERSION_ID": "24.04"}, False, id="ubuntu"),
        pytest.param({}, False, id="macOS"),
    ],
)
def test_our_package_names_are_debians(fields: dict[str, str], supported: object) -> None:
    assert is_supported(fields) is supported


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(errno.ENOSPC, "is full", id="full"),
        pytest.param(errno.EROFS, "read-only disk", id="read-only"),
        pytest.param(errno.EACCES, "cannot be written", id="somebody else's"),
    ],
)
def test_what_the_disk_refuses_becomes_a_message(number: int, words: str) -> None:
    problem = disk_problem(OSError(number, "strerror"), Path("/somewhere/var"))

    assert words in problem.what
    assert "/somewhere/var" in problem.what
    assert "LAYERSTORE_VAR" in problem.do


def test_a_folder_in_which_a_file_stands_in_the_way_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")

    with pytest.raises(Problem, match="cannot be written"):
        require_writable([tmp_path / "var"])


def test_a_probe_of_the_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    require_writable([tmp_path / "a" / "b"])

    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_too_little_space_is_told_in_megabytes(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"MB free; the moon needs about 10000000000 MB"):
        require_space(tmp_path, needed=10**16, purpose="the moon")


def lacking() -> tuple[list[Need], list[str]]:
    return [Need(what="nginx", package="nginx", present=lambda: False)], ["nginx"]


def test_another_distribution_is_told_what_is_missing_and_the_way_by_compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "os-release"
    release.write_text('PRETTY_NAME="Fedora Linux 41"\nID=fedora\nVERSION_ID=41\n')
    monkeypatch.setattr(bootstrap, "OS_RELEASE", release)

    with pytest.raises(Problem, match=r"nginx \(Debian: nginx\).*this is Fedora Linux 41") as caught:
        bootstrap.require_installer(*lacking())

    assert "docker compose --profile demo up" in caught.value.do


def test_without_root_the_command_to_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "os-release"
    release.write_text(BOOKWORM)
    monkeypatch.setattr(bootstrap, "OS_RELEASE", release)
    monkeypatch.setattr(bootstrap, "is_root", lambda: False)

    with pytest.raises(Problem, match="Only root can install") as caught:
        bootstrap.require_installer(*lacking())

    assert "sudo apt-get install --no-install-recommends nginx" in caught.value.do


def test_a_machine_without_os_release_is_no_crash(tmp_path: Path) -> None:
    assert machine.distribution(tmp_path / "none") == {}
