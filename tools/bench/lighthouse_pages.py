"""What Lighthouse gives the pages of a full shop, on a desktop and on a phone, and what each brings over the wire."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from tools.bench.bounded import run_bounded
from tools.bench.lighthouse_program import BROWSER
from tools.stack.browser import Browser
from tools.stack.environment import plain_environment
from tools.stack.instance import ROOT, Instance
from tools.stack.packages import find_program
from tools.stack.problems import Problem
from tools.stack.sale.people import Person, sign_in
from tools.stack.view import Step

SCORES = ("performance", "accessibility", "best-practices", "seo")
DEVICES = {"desktop": ("--preset=desktop",), "phone": ()}  # a phone on a slow network is what Lighthouse takes when nothing is said
REPORTS = ROOT / "var" / "lighthouse" / "reports"  # of what was looked at last
SELLER = "saltmarsh"
SECONDS = 180  # for one page; it takes about 20
_FULL = 0.9  # an audit that has this much is green; the rest of a score is weighed from fractions
_CHROMIUM = "--no-sandbox --disable-dev-shm-usage --disable-gpu"


@dataclass(frozen=True, slots=True)
class Page:
    """A page and who looks at it.

    Attributes:
        cookie: the header of their session; nobody is signed in where it is empty.
        crawled: whether robots.txt lets search engines read it. Where it does not, Lighthouse is not asked whether they can.
    """

    name: str
    url: str
    cookie: str = ""
    crawled: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """Scores of 0 to 100 in the order of SCORES, and the bytes that came over the wire, pictures left out.

    Attributes:
        faults: what cost a score, by the names of Lighthouse's audits.
    """

    scores: tuple[int, ...]
    size: int
    faults: tuple[str, ...]


def pages(instance: Instance) -> Iterator[Page]:
    """Give what is looked at in a shop that script/demo --shop filled."""
    url = instance.url
    record = json.loads((instance.var / "shop.json").read_text())
    seller = next(one for one in record["sellers"] if one["namespace"] == SELLER)
    buyer = next(one for one in record["people"] if one["role"] == "buyer")
    selling, selling_cookie = signed_in(instance, seller)
    buying, buying_cookie = signed_in(instance, buyer)
    product = buying.look(f"/{SELLER}").link("", below=f"/{SELLER}/")
    image = selling.look("/selling/").link("", below="/selling/images/")
    yield Page("home", f"{url}/")
    yield Page("search", f"{url}/search/")
    yield Page("search, by words", f"{url}/search/?q=database", crawled=False)
    yield Page("product", f"{url}{product}")
    yield Page("shop", f"{url}/{SELLER}")
    yield Page("library", f"{url}/library/", buying_cookie, crawled=False)
    yield Page("dashboard", f"{url}/selling/", selling_cookie, crawled=False)
    yield Page("seller's image", f"{url}{image}", selling_cookie, crawled=False)


def signed_in(instance: Instance, known: dict[str, str]) -> tuple[Browser, str]:
    """Sign somebody in; return their browser and the cookie header of the session."""
    person = Person(known["username"], known["username"], known["password"], Browser(instance.url))
    sign_in(person, Step(Console(quiet=True)))
    return person.browser, person.browser.cookie_header()


def look(program: Path, page: Page, device: str, folder: Path) -> Seen:
    """Let Lighthouse look at a page, and keep its report.

    Raises:
        Problem: it failed, took too long, or was led to another page. Neither it nor its Chromium is left behind.
    """
    report, headers = REPORTS / f"{page.name}, {device}.json", folder / "headers.json"
    REPORTS.mkdir(parents=True, exist_ok=True)
    headers.write_text(json.dumps({"Cookie": page.cookie} if page.cookie else {}))
    options = ["--quiet", *DEVICES[device], f"--chrome-flags={_CHROMIUM}", f"--only-categories={','.join(SCORES)}"]
    options += [] if page.crawled else ["--skip-audits=is-crawlable"]
    # Chromium's profile goes with the folder, whoever is ended first.
    environment = plain_environment(os.environ) | {"CHROME_PATH": str(find_program(BROWSER)), "TMPDIR": str(folder)}
    command = [str(program), page.url, *options, f"--extra-headers={headers}", "--output=json", f"--output-path={report}"]
    result = run_bounded(command, environment=environment, seconds=SECONDS)
    if result.returncode:
        raise Problem(f"Lighthouse failed on {page.url}: {result.stderr[-600:]}", do="look at the page by hand.")
    found = json.loads(report.read_text())
    if found["finalDisplayedUrl"] != page.url:
        raise Problem(f"Lighthouse was led from {page.url} to {found['finalDisplayedUrl']}.", do="the session did not hold: look by hand.")
    return _seen(found)


def _seen(report: dict[str, Any]) -> Seen:
    categories, audits = report["categories"], report["audits"]
    requests = audits["network-requests"]["details"]["items"]
    counted = {ref["id"] for score in SCORES for ref in categories[score]["auditRefs"] if ref["weight"]}
    return Seen(
        scores=tuple(round((categories[score]["score"] or 0) * 100) for score in SCORES),
        size=sum(one["transferSize"] for one in requests if one.get("resourceType") != "Image"),
        faults=tuple(sorted(name for name in counted if (score := audits[name]["score"]) is not None and score < _FULL)),
    )
