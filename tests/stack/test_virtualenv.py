from pathlib import Path

import pytest

from stack.virtualenv import Virtualenv, explain


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("django==5.2 --hash=sha256:00\n")
    return tmp_path


def test_an_environment_that_is_not_there_is_not_ready(checkout: Path) -> None:
    assert not Virtualenv(checkout).is_ready()


def test_a_changed_lock_makes_the_environment_stale(checkout: Path) -> None:
    environment = Virtualenv(checkout)
    before = environment.wanted()

    environment.lock.write_text("django==5.2.1 --hash=sha256:01\n")

    assert environment.wanted() != before


def test_a_broken_python_makes_the_environment_stale(checkout: Path) -> None:
    environment = Virtualenv(checkout)
    environment.folder.mkdir()
    environment.stamp.write_text(environment.wanted())
    (environment.folder / "bin").mkdir()
    environment.python.symlink_to("/nonexistent/python3")

    assert not environment.is_ready()


@pytest.mark.parametrize(
    ("output", "what"),
    [
        pytest.param("OSError: [Errno 28] No space left on device", "The disk is full: .venv could not be filled.", id="full disk"),
        pytest.param("NewConnectionError: failed", "The Python package index cannot be reached.", id="no network"),
        pytest.param("ProxyError('Cannot connect to proxy.')", "The Python package index cannot be reached.", id="wrong proxy"),
        pytest.param("THESE PACKAGES DO NOT MATCH THE HASHES", "A Python package does not match its hash.", id="wrong hash"),
        pytest.param("error: something", "The Python packages could not be installed.", id="anything else"),
    ],
)
def test_what_pip_says_becomes_a_message(output: str, what: str, tmp_path: Path) -> None:
    assert explain(output, tmp_path / "log").what == what
