"""`.venv` from small wheels in a folder, installed by the pip that `python3 -m venv` brings: on Debian 12 that is 23.0."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tools.stack import virtualenv
from tools.stack.problems import Problem
from tools.stack.progress import run_logged
from tools.stack.virtualenv import Virtualenv, explain


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout without a requirement, and the `.venv` that was made for it."""
    root = tmp_path_factory.mktemp("made") / "checkout"
    (root / "requirements").mkdir(parents=True)
    for name in ("demo.txt", "dev.txt"):
        lock(root, name)
    Virtualenv(root).ensure(root / "log")
    return root


@pytest.fixture
def checkout(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with that `.venv`, which is made anew as it was: `python3 -m venv` compiles all of pip each time."""
    root = tmp_path / "checkout"
    shutil.copytree(made / "requirements", root / "requirements")

    def run_or_copy(command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        if command[1:] != ["-m", "venv", str(root / ".venv")]:
            return run_logged(command, **options)
        shutil.copytree(made / ".venv", root / ".venv", symlinks=True, copy_function=os.link)
        (root / ".venv" / "holds.json").unlink(missing_ok=True)
        return subprocess.CompletedProcess(command, 0, stdout="")

    monkeypatch.setattr(virtualenv, "run_logged", run_or_copy)
    shutil.copytree(made / ".venv", root / ".venv", symlinks=True, copy_function=os.link)  # pip puts files in the place of others
    return root


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, and no other place to install from."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name, value in {"CONFIG_FILE": "/dev/null", "NO_INDEX": "1", "FIND_LINKS": str(folder)}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


def wheel(index: Path, name: str, version: str, *, requires: Sequence[str] = (), extra: str = "") -> str:
    """Put a wheel into the folder; return its line in a lock."""
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires] + ([f"Provides-Extra: {extra}"] if extra else [])
    info = f"{name}-{version}.dist-info"
    file = index / f"{name}-{version}-py3-none-any.whl"
    with ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", "\n".join(metadata) + "\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def lock(checkout: Path, name: str, *lines: str) -> None:
    (checkout / "requirements" / name).write_text("".join(lines))


def installed(environment: Virtualenv) -> dict[str, str]:
    """Return what is in the environment beside what it was made with."""
    found = (folder.name.removesuffix(".dist-info").split("-") for folder in environment.folder.glob("lib/*/site-packages/*.dist-info"))
    return {name: version for name, version in found if name not in ("pip", "setuptools")}


def test_an_environment_that_is_not_there_is_made(made: Path) -> None:
    assert Virtualenv(made).is_ready()
    assert installed(Virtualenv(made)) == {}


def test_an_index_that_knows_newer_releases_changes_nothing(checkout: Path, index: Path, tmp_path: Path) -> None:
    outer = wheel(index, "outer", "1.0", requires=["inner[fast]", "other>=1"])
    inner = wheel(index, "inner", "1.0", extra="fast", requires=["other; extra == 'fast'"])
    other = wheel(index, "other", "1.0")
    wheel(index, "outer", "9.0", requires=["inner[fast]"])
    wheel(index, "inner", "9.0", extra="fast", requires=["other; extra == 'fast'"])
    wheel(index, "other", "9.0")
    lock(checkout, "demo.txt", outer, inner, other)
    environment = Virtualenv(checkout)

    environment.ensure(tmp_path / "log")

    assert environment.is_ready()
    assert installed(environment) == {"outer": "1.0", "inner": "1.0", "other": "1.0"}


def test_a_lock_that_lacks_a_requirement_is_told(checkout: Path, index: Path, tmp_path: Path) -> None:
    outer = wheel(index, "outer", "1.0", requires=["inner"])
    wheel(index, "inner", "1.0")
    lock(checkout, "demo.txt", outer)
    environment = Virtualenv(checkout)

    with pytest.raises(Problem, match="do not fit together"):
        environment.ensure(tmp_path / "log")

    assert not environment.is_ready()


def test_what_an_earlier_lock_left_behind_stands_in_nobodys_way(checkout: Path, index: Path, tmp_path: Path) -> None:
    left = wheel(index, "left", "1.0", requires=["shared<2"])
    environment = Virtualenv(checkout)
    lock(checkout, "demo.txt", left, wheel(index, "shared", "1.0"))
    environment.ensure(tmp_path / "log")
    lock(checkout, "demo.txt", wheel(index, "shared", "2.0"))

    environment.ensure(tmp_path / "log")

    assert environment.is_ready()
    assert installed(environment) == {"shared": "2.0"}


def test_what_the_lock_does_not_know_is_not_installed(checkout: Path, index: Path, tmp_path: Path) -> None:
    line = wheel(index, "outer", "1.0")
    lock(checkout, "demo.txt", line)
    (index / "outer-1.0-py3-none-any.whl").unlink()
    wheel(index, "outer", "1.0", requires=["something-else"])
    environment = Virtualenv(checkout)

    with pytest.raises(Problem, match="does not match its hash"):
        environment.ensure(tmp_path / "log")

    assert installed(environment) == {}


def test_what_the_demo_has_is_extended_for_the_tests(checkout: Path, index: Path, tmp_path: Path) -> None:
    shop, tool = wheel(index, "shop", "1.0"), wheel(index, "tool", "1.0")
    lock(checkout, "demo.txt", shop)
    lock(checkout, "dev.txt", shop, tool)
    demo, server, test, bench = (Virtualenv(checkout, purpose) for purpose in ("demo", "server", "test", "bench"))

    demo.ensure(tmp_path / "log")

    assert installed(demo) == {"shop": "1.0"}
    assert [each.is_ready() for each in (demo, server, test, bench)] == [True, True, False, False]

    test.ensure(tmp_path / "log")

    assert installed(test) == {"shop": "1.0", "tool": "1.0"}
    assert [each.is_ready() for each in (demo, server, test, bench)] == [True, True, True, True]


def pip_answers(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(virtualenv, "run_logged", lambda *_, **__: subprocess.CompletedProcess([], status, stdout=""))


def test_a_changed_lock_makes_the_environment_stale(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pip_answers(monkeypatch, 0)
    demo, test = Virtualenv(checkout, "demo"), Virtualenv(checkout, "test")
    test.ensure(tmp_path / "log")

    lock(checkout, "demo.txt", "shop==2.0")
    assert (demo.is_ready(), test.is_ready()) == (False, True)
    demo.ensure(tmp_path / "log")

    # Something of the tests' lock may have been replaced, though that file has not changed.
    assert (demo.is_ready(), test.is_ready()) == (True, False)


def test_an_installation_that_was_cut_off_leaves_nothing_ready(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = Virtualenv(checkout)
    before = environment.lock.read_text()
    lock(checkout, "demo.txt", "shop==2.0")
    pip_answers(monkeypatch, 1)
    with pytest.raises(Problem):
        environment.ensure(tmp_path / "log")

    lock(checkout, "demo.txt", before)

    assert not environment.is_ready()


def test_a_broken_python_makes_the_environment_stale(checkout: Path) -> None:
    environment = Virtualenv(checkout)
    assert environment.is_ready()
    environment.python.unlink()
    environment.python.symlink_to("/nonexistent/python3")

    assert not environment.is_ready()


@pytest.mark.parametrize(
    ("output", "what"),
    [
        pytest.param("OSError: [Errno 28] No space left on device", "The disk is full: .venv could not be filled.", id="full disk"),
        pytest.param("NewConnectionError: failed", "The Python package index cannot be reached.", id="no network"),
        pytest.param("ProxyError('Cannot connect to proxy.')", "The Python package index cannot be reached.", id="wrong proxy"),
        pytest.param("THESE PACKAGES DO NOT MATCH THE HASHES", "A Python package does not match its hash.", id="wrong hash"),
        pytest.param("a requires b, which is not installed.", "The Python packages in .venv do not fit together.", id="missing"),
        pytest.param("a has requirement b>2, but you have b 1.", "The Python packages in .venv do not fit together.", id="another version"),
        pytest.param("error: something", "The Python packages could not be installed.", id="anything else"),
    ],
)
def test_what_pip_says_becomes_a_message(output: str, what: str, tmp_path: Path) -> None:
    assert explain(output, tmp_path / "log").what == what
