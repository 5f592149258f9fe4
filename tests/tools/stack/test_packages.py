from pathlib import Path

import pytest

from tools.stack import packages
from tools.stack.packages import Need, missing, packages_of


def need(name: str, package: str, *, here: bool) -> Need:
    return Need(what=name, package=package, present=lambda: here)


def test_only_what_is_missing_is_named() -> None:
    needs = [need("nginx", "nginx", here=True), need("dockerd", "docker.io", here=False)]

    assert [each.what for each in missing(needs)] == ["dockerd"]


def test_a_package_that_brings_two_programs_is_installed_once() -> None:
    needs = [need("dockerd", "docker.io", here=False), need("docker", "docker.io", here=False), need("skopeo", "skopeo", here=False)]

    assert packages_of(needs) == ["docker.io", "skopeo"]


def test_programs_under_sbin_are_found_though_the_path_leaves_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")

    assert packages.find_program("nginx") == "/usr/sbin/nginx"


def test_the_demo_needs_no_browser_and_no_load_generator() -> None:
    assert not {"chromium-headless-shell", "wrk", "npm"} & {each.what for each in packages.PURPOSES["demo"]}


def test_each_purpose_installs_at_least_what_the_running_stack_needs() -> None:
    running = set(packages_of(packages.RUNNING))

    assert all(running <= set(packages_of(needs)) for needs in packages.PURPOSES.values())


def test_the_postgres_server_is_found_off_the_path() -> None:
    folder = packages.postgres_programs()

    assert isinstance(folder, Path)
    assert (folder / "initdb").exists()
