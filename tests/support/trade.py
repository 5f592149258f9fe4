"""People who trade on a live stack as users do: by pages, docker, skopeo and Stripe's hosted page; never by our own functions."""

import io
import itertools
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import httpx
from rich.console import Console

from tests.support.loopback import WITHOUT_CERTIFICATES, ask
from tests.support.stack import LiveStack
from tools.stack.catalogue.goods import PER_COMPANY, Good
from tools.stack.clients import Client, DockerClient, SkopeoClient
from tools.stack.environment import plain_environment
from tools.stack.pictures import memory_under_its_limit, picture
from tools.stack.problems import Problem
from tools.stack.recipes import Layer, Recipe
from tools.stack.sale.buying import buy
from tools.stack.sale.people import TOKEN, Person, make_token, meet, sign_in_afresh, sign_up
from tools.stack.sale.selling import connect_to_stripe, make_product, publish, push, reserve, start_selling
from tools.stack.sale.waiting import awaited
from tools.stack.view import Step

PATIENCE = 90
SILENT = Step(Console(file=io.StringIO()))
_numbers = itertools.count(1)


@cache
def _drawn() -> bytes:
    """Draw the picture that all of them have."""
    return picture("Drawn", "for a test", memory_under_its_limit)


def silent(_: str) -> None:
    """Take what a client shows, and show it to nobody."""


@dataclass(slots=True)
class Sold:
    """A product on the shelf."""

    url: str
    path: str
    references: list[str]
    digests: list[str]

    @property
    def reference(self) -> str:
        return self.references[0]

    @property
    def repository(self) -> str:
        return self.reference.partition("/")[2].partition(":")[0]


class Trade:
    """A stack with people in it."""

    def __init__(self, stack: LiveStack) -> None:
        self.stack = stack
        self._people: list[Person] = []

    def close(self) -> None:
        """Close everybody's browser."""
        for person in self._people:
            person.browser.close()

    def person(self, *scopes: str) -> Person:
        """Sign somebody up, confirmed, with a token of these scopes."""
        number = next(_numbers)
        person = meet(self.stack.instance, f"person{number}", f"Person {number}")
        self._people.append(person)
        self._sign_up(person)
        make_token(person, "test", list(scopes or ("registry:pull", "api")), SILENT)
        return person

    def _sign_up(self, person: Person) -> None:
        """Sign up; many people come from this one address, so wait as the limit on sign-ups says."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return sign_up(person, self.stack.instance, SILENT)
            except Problem as problem:
                if "answered with 429" not in str(problem) or time.monotonic() > deadline:
                    raise
            time.sleep(2)

    def seller(self, namespace: str, *, connected: bool = True) -> Person:
        """Sign a seller up with a namespace, connected to Stripe unless said otherwise."""
        seller = self.person("registry:pull", "registry:push", "api")
        start_selling(seller, namespace, SILENT)
        if connected:
            connect_to_stripe(seller, SILENT)
        return seller

    def docker(self, person: Person | None) -> Client:
        """Give somebody's docker client, signed in; nobody's is anonymous. Where no daemon runs, skopeo plays it, and says so."""
        if self.stack.docker_host is None:
            print("NO DOCKER DAEMON RUNS HERE: skopeo stands in for docker")  # noqa: T201  said aloud
            return self.skopeo(person)
        return self._signed_in(DockerClient(docker=self.stack.docker(person.username if person else "nobody")), person)

    def skopeo(self, person: Person | None) -> Client:
        """Give somebody's skopeo, signed in; nobody's is anonymous."""
        folder = self.stack.instance.var / "clients" / f"skopeo-{person.username if person else 'nobody'}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if person is None:
            (folder / "auth.json").write_text("{}")
        return self._signed_in(SkopeoClient(folder=folder, base=plain_environment(os.environ)), person)

    def _signed_in(self, client: Client, person: Person | None) -> Client:
        if person is not None:
            client.login(self.stack.instance.host, person.username, person.access_token, silent)
        return client

    def good(self, namespace: str, name: str, *, price: int = 500, tag: str = "1.0", holds: tuple[str, ...] = ()) -> Good:
        """Describe something to sell: a small image of two layers, or a bundle of the named ones."""
        layers = [
            Layer("base", texts={"/etc/shop": namespace}),
            Layer("data", texts={"/data": f"{namespace}/{name}:{tag} {next(_numbers)}"}),
        ]
        recipe = Recipe(f"{namespace}/{name}", tag, layers, entrypoint=["/data"])
        return Good(
            name=name,
            title=f"The {name} of {namespace}",
            summary="Does what it says.",
            description="Pull `IMAGE` and see.",
            category="databases",
            licence=PER_COMPANY,
            price=price,
            alt="A drawing.",
            picture=_drawn,
            recipe=None if holds else lambda: recipe,
            holds=holds,
        )

    def push(self, seller: Person, good: Good, client: Client) -> str:
        """Push and wait for the tag on the seller's page; return the digest."""
        return push(seller, good, client, self.stack.instance, SILENT)

    def sell(self, seller: Person, good: Good, client: Client | None = None) -> Sold:
        """Reserve, push, describe, price, publish."""
        digests = []
        if good.recipe:
            reserve(seller, good.name, SILENT)
            digests = [self.push(seller, good, client or self.docker(seller))]
        url = publish(seller, make_product(seller, good, self.stack.instance, SILENT), SILENT)
        names = good.holds or (good.name,)
        space = httpx.URL(url).path.split("/")[1]
        return Sold(url, httpx.URL(url).path, [f"{self.stack.instance.host}/{space}/{name}:1.0" for name in names], digests)

    def buy(self, buyer: Person, sold: Sold, *, organisation: str = "") -> str:
        """Pay on the hosted page, for oneself or an organisation, and wait until the order is paid; return its id."""
        return buy(buyer, sold.url, SILENT, organisation=organisation)

    def organisation(self, handle: str, founder: Person, **members: Person) -> str:
        """Have somebody found an organisation and others join it, each in the role by whose name they are given; return its handle."""
        browser = founder.browser
        page = browser.look("/account/organisations/")
        browser.submit(page, page.form("name", "handle"), SILENT, {"name": f"The {handle}", "handle": handle})
        for role, person in members.items():
            page = browser.look(f"/account/organisations/{handle}/")
            page = browser.submit(page, page.form("email", "role"), SILENT, {"email": person.email, "role": role})
            sign_in_afresh(founder, page, SILENT)
            page = person.browser.look("/account/organisations/")
            invitation = next(link for _, link in page.links if link.startswith("/account/invitations/"))
            page = person.browser.look(invitation)
            person.browser.submit(page, page.form(action=invitation), SILENT, button="accept")
        return handle

    def remove(self, owner: Person, handle: str, person: Person) -> None:
        """Have an owner remove somebody from the organisation."""
        page = owner.browser.look(f"/account/organisations/{handle}/")
        own_form = page.html.partition(f"Remove {person.username}")[0].rpartition("<form")[2]
        action = own_form.partition('action="')[2].partition('"')[0]
        owner.browser.submit(page, page.form(action=action), SILENT)

    def robot(self, owner: Person, handle: str, name: str) -> Person:
        """Have an owner make a robot; return it as somebody who only knows how to sign docker in."""
        page = owner.browser.look(f"/account/organisations/{handle}/robots/")
        page = owner.browser.submit(page, page.form("name", "lifetime"), SILENT, {"name": name})
        page = sign_in_afresh(owner, page, SILENT)
        found = TOKEN.search(page.html)
        assert found is not None, page.text
        return replace(owner, username=f"{handle}+{name}", access_token=found[0])

    def api(self, person: Person) -> httpx.Client:
        """Give a program's client of the API."""
        headers = {"Authorization": f"Bearer {person.access_token}"}
        return httpx.Client(base_url=f"{self.stack.url}/api/v1", headers=headers, timeout=30, trust_env=False, verify=WITHOUT_CERTIFICATES)

    def sandbox(self, method: str, path: str, body: object = None) -> None:
        """Command the sandbox; returns when it has obeyed."""
        response = ask(
            method,
            f"{self.stack.instance.sandbox_url}/sandbox/api{path}",
            json=body if body is not None or method != "POST" else {},
            timeout=60,
        )
        response.raise_for_status()

    def registry_token(self, scope: str, person: Person | None = None) -> str:
        """Ask the token endpoint as a client does."""
        auth = (person.username, person.access_token) if person else None
        response = ask("GET", f"{self.stack.url}/auth/token", params={"service": "layerstore", "scope": scope}, auth=auth)
        response.raise_for_status()
        return str(response.json()["token"])

    def manifest_status(self, repository: str, token: str, tag: str = "1.0") -> int:
        """Ask the registry for a manifest with a token; return the status."""
        accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
        headers = {"Authorization": f"Bearer {token}", "Accept": accept}
        return ask("GET", f"{self.stack.url}/v2/{repository}/manifests/{tag}", headers=headers).status_code


def refund_in_admin(staff: Person, order: str) -> None:
    """Refund an order wholly as staff do: tick it, choose the action, say why."""
    page = staff.browser.look(f"/admin/billing/order/?q={order}")
    form = page.form("action", "_selected_action")
    refund = re.search(r'<option value="([a-z_]*refund[a-z_]*)"', page.html)
    assert refund
    page = staff.browser.submit(page, form, SILENT, {"action": refund[1], "_selected_action": [order]})
    staff.browser.submit(page, page.form("reason"), SILENT, {"reason": "It did not start on their machine."})


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it never was.
    """
    assert awaited(condition, seconds=PATIENCE), f"never happened: {what}"
