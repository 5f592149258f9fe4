"""Prepare the shop while the database is being started, and let the preparation continue once that takes connections."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from tools.stack.configs import error_pages
from tools.stack.instance import ROOT, Instance
from tools.stack.parts import manage
from tools.stack.problems import Problem


@contextmanager
def preparation(instance: Instance, environment: Mapping[str, str]) -> Iterator[Callable[[], object]]:
    """Run `manage.py prepare_shop`; it does what needs no database, then waits for the call that says that there is one.

    Raises:
        Problem: it failed; has the end of its output.
    """
    log = instance.log("prepare")
    command = manage("prepare_shop", str(error_pages(instance)))
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield partial(process.communicate, "go on\n")
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode:
        raise Problem("The preparation failed.", do="read the cause in its log, fix it, and start again.", log=log)
