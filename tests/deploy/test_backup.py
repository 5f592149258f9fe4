"""The documented backup holds what it says, of the shop that is meant, or fails: its own commands, on folders of the test's."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
MANUAL = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SECTION = MANUAL[MANUAL.index("\n## Backup and restore\n") : MANUAL.index("\n## Upgrade\n")]
FILES = {
    "keys/bundle.pem": "authority",
    "keys/leaves/one.pem": "leaf",
    "keys/authority/one.pem": "secret",
    "registry/docker/registry/v2/blobs/sha256/aa/data": "layer",
    "media/pictures/one.png": "picture",
}


def run(service: str, root: Path, *, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a service's own command, with the folder in the place of /srv."""
    shell, flags, script = SERVICES[service]["command"]
    return subprocess.run(
        [shell, flags, script.replace("$$", "$").replace("/srv", str(root))], input=data, capture_output=True, check=False
    )


def shop(root: Path, files: dict[str, str]) -> Path:
    for name in ("keys", "registry", "media"):
        (root / name).mkdir(parents=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def content(root: Path) -> dict[str, str]:
    return {str(file.relative_to(root)): file.read_text() for file in root.rglob("*") if file.is_file()}


def test_what_was_backed_up_is_what_is_restored(tmp_path: Path) -> None:
    upload = {"registry/docker/registry/v2/repositories/a/b/_uploads/one/data": "half a layer"}
    old = shop(tmp_path / "old", FILES | upload)
    new = shop(tmp_path / "new", {})

    archive = run("backup", old)
    restored = run("restore", new, data=archive.stdout)

    assert (archive.returncode, restored.returncode, restored.stderr) == (0, 0, b"")
    assert content(new) == FILES


def test_a_backup_without_a_shop_fails_and_says_so(tmp_path: Path) -> None:
    result = run("backup", shop(tmp_path / "empty", {}))

    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == b"backup: no shop has been started on these volumes; nothing was written\n"


def test_a_backup_that_cannot_be_read_to_its_end_fails(tmp_path: Path) -> None:
    root = shop(tmp_path / "shop", FILES)
    (root / "media" / "pictures" / "one.png").unlink()
    (root / "media" / "pictures").rmdir()
    (root / "media").rmdir()

    assert run("backup", root).returncode != 0


def test_a_restore_does_not_overwrite_a_shop(tmp_path: Path) -> None:
    archive = run("backup", shop(tmp_path / "old", FILES)).stdout
    standing = shop(tmp_path / "standing", {"keys/bundle.pem": "another"})

    result = run("restore", standing, data=archive)

    assert result.returncode == 1
    assert content(standing) == {"keys/bundle.pem": "another"}


@pytest.mark.parametrize("service", ["backup", "restore"])
def test_every_volume_that_the_manual_names_is_in_the_archive(service: str) -> None:
    named = set(re.findall(r"`([a-z-]+)`", "\n".join(line for line in SECTION.splitlines() if line.startswith("|")))) - {"postgres"}
    mounted = {volume.partition(":")[0]: volume.partition(":")[2] for volume in SERVICES[service]["volumes"]}

    assert set(mounted) == named == {"registry", "media", "keys", "keys-authority", "keys-leaves"}
    assert {place.split("/")[2].partition(":")[0] for place in mounted.values()} == {"registry", "media", "keys"}


def test_the_manual_leaves_the_volumes_names_to_compose() -> None:
    commands = [line.strip() for line in SECTION.splitlines() if line.startswith("    ")]
    services = {match for line in commands for match in re.findall(r"docker compose (?:exec|run --rm) -T ([a-z-]+)", line)}

    assert services == {"postgres", "backup", "restore"}
    assert not [line for line in commands if "basename" in line or "docker run" in line or "docker volume" in line or "--volume" in line]
    assert all(SERVICES[name].get("profiles") == ["backup"] for name in ("backup", "restore"))


def test_the_manuals_backup_says_that_it_is_complete_only_when_it_is(tmp_path: Path) -> None:
    block = SECTION[
        SECTION.index("    shop registry_hold begin backup") : SECTION.index("You have a backup only if it says `backup complete`")
    ]
    docker = tmp_path / "docker"
    for failing in ("registry_hold begin", "pg_dump", "--rm -T backup", "registry_hold end", "pg_restore", "nothing"):
        docker.write_text(f'#!/bin/sh\ncase "$*" in *{failing}*) echo half; exit 1;; esac\ncat < /dev/null | gzip\n')
        docker.chmod(0o755)
        result = subprocess.run(
            ["bash", "-c", f'shop() {{ docker "$@" > /dev/null; }}\n{block}'],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ("backup complete" in result.stdout) is (failing == "nothing")
        assert (result.returncode == 0) is (failing == "nothing")
