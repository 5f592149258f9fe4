"""Ask several parts at once, and take the answers that come in time, even if one of the parts hangs."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

from django.db import connections

Answer = TypeVar("Answer")


class Questions(Generic[Answer]):
    """Asked concurrently, each in a thread of its own. One that hangs is not asked again until it has ended, so it holds one thread.

    Args:
        questions: by name. They must not raise.
    """

    def __init__(self, questions: Mapping[str, Callable[[], Answer]]) -> None:
        self._questions = questions
        self._asked: dict[str, Future[Answer]] = {}

    def ask(self, *, within: float) -> dict[str, Answer]:
        """Return the answers that have come within so many seconds, as soon as all have."""
        for name, question in self._questions.items():
            if name not in self._asked or self._asked[name].done():
                self._asked[name] = _begin(question)
        end = time.monotonic() + within
        answers = dict[str, Answer]()
        for name, future in self._asked.items():
            try:
                answers[name] = future.result(timeout=max(0.0, end - time.monotonic()))
            except TimeoutError:
                continue
        return answers


def _begin(question: Callable[[], Answer]) -> "Future[Answer]":
    future = Future[Answer]()

    def answer() -> None:
        try:
            future.set_result(question())
        except Exception as error:  # noqa: BLE001  raised again where the answer is taken
            future.set_exception(error)
        finally:
            connections.close_all()  # those of this thread

    Thread(target=answer, daemon=True).start()
    return future
