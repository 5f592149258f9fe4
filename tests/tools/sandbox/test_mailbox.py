"""Mails come in over SMTP and are read in a browser or as JSON."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.tools.sandbox.conftest import Sandbox


def send(sandbox: Sandbox, to: str = "mira@fjord.example", html: str = "", **headers: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@layerstore.example", to, headers.get("subject", "Hello")
    message.set_content(headers.get("text", "Confirm at http://127.0.0.1:8080/account/confirm/a:b?x=1&y=2. Thanks <3"))
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
        smtp.send_message(message)


def test_mail_is_listed_newest_first(sandbox: Sandbox) -> None:
    send(sandbox, subject="First")
    send(sandbox, subject="Second", to="Seller@Acme.example")

    page = sandbox.http.get("/mailbox/").text
    messages = sandbox.http.get("/mailbox/api/messages").json()["messages"]

    assert page.index("Second") < page.index("First")
    assert [mail["subject"] for mail in messages] == ["Second", "First"]
    assert (messages[0]["to"], messages[0]["from"]) == (["seller@acme.example"], "shop@layerstore.example")


def test_mails_are_filtered_by_address(sandbox: Sandbox) -> None:
    send(sandbox, subject="First")
    send(sandbox, subject="Second", to="seller@acme.example")

    found = sandbox.http.get("/mailbox/api/messages", params={"to": " Mira@Fjord.example"}).json()["messages"]

    assert [mail["subject"] for mail in found] == ["First"]
    assert "Second" not in sandbox.http.get("/mailbox/", params={"to": "mira@fjord.example"}).text
    assert "No mail to nobody@fjord.example yet" in sandbox.http.get("/mailbox/?to=nobody@fjord.example").text


def test_links_are_clickable_and_the_rest_is_text(sandbox: Sandbox) -> None:
    send(sandbox)

    [mail] = sandbox.http.get("/mailbox/api/messages").json()["messages"]
    page = sandbox.http.get(f"/mailbox/{mail['id']}").text

    assert mail["links"] == ["http://127.0.0.1:8080/account/confirm/a:b?x=1&y=2"]
    assert '<a href="http://127.0.0.1:8080/account/confirm/a:b?x=1&amp;y=2" rel="noreferrer">' in page
    assert "Thanks &lt;3" in page


def test_html_is_cleaned_and_framed(sandbox: Sandbox) -> None:
    evil = '<p onclick="x()">Hi</p><script>alert(1)</script><a href="javascript:x()">no</a><a href="http://a.example/">yes</a>'
    send(sandbox, html=evil)
    [mail] = sandbox.http.get("/mailbox/api/messages").json()["messages"]

    frame = sandbox.http.get(f"/mailbox/{mail['id']}/html")

    assert "<p>Hi</p>" in frame.text
    assert "script" not in frame.text
    assert "onclick" not in frame.text
    assert '<a href="http://a.example/" target="_blank" rel="noopener noreferrer">yes</a>' in frame.text
    assert frame.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    page = sandbox.http.get(f"/mailbox/{mail['id']}").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_html_keeps_its_look_and_says_its_title_nowhere(sandbox: Sandbox) -> None:
    sheet = "p { color: red } @media (prefers-color-scheme: dark) { p { color: blue !important } }"
    html = f'<html><head><title>Shop</title><style>{sheet}</style></head><body><p class="big" style="color: red">Hi</p></body></html>'
    send(sandbox, html=html)
    [mail] = sandbox.http.get("/mailbox/api/messages").json()["messages"]

    frame = sandbox.http.get(f"/mailbox/{mail['id']}/html")

    assert f"<style>{sheet}</style>" in frame.text
    assert '<p class="big" style="color: red">Hi</p>' in frame.text
    assert "Shop" not in frame.text
    assert "style-src 'unsafe-inline'" in frame.headers["Content-Security-Policy"]
    for theme, query in (("dark", "all"), ("light", "not all"), ("system", "(prefers-color-scheme: dark)")):
        shown = sandbox.http.get(f"/mailbox/{mail['id']}/html", headers={"Cookie": f"theme={theme}"}).text
        assert f"@media {query} {{ p {{ color: blue" in shown


def test_subject_cannot_break_the_page(sandbox: Sandbox) -> None:
    send(sandbox, subject="<script>alert(1)</script>")

    assert "<script" not in sandbox.http.get("/mailbox/").text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"Subject: x\nContent-Type: text/plain; charset=martian\n\nh\xc3\xa9", "hé\n", id="charset"),
        pytest.param(b"Subject: x\nContent-Type: application/pdf\n\nx", "", id="no text"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_odd_mails_are_shown_as_well_as_it_goes(sandbox: Sandbox, raw: bytes, text: str) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
        smtp.sendmail("", ["mira@fjord.example"], raw)

    [mail] = sandbox.http.get("/mailbox/api/messages").json()["messages"]
    assert mail["text"].replace("\r\n", "\n").strip() == text.strip()
    assert sandbox.http.get(f"/mailbox/{mail['id']}").status_code == 200


def test_mailbox_can_be_emptied(sandbox: Sandbox) -> None:
    send(sandbox)

    sandbox.http.delete("/mailbox/api/messages")

    assert "No mail yet" in sandbox.http.get("/mailbox/").text
    assert sandbox.http.get("/mailbox/1").status_code == 404


def test_oldest_mails_make_room(sandbox: Sandbox) -> None:
    kept = sandbox.server.world.config.mails_kept
    for _ in range(3):
        send(sandbox)
    store = sandbox.server.world.store
    store.run("UPDATE mails SET id = id + ?", kept)
    store.run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'mails'", kept)
    store.run("UPDATE mails SET id = 1 WHERE id = ?", kept + 1)

    send(sandbox, subject="Newest")

    assert len(sandbox.http.get("/mailbox/api/messages").json()["messages"]) == 3
