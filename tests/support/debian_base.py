"""A base image made of this machine's own Debian packages: what the official `python` image stands for, and those of nginx and the registry, without a registry to fetch them from.

The files of a few packages and of all they depend on, as dpkg lists them: 70 MB in a second.
"""

import os
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGES = (
    "base-files",
    "base-passwd",
    "bash",
    "ca-certificates",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "hostname",
    "login",
    "nginx",
    "passwd",
    "python3-venv",
    "sed",
)
# Made when packages were installed, so that no package lists them; and folders that every image has.
BESIDE = ("/etc/passwd", "/etc/group", "/etc/ssl/certs/ca-certificates.crt", "/tmp", "/var/tmp", "/run", "/srv", "/root", "/home")
LEFT_OUT = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/")


def write_base(archive: Path) -> None:
    """Write a root file system with Python and pip's venv as a tar archive that `docker import` takes."""
    with tarfile.open(archive, "w") as tar:
        for path in sorted(set(_files(_with_all_they_need(PACKAGES)))):
            tar.add(path, recursive=False)


def _with_all_they_need(names: Sequence[str]) -> set[str]:
    """Return the packages and what they depend on, of what is installed here; the first installed alternative counts."""
    shown = "${Package}\t${db:Status-Abbrev}\t${Provides}\t${Pre-Depends},${Depends}\n"
    listed = subprocess.run(["dpkg-query", "--show", f"--showformat={shown}"], capture_output=True, text=True, check=True).stdout
    needs: dict[str, list[list[str]]] = {}
    providers: dict[str, str] = {}
    for line in listed.splitlines():
        name, status, provided, depends = line.split("\t")
        if status.startswith("ii"):
            needs[name] = [[_name(one) for one in group.split("|")] for group in depends.split(",") if group.strip()]
            providers |= {_name(one): name for one in provided.split(",") if one.strip()}
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        name = name if name in needs else providers.get(name, "")
        if name and name not in found:
            found.add(name)
            waiting += [next((one for one in group if one in needs or one in providers), "") for group in needs[name]]
    return found


def _name(dependency: str) -> str:
    """Return the package of `python3:any (>= 3.11)`."""
    return dependency.split(maxsplit=1)[0].partition(":")[0]


def _files(packages: set[str]) -> Iterator[str]:
    """Yield every file, by the path it really has: /bin and /lib are links into /usr, and come as such."""
    listed = subprocess.run(["dpkg-query", "--listfiles", *packages], capture_output=True, text=True, check=True).stdout
    for path in (*listed.splitlines(), *BESIDE):
        if path.startswith("/") and path != "/." and not path.startswith(LEFT_OUT) and os.path.lexists(path):
            real = Path(path).parent.resolve() / Path(path).name
            if path in BESIDE or real.is_symlink() or not real.is_dir():
                yield str(real)
    yield from (link for link in ("/bin", "/sbin", "/lib", "/lib64") if Path(link).is_symlink())
