"""Real small images out of what this machine has installed: a program, the libraries it needs, its configuration, layer by layer."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.problems import Problem

USERS = "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
BASE_LIBRARIES = re.compile(r"/(ld-linux|ld64|libc\.|libm\.|libpthread|libdl|librt|libresolv|libgcc_s|libz\.)")


@dataclass(frozen=True, slots=True)
class Layer:
    """What one COPY puts into an image: texts and copies of files, by their path in the image."""

    name: str
    texts: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, Path] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Lay the files out below a folder, with one fixed time, so that the same content is the same layer."""
        for path, text in self.texts.items():
            self._place(folder / path.lstrip("/"), lambda target, text=text: target.write_text(text))
        for path, source in self.copies.items():
            self._place(folder / path.lstrip("/"), lambda target, source=source: shutil.copyfile(source, target))
            (folder / path.lstrip("/")).chmod(source.stat().st_mode & 0o755)

    @staticmethod
    def _place(target: Path, write: object) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if callable(write):
            write(target)


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image: its layers from the bottom, what it starts, what its labels say."""

    repository: str
    tag: str
    layers: Sequence[Layer]
    entrypoint: Sequence[str]
    labels: Mapping[str, str] = field(default_factory=dict)

    def dockerfile(self) -> str:
        """Return the Dockerfile that puts the laid-out layers together."""
        copies = [f"COPY {layer.name}/ /" for layer in self.layers]
        labels = [f'LABEL {key}="{value}"' for key, value in self.labels.items()]
        words = ", ".join(f'"{word}"' for word in self.entrypoint)
        return "\n".join(["FROM scratch", *copies, *labels, f"ENTRYPOINT [{words}]" if words else "", ""])

    def write(self, folder: Path) -> None:
        """Write the build context, replacing an old one."""
        shutil.rmtree(folder, ignore_errors=True)
        for layer in self.layers:
            layer.write(folder / layer.name)
        (folder / "Dockerfile").write_text(self.dockerfile())


def libraries_of(programs: Sequence[Path]) -> dict[str, Path]:
    """Return the shared libraries that programs load, by the path at which they look for them.

    Raises:
        Problem: a program is not installed.
    """
    found: dict[str, Path] = {}
    for program in programs:
        if not program.exists():
            raise Problem(f"{program} is not installed.", do="run: script/bootstrap")
        result = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
        for match in re.finditer(r"(?:=> )?(/\S+) \(0x", result.stdout):
            found[match[1]] = Path(match[1]).resolve()
    return found


def base_layer() -> Layer:
    """Return the layer that every image of the shop stands on: the C library, its loader, two users. Shared, pushed once."""
    libraries = {path: source for path, source in libraries_of([Path("/bin/sh").resolve()]).items() if BASE_LIBRARIES.search(path)}
    texts = {"/etc/passwd": USERS, "/etc/nsswitch.conf": "hosts: files dns\n", "/tmp/.keep": ""}  # noqa: S108 - a path in the image
    return Layer("base", texts=texts, copies=libraries)


def program_layers(programs: Mapping[str, Path]) -> list[Layer]:
    """Return two layers for programs: their libraries, which change seldom, and above them the programs themselves."""
    below = base_layer().copies
    libraries = {path: source for path, source in libraries_of(list(programs.values())).items() if path not in below}
    layers = [Layer("libraries", copies=libraries)] if libraries else []
    return [*layers, Layer("programs", copies=programs)]
