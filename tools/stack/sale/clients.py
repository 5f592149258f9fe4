"""Which client the demo's people use on this machine."""

import os

from tools.stack.clients import Client, DockerClient, SkopeoClient
from tools.stack.environment import plain_environment
from tools.stack.running import Stack


def client_of(stack: Stack, username: str) -> Client:
    """Return this person's client: docker where a daemon works here, skopeo where none can."""
    if stack.docker_host is not None:
        return DockerClient(docker=stack.docker(username))
    folder = stack.instance.var / "clients" / username
    folder.mkdir(mode=0o700, exist_ok=True)
    return SkopeoClient(folder=folder, base=plain_environment(os.environ))
