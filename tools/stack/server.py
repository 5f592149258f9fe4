"""script/server: every part up, nothing sold; until it is stopped."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.signals import Stopped
from tools.stack.view import View

LOOK_EVERY = 1


def main(view: View, arguments: list[str]) -> int:
    """Start, say where things are, and stay."""
    ArgumentParser(prog="script/server", description="Start every part of Layerstore on loopback, until Ctrl-C.").parse_args(arguments)
    with started(view, Instance.from_environment(os.environ)) as stack:
        show_addresses(view, stack)
        return stay(view, stack)


@contextmanager
def started(view: View, instance: Instance) -> Iterator[Stack]:
    """Start the stack and say so; stop it at the end and say that."""
    began = time.monotonic()
    view.title(f"Starting Layerstore at {instance.url}, data under {instance.var}")
    stack = Stack(instance, announce=view.say)
    try:
        with ExitStack() as running:
            with view.waiting("Starting"):
                running.enter_context(stack)
            view.say(f"ready after {time.monotonic() - began:.1f} s")
            yield stack
            quietly(view, "Stopping every part …")
    except BaseException:
        if stack.was_launched:
            quietly(view, "Stopped every part.")
        raise
    quietly(view, "Stopped.")


def quietly(view: View, text: str) -> None:
    """Print a line if possible: the terminal may be gone, and that must not keep us from stopping."""
    try:
        view.title(text)
    except OSError:
        return


def show_addresses(view: View, stack: Stack) -> None:
    """Print where to look."""
    instance = stack.instance
    rows = [
        ["Shop", instance.url + "/"],
        ["Mailbox (every mail lands here)", f"{instance.sandbox_url}/mailbox/"],
        ["Stripe sandbox", f"{instance.sandbox_url}/sandbox/"],
        ["API and its documentation", f"{instance.url}/api/docs/"],
        ["Admin", f"{instance.url}/admin/"],
        ["Metrics (inner listener)", f"{instance.inner_url}/metrics"],
        ["Logs", str(instance.var / "log")],
    ]
    view.table("Addresses", ["", ""], rows)


def stay(view: View, stack: Stack) -> int:
    """Stay until stopped, and report parts that end by themselves.

    Raises:
        Problem: a part ended and could not be started again.
    """
    view.say("")
    view.say("Ctrl-C stops everything; the data stays.")
    try:
        while True:
            time.sleep(LOOK_EVERY)
            again, failed = stack.supervisor.restarted_or_failed()
            for name in again:
                view.say(f"{name} had ended and was started again; see {stack.instance.log(name)}")
            for name in failed:
                raise Problem(f"{name} ended and could not be started again.", do="fix what its log reports.", log=stack.instance.log(name))
    except Stopped:
        return 0
