"""Services of AWS in a process of its own: moto's server, which speaks their protocols on loopback and keeps all in memory."""

import os
import subprocess
import sys
from types import TracebackType
from typing import Any, Final, Self

import boto3
from moto.server import ThreadedMotoServer

from tools.stack.instance import ROOT

REGION: Final = "eu-central-1"
# It takes whatever signs requests; AWS's SDK refuses to send any without.
SETTINGS: Final = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": REGION}


class MockAWS:
    """A server that lives as long as the context, or at most as long as the process that started it.

    Attributes:
        url: the endpoint of every service.
        pid: its process.
    """

    url: str
    pid: int
    _process: "subprocess.Popen[str]"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.mock_aws"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **SETTINGS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.pid = self._process.pid
        self.url = self._process.stdout.readline().strip() if self._process.stdout is not None else ""
        return self

    def client(self, service: str) -> Any:
        """Return a client of one of its services."""
        key, secret = SETTINGS["AWS_ACCESS_KEY_ID"], SETTINGS["AWS_SECRET_ACCESS_KEY"]
        return boto3.client(  # type: ignore[call-overload]  # any service
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret
        )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate(timeout=30)  # it ends when its input does


def main() -> None:
    """Print the address, then serve until the input ends, which it does when our parent dies too."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
