import io
import json
import logging
import sys
import threading
from queue import Queue

import pytest

from common.ops.logging import BoundedQueueHandler, JsonFormatter, RedactSecrets, log_through_a_queue

SECRETS = [
    pytest.param("lsp_" + "a1B2" * 12, id="access token"),
    pytest.param("lsr_0123456789abcdef_0_deadbeef", id="identity token"),
    pytest.param("lss_1700000000_deadbeef", id="secret of our own programs"),
    pytest.param("sk_test_4eC39HqLyjWDarjtT1zdp7dc", id="stripe key"),
    pytest.param("whsec_abcdefgh1234", id="webhook secret"),
    pytest.param("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", id="registry token"),
    pytest.param("Basic bWlyYTpsc3BfYWJj", id="basic header"),
]


def _record(message: str, *args: object, exc_info: bool = False) -> logging.LogRecord:
    return logging.LogRecord("shop", logging.INFO, __file__, 1, message, args, sys.exc_info() if exc_info else None)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_reaches_the_log_in_message_or_arguments(secret: str) -> None:
    record = _record("login with %s failed", secret)

    assert RedactSecrets().filter(record) is True
    assert secret not in record.getMessage()
    assert "[secret]" in record.getMessage()


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_reaches_the_log_in_a_traceback(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        line = JsonFormatter().format(_record("failed", exc_info=True))

    assert secret not in line
    assert "ValueError: [secret]" in line


def test_a_line_is_one_json_object_with_what_extra_carries() -> None:
    record = _record("reserved %s", "acme/db")
    record.order = "42"

    line = json.loads(JsonFormatter().format(record))

    assert (line["level"], line["logger"], line["message"], line["order"]) == ("INFO", "shop", "reserved acme/db", "42")


def test_a_queue_takes_what_is_logged_and_its_end_writes_all_of_it(monkeypatch) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactSecrets())
    monkeypatch.setattr(root, "handlers", [handler])
    end = log_through_a_queue()
    assert [type(one) for one in root.handlers] == [BoundedQueueHandler]

    for number in range(100):
        logging.getLogger("shop").warning("line %d of sk_test_4eC39HqLyjWDarjtT1zdp7dc", number)
    end()

    assert stream.getvalue().splitlines() == [f"line {number} of [secret]" for number in range(100)]
    assert root.handlers == [handler]


def test_a_full_queue_drops_lines_and_says_how_many() -> None:
    queue: Queue[logging.LogRecord] = Queue(2)
    handler = BoundedQueueHandler(queue)

    for number in range(5):
        handler.handle(_record(f"line {number}"))
    taken = [queue.get_nowait().getMessage() for _ in range(2)]
    handler.handle(_record("line 5"))

    assert [*taken, *(queue.get_nowait().getMessage() for _ in range(2))] == [
        "line 0",
        "line 1",
        "3 lines of log were dropped: the queue was full",
        "line 5",
    ]


def test_the_end_of_a_full_queue_waits_until_all_of_it_is_written(monkeypatch) -> None:
    written, begun, go_on, root = list[str](), threading.Event(), threading.Event(), logging.getLogger()

    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            begun.set()
            go_on.wait(10)
            written.append(record.getMessage())

    monkeypatch.setattr(root, "handlers", [Slow()])
    end = log_through_a_queue(most=2)
    logging.getLogger("shop").warning("line 0")
    begun.wait(10)
    for number in (1, 2):
        logging.getLogger("shop").warning("line %d", number)
    threading.Timer(0.1, go_on.set).start()
    end()

    assert written == ["line 0", "line 1", "line 2"]


def test_arguments_that_do_not_fit_end_no_thread_and_show_no_secret(monkeypatch) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactSecrets())
    monkeypatch.setattr(root, "handlers", [handler])
    end = log_through_a_queue()

    logging.getLogger("shop").warning("%d orders", "sk_test_4eC39HqLyjWDarjtT1zdp7dc")
    logging.getLogger("shop").warning("the next line")
    end()

    assert stream.getvalue().splitlines() == ["%d orders ('[secret]',)", "the next line"]
