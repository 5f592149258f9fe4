"""A Kafka cluster of three brokers in a process of its own: the mock cluster of librdkafka, inside the wheel of confluent-kafka.

It speaks the protocol and keeps nothing on disk. A partition keeps its last 5 MiB: a consumer that is further behind misses records, so
whoever measures lets no more than that wait. A broker that is away takes its partitions along until `move_leader` gives them to another.
"""

import ctypes
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from confluent_kafka import cimpl

from tools.stack.instance import ROOT

BROKERS = 3
REPLICAS = 3
ALL = -1  # brokers, to the functions that take one
_PRODUCER = 0  # a type of client
_READY_SECONDS = 30


class Refused(Exception):
    """The cluster did not do what it was told, for example because there is no such broker."""


class MockKafka:
    """A cluster that lives as long as the context, or at most as long as the process that started it.

    Attributes:
        servers: its `bootstrap.servers`.
    """

    servers: str
    _process: "subprocess.Popen[str]"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.mock_kafka"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.servers = self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate(timeout=_READY_SECONDS)  # it ends when its input does

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    def create_topic(self, name: str, *, partitions: int) -> None:
        """Make a topic; a topic that a client asks for before has four partitions."""
        self._tell("topic", name, partitions)

    def take_down(self, broker: int) -> None:
        """Disconnect a broker's clients and let it accept none. Brokers are 1, 2 and 3."""
        self._tell("down", broker)

    def bring_up(self, broker: int) -> None:
        """Let a broker accept connections again."""
        self._tell("up", broker)

    def move_leader(self, topic: str, partition: int, *, to: int) -> None:
        """Make another broker a partition's leader."""
        self._tell("leader", topic, partition, to)

    def move_coordinator(self, group: str, *, to: int) -> None:
        """Make another broker a consumer group's coordinator: a real cluster does it by itself when the broker goes down."""
        self._tell("coordinator", group, to)

    def take_all_down(self) -> None:
        """Make the whole cluster unreachable; it keeps what it has."""
        self._tell("away")

    def bring_all_up(self) -> None:
        """Let all brokers accept connections again."""
        self._tell("back")

    def _tell(self, *words: str | int) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(" ".join(map(str, words)) + "\n")
            self._process.stdin.flush()
        if (answer := self._answer()) != "ok":
            raise Refused(f"{words}: {answer}")

    def _answer(self) -> str:
        answer = self._process.stdout.readline().strip() if self._process.stdout is not None else ""
        if not answer:
            raise Refused("The cluster's process has ended: start python -m tools.bench.mock_kafka by hand and read its output.")
        return answer


class Library:
    """The functions of librdkafka that are used here, as its header for mock clusters declares them."""

    def __init__(self) -> None:
        # The extension's own file: its dependencies are searched for a symbol too, so it matters not where the wheel puts the library.
        self._library = ctypes.CDLL(cimpl.__file__)
        handle = self._function("rd_kafka_new", ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t])
        cluster = self._function("rd_kafka_mock_cluster_new", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int])
        self._cluster = cluster(handle(_PRODUCER, None, None, 0), BROKERS)

    def servers(self) -> str:
        """Return the brokers' addresses."""
        servers = self._function("rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p, [ctypes.c_void_p])(self._cluster)
        return bytes(servers).decode()

    def call(self, name: str, *arguments: str | int) -> int:
        """Call a function of the cluster with texts and numbers."""
        types = [ctypes.c_char_p if isinstance(argument, str) else ctypes.c_int for argument in arguments]
        function = self._function(f"rd_kafka_mock_{name}", ctypes.c_int, [ctypes.c_void_p, *types])
        return int(function(self._cluster, *(argument.encode() if isinstance(argument, str) else argument for argument in arguments)))

    def _function(self, name: str, result: type, arguments: Sequence[type]) -> Callable[..., int | bytes]:
        function = getattr(self._library, name)
        function.restype, function.argtypes = result, arguments
        return function  # type: ignore[no-any-return]  # ctypes knows nothing of it


def commands(library: Library) -> Mapping[str, Callable[..., int]]:
    """Return what each word on the standard input does with the words that follow it."""
    return {
        "down": lambda broker: library.call("broker_set_down", int(broker)),
        "up": lambda broker: library.call("broker_set_up", int(broker)),
        "away": lambda: library.call("broker_set_down", ALL),
        "back": lambda: library.call("broker_set_up", ALL),
        "leader": lambda topic, partition, broker: library.call("partition_set_leader", topic, int(partition), int(broker)),
        "coordinator": lambda group, broker: library.call("coordinator_set", "group", group, int(broker)),
        "topic": lambda name, partitions: library.call("topic_create", name, int(partitions), REPLICAS),
    }


def main() -> None:
    """Print the brokers' addresses, then obey each line until the input ends, which it does when our parent dies too."""
    library = Library()
    known = commands(library)
    print(library.servers(), flush=True)
    for line in sys.stdin:
        word, *words = line.split()
        code = known[word](*words)
        print("ok" if code == 0 else f"error {code}", flush=True)


if __name__ == "__main__":
    main()
