"""Every real client that pulls from a registry, each described in the same five words: sign in, remember, push, push on, pull."""

from tests.e2e.clients.authfile import Buildah, Podman, Skopeo
from tests.e2e.clients.ctr import Ctr
from tests.e2e.clients.curl import Curl
from tests.e2e.clients.docker import Docker, DockerWithPassword
from tests.e2e.clients.tool import Shown, Tool

TOOLS: tuple[type[Tool], ...] = (Docker, DockerWithPassword, Podman, Buildah, Skopeo, Ctr, Curl)

__all__ = ["TOOLS", "Buildah", "Ctr", "Curl", "Docker", "DockerWithPassword", "Podman", "Shown", "Skopeo", "Tool"]
