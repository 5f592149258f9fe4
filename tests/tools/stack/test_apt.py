from pathlib import Path

import pytest

from tools.stack import apt
from tools.stack.apt import MARK, Plan, parse_plan, services_kept_off

PLAN = """Reading package lists...
0 upgraded, 13 newly installed, 0 to remove and 136 not upgraded.
Need to get 9226 kB/10.2 MB of archives.
After this operation, 62.8 MB of additional disk space will be used.
Do you want to continue? [Y/n] N
Abort.
"""


def test_size_is_what_apt_itself_calculates() -> None:
    assert parse_plan(PLAN) == Plan(download=9_226_000, disk=62_800_000, packages=13)


def test_everything_in_the_cache_means_nothing_to_download() -> None:
    assert parse_plan("3 newly installed\nNeed to get 0 B/165 MB of archives.\n").download == 0


def test_thousands_are_read_with_their_comma() -> None:
    assert parse_plan("After this operation, 1,024 MB of additional disk space will be used.").disk == 1_024_000_000


def test_services_are_kept_off_during_the_installation_and_nothing_stays(tmp_path: Path) -> None:
    policy = tmp_path / "usr/sbin/policy-rc.d"
    cluster = tmp_path / "etc/postgresql-common/createcluster.d/layerstore.conf"

    with services_kept_off(tmp_path):
        assert policy.read_text().endswith("exit 101\n")
        assert policy.stat().st_mode & 0o777 == 0o755
        assert "create_main_cluster = false" in cluster.read_text()

    assert not policy.exists()
    assert not cluster.exists()


def test_nothing_stays_after_a_crash_either(tmp_path: Path) -> None:
    def crash() -> None:
        with services_kept_off(tmp_path):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()

    assert not (tmp_path / "usr/sbin/policy-rc.d").exists()


def test_the_machines_own_policy_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "usr/sbin/policy-rc.d"
    policy.parent.mkdir(parents=True)
    policy.write_text("#!/bin/sh\nexit 0\n")

    with services_kept_off(tmp_path):
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"

    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_what_a_killed_run_left_is_taken_away_by_the_next(tmp_path: Path) -> None:
    policy = tmp_path / "usr/sbin/policy-rc.d"
    policy.parent.mkdir(parents=True)
    policy.write_text(f"#!/bin/sh\n{MARK}exit 101\n")

    with services_kept_off(tmp_path):
        assert policy.exists()

    assert not policy.exists()


@pytest.mark.parametrize(
    ("output", "what"),
    [
        pytest.param("E: write: No space left on device", "The disk is full: apt could not install.", id="full disk"),
        pytest.param("E: You don't have enough free space in /var/cache", "The disk is full: apt could not install.", id="full cache"),
        pytest.param("E: Could not get lock /var/lib/dpkg/lock", "Another program is installing packages.", id="locked"),
        pytest.param("E: dpkg was interrupted, you must", "An earlier installation was cut off.", id="interrupted"),
        pytest.param("Temporary failure resolving 'deb.debian.org'", "Debian's archive cannot be reached.", id="no network"),
        pytest.param(
            "E: Packages need to be removed but remove is disabled.",
            "A package that is needed would push out one that is installed.",
            id="conflict",
        ),
        pytest.param("E: something else", "apt could not install what is missing.", id="anything else"),
    ],
)
def test_what_apt_says_becomes_a_message(output: str, what: str, tmp_path: Path) -> None:
    assert apt.explain(output, tmp_path / "log").what == what


def test_a_proxy_of_the_user_reaches_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")

    assert apt.environment()["http_proxy"] == "http://proxy.example:3128"


def test_missing_package_lists_are_noticed(tmp_path: Path) -> None:
    assert not apt.has_lists(tmp_path)
    (tmp_path / "deb_dists_bookworm_main_binary-amd64_Packages.lz4").touch()
    assert apt.has_lists(tmp_path)
