"""Pages beside a hostile shop's, at most twice as slow; Lighthouse on four, at least 90 in each score. `hostile` or `lighthouse`: one."""

import json
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from tools.bench import hostile
from tools.bench.shop import end_with, fresh_shop
from tools.stack.catalogue import tidewater
from tools.stack.environment import plain_environment
from tools.stack.instance import ROOT
from tools.stack.packages import find_program
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.sale.people import Person, make_token, meet, sign_in
from tools.stack.sale.story import Story
from tools.stack.view import Step, View

LIGHTHOUSE = "12.8.2"  # the last that runs on Debian 12's Node 18
SCORES = ("performance", "accessibility", "best-practices", "seo")
WANTED = 90
FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage --disable-gpu"


def main() -> int:
    """Start a shop of its own, measure, print; return 0 only if every figure is within its limit. argv: `hostile` or `lighthouse` alone."""
    view, wanted = View(), set(sys.argv[1:]) or {"hostile", "lighthouse"}
    program = lighthouse(ROOT / "var" / "lighthouse") if "lighthouse" in wanted else None
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
    """Let Lighthouse look at pages, print its scores, and return which are too low."""
    folder = stack.instance.var.parent
    rows = [[page, *map(str, measure(program, url, cookie, folder))] for page, url, cookie in pages(stack)]
    view.table("Lighthouse", ["page", *SCORES], rows)
    return [f"{row[0]} is below {WANTED}." for row in rows if min(map(int, row[1:])) < WANTED]


def lighthouse(folder: Path) -> Path:
    """Install the pinned Lighthouse once, and return its program.

    Raises:
        Problem: npm could not.
    """
    program = folder / LIGHTHOUSE / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        command = [str(find_program("npm")), "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder / LIGHTHOUSE)]
        result = subprocess.run([*command, f"lighthouse@{LIGHTHOUSE}"], capture_output=True, text=True, check=False)
        if result.returncode:
            raise Problem(f"Lighthouse could not be installed: {result.stderr[-600:]}", do="check the network, then start again.")
    return program


def pages(stack: Stack) -> list[tuple[str, str, str]]:
    """Return name, address and cookie of each page that is measured."""
    instance = stack.instance
    seller, buyer = (meet(instance, username, "") for username in ("mara", "jonas"))
    product = f"{instance.url}/{tidewater.NAMESPACE}/{tidewater.REDIS.name}"
    selling = cookie_of(seller)
    image = seller.browser.look("/selling/").link("", below="/selling/images/")
    return [
        ("home", f"{instance.url}/", ""),
        ("product", product, ""),
        ("seller's image", f"{instance.url}{image}", selling),
        ("library", f"{instance.url}/library/", cookie_of(buyer)),
    ]


def cookie_of(person: Person) -> str:
    """Sign a person in, and return the cookie header of the session."""
    sign_in(person, Step(Console(quiet=True)))
    return person.browser.cookie_header()


def measure(program: Path, url: str, cookie: str, folder: Path) -> list[int]:
    """Return a page's four scores, 0 to 100, as Lighthouse sees it on a desktop.

    Raises:
        Problem: Lighthouse failed.
    """
    report = folder / "report.json"
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    options = ["--quiet", "--preset=desktop", f"--chrome-flags={FLAGS}", f"--only-categories={','.join(SCORES)}"]
    environment = plain_environment(os.environ) | {"CHROME_PATH": str(find_program("chromium"))}
    command = [str(program), url, *options, f"--extra-headers={headers}", "--output=json", f"--output-path={report}"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise Problem(f"Lighthouse failed on {url}: {result.stderr[-600:]}", do="look at the page by hand.")
    seen = json.loads(report.read_text())
    if seen["finalDisplayedUrl"] != url:
        raise Problem(
            f"Lighthouse was led from {url} to {seen['finalDisplayedUrl']}.", do="the session did not hold: look at the page by hand."
        )
    categories = seen["categories"]
    return [round((categories[score]["score"] or 0) * 100) for score in SCORES]


if __name__ == "__main__":
    end_with(main)
