"""python -m tools.sandbox: runs until SIGINT, SIGTERM or SIGHUP."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tools.sandbox.config import Config
from tools.sandbox.server import LOOPBACK, Server


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The command line; every port, public address and secret is asked for."""
    parser = argparse.ArgumentParser(prog="sandbox", description="Plays Stripe and a mailbox. No money moves.")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on; another than loopback only inside a container")
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps everything")
    parser.add_argument("--public-url", required=True, help="where browsers reach the hosted pages")
    parser.add_argument("--webhook-url", required=True, help="where signed events are posted")
    parser.add_argument("--webhook-secret", required=True, help="whsec_…")
    parser.add_argument("--connect-webhook-url", default="", help="where events of connected accounts are posted, if not there as well")
    parser.add_argument("--connect-webhook-secret", default="", help="whsec_… of that address")
    parser.add_argument("--secret-key", required=True, help="sk_test_…, the one key that is accepted")
    parser.add_argument("--country", default="NO", help="where the platform's own account is")
    parser.add_argument("--settle-seconds", type=int, default=30, help="how long a bank debit takes")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run until told to stop. Returns the exit status."""
    given = parsed(arguments)
    if not given.secret_key.startswith("sk_test_"):
        sys.stderr.write("The sandbox takes only an sk_test_ key.\n")
        return 2
    config = Config(
        data=given.data,
        public_url=given.public_url.rstrip("/"),
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        connect_webhook_url=given.connect_webhook_url,
        connect_webhook_secret=given.connect_webhook_secret,
        secret_key=given.secret_key,
        country=given.country,
        settle_seconds=given.settle_seconds,
    )
    # set explicitly: a parent that ignored SIGINT would hand that down
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        with Server(config, given.http_port, given.smtp_port, given.host):
            sys.stderr.write(f"Sandbox at {config.public_url}/sandbox/, mails at {config.public_url}/mailbox/\n")
            stop.wait()
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
