"""Pages beside a hostile shop's, at most twice as slow; Lighthouse on eight, 100 in each score. `hostile` or `lighthouse`: one."""

import sys
from pathlib import Path

from rich.console import Console

from tools.bench import hostile
from tools.bench.lighthouse_pages import DEVICES, SCORES, look, pages
from tools.bench.lighthouse_program import install
from tools.bench.shop import end_with, fresh_shop
from tools.stack.instance import ROOT
from tools.stack.running import Stack
from tools.stack.sale.people import Person, make_token, meet, sign_in
from tools.stack.sale.story import Story
from tools.stack.shop import fill_shop
from tools.stack.view import Step, View

WANTED, HEAVIEST = 100, 100_000  # of each score; bytes over the wire without pictures


def main() -> int:
    """Start a shop of its own, measure, print; return 0 only if every figure is within its limit. argv: `hostile` or `lighthouse` alone."""
    view, wanted = View(), set(sys.argv[1:]) or {"hostile", "lighthouse"}
    program = install(ROOT / "var" / "lighthouse") if "lighthouse" in wanted else None
    with fresh_shop(with_docker=True, durable=True) as stack:
        view.say("Filling a shop …")
        Story(stack, View(Console(quiet=True))).tell()
        faults = beside_hostile(stack, view) if "hostile" in wanted else []
        faults += scores(stack, view, program) if program else []
    view.say(" ".join(faults) or "All as wanted.")
    return int(bool(faults))


def beside_hostile(stack: Stack, view: View) -> list[str]:
    """Compare with a hostile shop, print, and return what is too slow."""
    buyer = meet(stack.instance, hostile.BUYER, "")
    cookie = cookie_of(buyer)
    make_token(buyer, "bench", ["api"], Step(Console(quiet=True)))
    measured = hostile.compare(stack, cookie=cookie, token=buyer.access_token)
    columns = ["page", "demo ms", "hostile ms", "ratio", "hostile kB"]
    rows = [[one.row.name, f"{one.plain:.1f}", f"{one.hostile:.1f}", f"{one.ratio:.2f}", f"{one.size / 1e3:.0f}"] for one in measured]
    view.table(f"Beside a hostile shop, medians of {hostile.ROUNDS}", columns, rows)
    return [f"{one.row.name} is {one.ratio:.1f} times as slow." for one in measured if one.ratio > hostile.MOST]


def scores(stack: Stack, view: View, program: Path) -> list[str]:
    """Fill the shop as script/demo --shop does, let Lighthouse look at pages, print, and return what is too low or too heavy."""
    fill_shop(view, stack)
    rows, faults = [], []
    for page in pages(stack.instance):
        for device in DEVICES:
            seen = look(program, page, device, stack.instance.var.parent)
            rows.append([page.name, device, *map(str, seen.scores), f"{seen.size / 1e3:.0f}", "" if page.crawled else "not by robots.txt"])
            faults += [f"{page.name} on a {device}: {', '.join(seen.faults)}."] if min(seen.scores) < WANTED else []
            faults += [f"{page.name} weighs {seen.size / 1e3:.0f} kB."] if seen.size > HEAVIEST else []
    view.table("Lighthouse", ["page", "device", *SCORES, "kB", "crawled"], rows)
    return faults


def cookie_of(person: Person) -> str:
    """Sign a person in, and return the cookie header of the session."""
    sign_in(person, Step(Console(quiet=True)))
    return person.browser.cookie_header()


if __name__ == "__main__":
    end_with(main)
