"""A browser without a window: follows links, fills the forms that a page really has, keeps cookies. For the sale in view."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tools.stack.problems import Problem
from tools.stack.view import Step

File = tuple[str, bytes, str]


@dataclass(slots=True)
class Form:
    """A form as it stands on a page: where it goes, and every field with what is filled in already."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # name, value, formaction


class FormReader(HTMLParser):
    """Reads the forms of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self.links: list[tuple[str, str]] = []  # what a link says, where it leads
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[str, Form] | None = None
        self._textarea: tuple[str, Form] | None = None
        self._link: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read the start of a form, link or control."""
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(action=attributes.get("action", ""), method=attributes.get("method", "get").lower())
            self.forms.append(self._open)
            self._by_id[attributes.get("id", "")] = self._open
        if tag == "a":
            self._link = attributes.get("href")
        form = self._by_id.get(attributes["form"]) if "form" in attributes else self._open
        if form is not None:
            self._control(tag, attributes, form)
        self._hidden += tag in ("script", "style", "svg")

    def _control(self, tag: str, attributes: dict[str, str], form: Form) -> None:
        name, kind, value = attributes.get("name", ""), attributes.get("type", "text").lower(), attributes.get("value", "")
        if tag == "button" or (tag == "input" and kind == "submit"):
            form.buttons.append((name, value, attributes.get("formaction", "")))
        elif tag == "input" and name:
            form.names.add(name)
            if kind == "file":
                form.files.append(name)
            if kind not in ("checkbox", "radio", "file") or "checked" in attributes:
                form.fields.setdefault(name, []).append(value or ("on" if kind == "checkbox" else ""))
        elif tag == "select" and name:
            form.names.add(name)
            self._select = (name, form)
        elif tag == "option" and self._select and "selected" in attributes:
            self._select[1].fields.setdefault(self._select[0], []).append(value)
        elif tag == "textarea" and name:
            form.names.add(name)
            form.fields[name] = [""]
            self._textarea = (name, form)

    def handle_endtag(self, tag: str) -> None:
        """Read the end of a form, link or control."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "a":
            self._link = None
        self._hidden -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        """Read text."""
        if self._textarea:
            self._textarea[1].fields[self._textarea[0]][0] += data
        elif not self._hidden and data.strip():
            self.text.append(" ".join(data.split()))
            if self._link is not None:
                self.links.append((self.text[-1], self._link))


class Page:
    """An answer that a person would look at."""

    def __init__(self, response: httpx.Response) -> None:
        self.url = str(response.url)
        self.status = response.status_code
        self.html = response.text
        reader = FormReader()
        reader.feed(self.html)
        self.forms = reader.forms
        self.links = reader.links
        self.text = "\n".join(reader.text)

    def form(self, *names: str, action: str = "") -> Form:
        """Return the first form that has all these fields, and this text in its action.

        Raises:
            Problem: the page has no such form: it shows something other than expected.
        """
        if (found := next(self._forms(*names, action=action), None)) is not None:
            return found
        wanted = ", ".join(names) or action
        raise Problem(
            f"{self.url} (status {self.status}) has no form with {wanted}. It says:\n{self.text[:800]}",
            do="look at that page and at var/log/web.log.",
        )

    def has_form(self, *names: str, action: str = "") -> bool:
        """Tell whether the page has a form with all these fields, and this text in its action."""
        return any(self._forms(*names, action=action))

    def _forms(self, *names: str, action: str) -> Iterator[Form]:
        return (form for form in self.forms if set(names) <= form.names and action in form.action)

    def link(self, text: str, *, below: str) -> str | None:
        """Return the address of the first link whose text is, or ends with, this, and which leads below a path; None if there is none."""
        return next(
            (address for said, address in self.links if said.endswith(text) and address.startswith(below) and address != below), None
        )

    def form_with_button(self, value: str) -> Form:
        """Return the form that has a button of this name or value.

        Raises:
            Problem: there is none.
        """
        for form in self.forms:
            if any(value in button for button in form.buttons):
                return form
        raise Problem(f"{self.url} has no button {value}. It says:\n{self.text[:800]}", do="look at that page and at var/log/web.log.")


class Browser:
    """One person's browser."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        # Proxies of the environment are for other hosts; everything here is on loopback.
        secure = origin.startswith("https:")  # only then are the authorities read, which takes longer than most pages
        self._client = httpx.Client(base_url=origin, follow_redirects=True, timeout=60, trust_env=False, verify=secure)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def open(self, path: str, step: Step) -> Page:
        """Open a page.

        Raises:
            Problem: it is answered with an error.
        """
        step.request("GET", short(path, self.origin))
        return self.look(path)

    def look(self, path: str) -> Page:
        """Open a page without showing the request.

        Raises:
            Problem: it is answered with an error.
        """
        return self._page(self._client.get(path))

    def submit(
        self,
        page: Page,
        form: Form,
        step: Step,
        fields: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, File] | None = None,
        button: str = "",
    ) -> Page:
        """Fill a form in and send it as a browser does: with the values that were filled in, the given fields, and the pressed button.

        Raises:
            Problem: it is answered with an error, or shown again with complaints.
        """
        values = {name: [value] if isinstance(value, str) else value for name, value in (fields or {}).items()}
        unknown = set(values) - form.names
        if unknown:
            raise Problem(
                f"The form at {page.url} has no field {', '.join(sorted(unknown))}, but {', '.join(sorted(form.names))}.", do="report this."
            )
        data: dict[str, Any] = {**form.fields, **values}
        action = form.action
        for name, value, formaction in form.buttons:
            if button and button in (name, value, formaction):
                data |= {name: value} if name else {}
                action = formaction or action
        url = urljoin(page.url, action or page.url)
        step.request(form.method.upper(), short(url, self.origin), {name: ", ".join(several) for name, several in values.items()})
        headers = {"Referer": page.url, "Origin": origin_of(page.url)}
        if form.method == "get":
            return self._page(self._client.get(url, params=data))
        return self._page(self._client.post(url, data=data, files=dict(files) if files else None, headers=headers))

    def cookie_header(self) -> str:
        """Return the cookies as one header, for another program that continues this browser's session."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._client.cookies.jar)

    def _page(self, response: httpx.Response) -> Page:
        page = Page(response)
        if response.is_error:
            raise Problem(
                f"{response.request.method} {response.url} was answered with {response.status_code}:\n{page.text[:800]}",
                do="read the cause in var/log/web.log.",
            )
        return page


def origin_of(url: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def short(url: str, origin: str) -> str:
    """Return an address without our own origin, which is easier to read."""
    return url.removeprefix(origin) or "/"
