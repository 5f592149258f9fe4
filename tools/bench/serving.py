"""Running the token process's own server on a port, for as long as it is measured."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tools.stack import parts
from tools.stack.instance import ROOT
from tools.stack.probes import answers
from tools.stack.problems import Problem
from tools.stack.running import Stack

OURS = "config.wsgi_token.application"


@contextmanager
def serving(stack: Stack, url: str, *, application: str = OURS, settings: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run the token part's own command on a port instead of its socket, with another application or other variables if they are named.

    Raises:
        Problem: it did not come up.
    """
    server = parts.token(stack.instance).command[:3]
    host, port = url.removeprefix("http://").split(":")
    command = [*server, "--host", host, "--port", port, "--application", application]
    environment = stack.environment | dict(settings or {})
    with stack.instance.log(f"bench-{port}").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait(process, url)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline, ready = time.monotonic() + 60, answers(f"{url}/auth/jwks.json", statuses=range(200, 600))
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem("The token process did not come up.", do="start it by hand and read its output.")
        time.sleep(0.1)
