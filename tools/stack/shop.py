"""script/demo --shop: a program of its own fills the shop, as far as it is not full yet, and checks it."""

import json
import os
import subprocess
from typing import Any

from tools.stack.instance import ROOT
from tools.stack.parts import PYTHON
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.view import View

_PROGRAM = "tools.demo.shop"


def fill_shop(view: View, stack: Stack) -> None:
    """Fill the shop with sellers, products and 120 days of life, unless that was done before.

    Raises:
        Problem: it could not be filled.
    """
    if (stack.instance.var / "shop.json").exists():
        view.title("The shop is full already.")
        return
    view.title("A shop full of life: forty products of eight sellers, and 120 days")
    _run(view, stack)


def check_shop(view: View, stack: Stack) -> None:
    """Check that the full shop is what it says.

    Raises:
        Problem: it is not.
    """
    view.title("Is the shop what it says?")
    _run(view, stack, "check")


def show_people(view: View, stack: Stack) -> None:
    """Print who of the full shop can sign in."""
    record: dict[str, Any] = json.loads((stack.instance.var / "shop.json").read_text())
    rows = [[one["role"], one["username"], one["password"]] for one in record["people"]]
    view.table("Accounts of the full shop (all sellers are in var/shop.json)", ["", "user name", "password"], rows)


def _run(view: View, stack: Stack, *arguments: str) -> None:
    instance = stack.instance
    where = {"LAYERSTORE_PORT": str(instance.port), "LAYERSTORE_VAR": str(instance.var), "LANG": os.environ.get("LANG", "C.UTF-8")}
    log = instance.log("shop")
    with (
        log.open("w") as errors,
        view.waiting("Filling"),
        subprocess.Popen(
            [PYTHON, "-m", _PROGRAM, *arguments],
            env=stack.environment | where,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                view.say(line.rstrip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise Problem("The shop could not be filled.", do="read the cause in its log, and start the same command again.", log=log)
