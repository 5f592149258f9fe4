"""Sends notifications to the inner listener as registries do, for as little of the machine's time as Python allows."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from tools.bench.event_pulls import body_of
from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.running import Stack

SENDERS = 16  # registries, each with one connection that it keeps
AT_ONCE = 2_000  # bodies that are made before they are sent
_ACCEPTED = b"HTTP/1.1 202 "


def send(stack: Stack, batches: Iterator[list[dict[str, object]]]) -> float:
    """Send notifications over keep-alive connections; return the seconds that the listener took, without the making of them.

    Raises:
        Problem: one was not accepted.
    """
    seconds, turn = 0.0, threading.Lock()
    while bodies := [body_of(events) for events in islice(batches, AT_ONCE)]:
        waiting = iter(bodies)
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(_send, [stack.instance] * SENDERS, [waiting] * SENDERS, [turn] * SENDERS))
        seconds += time.monotonic() - began
    return seconds


def _send(instance: Instance, waiting: Iterator[bytes], turn: threading.Lock) -> None:
    head = (
        "POST /registry/events HTTP/1.1\r\nHost: inner\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {instance.secrets['events_secret']}\r\nContent-Length: "
    ).encode()
    with socket.create_connection(("127.0.0.1", instance.ports["inner"]), timeout=60) as connection:
        while True:
            with turn:
                body = next(waiting, None)
            if body is None:
                return
            connection.sendall(b"%b%d\r\n\r\n%b" % (head, len(body), body))
            answer = b""
            while b"\r\n\r\n" not in answer:  # what accepts a notification has no body
                if not (piece := connection.recv(65_536)):
                    break
                answer += piece
            if not answer.startswith(_ACCEPTED):
                raise Problem(f"The listener answered {answer[:60]!r}.", do="read its log.", log=instance.log("inner"))
