"""Who takes part in the demo, and what each person does with an account: sign up, confirm, make a token."""

import base64
import hmac
import re
from dataclasses import dataclass, field

import httpx

from tools.stack.browser import Browser, Page
from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.sale.waiting import awaited
from tools.stack.view import Step

MAIL_SECONDS = 60
TOKEN = re.compile(r"lsp_[0-9A-Za-z]{44,}")


@dataclass(slots=True)
class Person:
    """A person with an account, a browser and, once it is made, an access token."""

    username: str
    name: str
    password: str
    browser: Browser
    access_token: str = ""
    images: dict[str, str] = field(default_factory=dict)  # name of a reserved image: its id

    @property
    def email(self) -> str:
        """An address under .example (RFC 2606): it can belong to nobody."""
        return f"{self.username}@layerstore.example"

    def record(self) -> dict[str, str]:
        """Return what var/demo.json says of a person."""
        return {"username": self.username, "email": self.email, "password": self.password, "access_token": self.access_token}


def meet(instance: Instance, username: str, name: str) -> Person:
    """Return a person of this instance. The password is random for each instance, and the same whenever we meet again."""
    digest = hmac.digest(instance.secrets["secret_key"].encode(), f"demo:{username}".encode(), "sha256")
    password = base64.b32encode(digest[:15]).decode().lower()
    return Person(username=username, name=name, password=f"{password[:8]}-{password[8:16]}-{password[16:]}", browser=Browser(instance.url))


def sign_up(person: Person, instance: Instance, step: Step) -> None:
    """Make the account, or sign in to the one made before, and confirm its address by the link in the mail."""
    page = person.browser.open("/account/signup/", step)
    fields = {"email": person.email, "username": person.username, "password1": person.password}
    form = page.form(*fields)
    page = person.browser.submit(page, form, step, fields | ({"password2": person.password} if "password2" in form.names else {}))
    if page.has_form(*fields):
        page = sign_in(person, step)
    if "confirm-email" in page.url:
        page = person.browser.open(confirmation_link(person, instance, step), step)
        person.browser.submit(page, page.form(action="confirm"), step)
    step.outcome(f"{person.username} has an account, and {person.email} is confirmed")


def sign_in(person: Person, step: Step) -> Page:
    """Sign in with the password; return the page that follows.

    Raises:
        Problem: the shop does not know this name with this password.
    """
    page = person.browser.open("/account/login/", step)
    page = person.browser.submit(page, page.form("login", "password"), step, {"login": person.username, "password": person.password})
    if page.has_form("login", "password"):
        raise Problem(
            f"{person.username} of the demo cannot sign in: somebody else has the name.",
            do="take the data away, script/demo --remove, or let the demo have its own: LAYERSTORE_VAR=var/demo script/demo",
        )
    return page


def confirmation_link(person: Person, instance: Instance, step: Step) -> str:
    """Return the link of the newest mail to a person, once it has come.

    Raises:
        Problem: no mail came.
    """
    step.request("GET", f"{instance.sandbox_url}/mailbox/?to={person.email}")
    with httpx.Client(base_url=instance.sandbox_url, timeout=10, trust_env=False, verify=instance.sandbox_url.startswith("https:")) as http:
        found = awaited(lambda: _confirmation(http, person.email), seconds=MAIL_SECONDS)
    if found is None:
        raise Problem(f"No mail came to {person.email} within {MAIL_SECONDS} s.", do="the worker sends it: look at var/log/worker.log.")
    subject, link = found
    step.note(f"mail “{subject}”")
    return link


def _confirmation(http: httpx.Client, email: str) -> tuple[str, str] | None:
    """Return subject and link of the newest mail to an address that has one to confirm with."""
    mails = http.get("/mailbox/api/messages", params={"to": email}).json()["messages"]
    return next(((str(mail["subject"]), str(link)) for mail in mails for link in mail["links"] if "confirm" in link), None)


def make_token(person: Person, name: str, scopes: list[str], step: Step) -> None:
    """Make an access token on the account page, which shows it once.

    Raises:
        Problem: the page shows none.
    """
    page = person.browser.open("/account/tokens/", step)
    page = person.browser.submit(page, page.form("name", "scopes"), step, {"name": name, "scopes": scopes})
    page = sign_in_afresh(person, page, step)
    found = TOKEN.search(page.html)
    if found is None:
        raise Problem(f"The page shows no access token. It says:\n{page.text[:600]}", do="look at var/log/web.log.")
    person.access_token = found[0]
    step.outcome(f"{found[0][:8]}… may {', '.join(scope.removeprefix('registry:') for scope in scopes)}; it is shown once")


def sign_in_afresh(person: Person, page: Page, step: Step) -> Page:
    """Type the password again where the page asks for it, as it does before powerful tokens are made."""
    if "reauthenticate" not in page.url:
        return page
    return person.browser.submit(page, page.form("password"), step, {"password": person.password})
