"""One spelling for each platform, normalised as containerd does (containerd/platforms, `database.go`). Pure: knows no Django."""

from collections.abc import Iterator
from typing import Final

_SYSTEMS: Final = {"macos": "darwin"}
_ARCHITECTURES: Final = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}
_WHOLE: Final = {"armhf": ("arm", "v7"), "armel": ("arm", "v6"), "i386": ("386",)}  # whatever the variant says
_UNSAID: Final = {("amd64", "v1"), ("arm64", "8"), ("arm64", "v8")}  # the variant that every machine of the kind has is left out


def platform_of(system: str, architecture: str, variant: str = "") -> str:
    """Return `os/architecture[/variant]`, or an empty text if the system or the architecture is missing."""
    system, architecture, variant = (part.strip().lower() for part in (system, architecture, variant))
    if not system or not architecture:
        return ""
    return "/".join((_SYSTEMS.get(system, system), *_machine(architecture, variant)))


def platform_named(text: str) -> str:
    """Return the platform that somebody wrote, as `linux/arm64/v8` or as `aarch64`, which means Linux; an empty text for anything else."""
    parts = text.split("/")
    if len(parts) == 1:
        return platform_of("linux", parts[0])
    return platform_of(*parts) if len(parts) <= 3 else ""  # noqa: PLR2004  system, architecture, variant


def _machine(architecture: str, variant: str) -> Iterator[str]:
    if architecture in _WHOLE:
        yield from _WHOLE[architecture]
        return
    known = _ARCHITECTURES.get(architecture, architecture)
    yield known
    if known == "arm":
        yield f"v{variant}" if variant in {"5", "6", "7", "8"} else variant or "v7"
    elif variant and (known, variant) not in _UNSAID:
        yield variant
