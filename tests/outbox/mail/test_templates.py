"""Every mail of the shop, rendered from the context that its sender gives."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from accounts.organisations.models import Role
from common.money import Money
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
LINK = "https://shop.test/a?b=1&c=2"
USER = SimpleNamespace(username="mira-k")
ORDER = SimpleNamespace(
    number="1A2B3C", product_title="Fast <DB>", paid_at=AT, money=Money(1900, "eur"), paid_with="card ending 4242", state="refunded",
    seller=SimpleNamespace(display_name="Acme & Co"), placed_by=USER,
)  # fmt: skip
SOLD = SimpleNamespace(**vars(ORDER), refunded=Money(500, "eur"))
DISPUTE = SimpleNamespace(
    pk="dp_1", money=Money(1900, "eur"), reason="fraudulent", status="needs_response", respond_by=AT, is_known=True
)  # fmt: skip
PERSON = SimpleNamespace(kind="person", name="mira-k")
TEAM = SimpleNamespace(kind="organisation", name="R&D Team")
SALE = {
    "order": ORDER,
    "buyer": PERSON,
    "images": [SimpleNamespace(repository="acme/db"), SimpleNamespace(repository="acme/web")],
    "order_url": LINK,
}
IMAGE = SimpleNamespace(repository="acme/db", expires_at=AT)
TOKEN: dict[str, Any] = {
    "name": "R&D",
    "hint": "x9Yz",
    "scopes": ["registry:pull"],
    "expires_at": AT,
    "limited_to": "",
    "last_used_at": None,
}
NEW_TOKEN = SimpleNamespace(**TOKEN | {"scopes": ["registry:pull", "api"]})
LASTING_TOKEN = SimpleNamespace(**TOKEN | {"expires_at": None, "limited_to": "acme/db, acme/web"})
ROBOT = SimpleNamespace(
    **TOKEN | {"last_used_at": AT}, username="acme+ci", organisation=SimpleNamespace(name="Acme & Co", handle="acme")
)  # fmt: skip
REPORT = SimpleNamespace(
    target_label="the product Fast <DB>", state="upheld", answer="Thank you & well done.", decision="It mines coins & more.",
    get_kind_display="Malware, or does harm", can_be_appealed=True, appeal_decided_at=None, appeal_answer="",
)  # fmt: skip
DISMISSED = SimpleNamespace(**vars(REPORT) | {"state": "dismissed", "can_be_appealed": False})
GRANTED = SimpleNamespace(
    **vars(REPORT)
    | {"state": "granted", "can_be_appealed": False, "appeal_decided_at": AT, "appeal_answer": "You were right & we were not."}
)
JOINED = {
    "organisation": SimpleNamespace(name="Fast <& Co>", handle="fast-co"),
    "invitation": SimpleNamespace(email="kim@example.test", invited_by=SimpleNamespace(username="olu"), expires_at=AT),
    "member": USER,
    "organisation_url": LINK,
}
VERSION = SimpleNamespace(
    image=IMAGE, tags=["2.0", "latest"], moved=["latest"], platforms=["amd64"], platforms_gone=["arm64"],
    new=SimpleNamespace(digest="sha256:new", size=9_500_000), old=SimpleNamespace(digest="sha256:old", size=8_000_000),
)  # fmt: skip
FIRST = SimpleNamespace(
    image=SimpleNamespace(repository="acme/web"), tags=["1.0"], moved=[], platforms=[], platforms_gone=[], new=VERSION.new, old=None
)  # fmt: skip
NEWS: dict[str, Any] = {
    "product": SimpleNamespace(title="Fast <DB>"),
    "versions": [VERSION, FIRST],
    "more": 3,
    "product_url": LINK,
    "unsubscribe_url": LINK,
}
MAILS: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "sales_stopped",
        {"seller": SimpleNamespace(display_name="Acme & Co"), "sentence": "It is no longer connected to us.", "payouts_url": LINK},
        ["Acme & Co", "It is no longer connected to us.", LINK],
    ),
    ("email_confirmation_signup", {"user": USER, "activate_url": LINK}, ["Welcome, mira-k", LINK]),
    ("email_confirmation", {"user": USER, "activate_url": LINK}, ["mira-k", LINK]),
    ("password_reset_key", {"username": "mira-k", "password_reset_url": LINK}, ["mira-k", LINK]),
    ("unknown_account", {"signup_url": LINK}, [LINK]),
    ("account_already_exists", {"password_reset_url": LINK}, [LINK]),
    (
        "account_changed",
        {"notice": "Your password was changed.", "timestamp": AT, "ip": "203.0.113.9", "user_agent": "<curl>"},
        ["Your password was changed.", "23 November 2026, 09:05 UTC", "203.0.113.9", "<curl>", "/account/password/reset/"],
    ),
    ("token_created", {"token": NEW_TOKEN}, ["R&D", "lsp_…x9Yz", "registry:pull, api", "23 November 2026, 09:05 UTC", "/account/tokens/"]),
    ("token_created", {"token": LASTING_TOKEN}, ["you revoke it", "acme/db, acme/web"]),
    (
        "token_created",
        {"token": ROBOT, "made_by": USER},
        ["A robot was created for Acme & Co by mira-k", "acme+ci", "all of them", "/account/organisations/acme/robots/"],
    ),
    ("token_created", {"token": ROBOT, "made_by": USER, "replaces": True}, ["A new secret was created for Acme & Co by mira-k"]),
    ("token_ending", {"token": NEW_TOKEN}, ["R&D", "lsp_…x9Yz", "23 November 2026, 09:05 UTC", "never", "/account/tokens/"]),
    (
        "token_ending",
        {"token": ROBOT},
        ["A robot of Acme & Co ends soon", "acme+ci", "23 November 2026, 09:05 UTC", "/account/organisations/acme/robots/"],
    ),
    (
        "receipt",
        SALE,
        ["docker pull layerstore.test:8080/acme/db", "docker pull layerstore.test:8080/acme/web", "1A2B3C", "€19.00", "Acme & Co", "4242", LINK],
    ),
    ("receipt", {**SALE, "buyer": TEAM}, ["R&D Team has Fast <DB>", "Everything that R&D Team owns", "mira-k", LINK]),
    (
        "refund",
        {**SALE, "buyer": TEAM, "refund": SimpleNamespace(money=Money(500, "eur")), "pull_ends_after": 6},
        ["€5.00", "the order 1A2B3C of R&D Team", "unless R&D Team owns them in another way", LINK],
    ),
    ("refund", {**SALE, "refund": SimpleNamespace(money=Money(500, "eur")), "pull_ends_after": 6}, ["€5.00", "1A2B3C", "6 more minutes", LINK]),
    (
        "refund",
        {
            **SALE,
            "buyer": TEAM,
            "refund": SimpleNamespace(money=Money(500, "eur")),
            "why": "Paid too late. Its seller had been suspended.",
            "pull_ends_after": 6,
        },
        ["Paid too late. Its seller had been suspended.", "This payment added nothing to the library of R&D Team"],
    ),
    (
        "dispute",
        {"order": SOLD, "dispute": DISPUTE, "order_url": LINK, "reminder": False},
        ["€19.00", "1A2B3C", "fraudulent", "needs_response", "23 November 2026, 09:05 UTC", "dp_1", LINK],
    ),
    (
        "dispute",
        {
            "order": SOLD,
            "dispute": SimpleNamespace(**{**vars(DISPUTE), "respond_by": None, "is_known": False}),
            "order_url": LINK,
            "reminder": True,
        },
        ["The bank accepts no answer", "does not know that state", "has no answer yet"],
    ),
    (
        "invitation",
        {**JOINED, "role": Role.MEMBER, "link": LINK},
        ["olu", "Fast <& Co>", "fast-co", "Member", Role.MEMBER.meaning, LINK, "23 November 2026, 09:05 UTC", "kim@example.test"],
    ),
    ("invitation_accepted", {**JOINED, "role": Role.BILLING}, ["mira-k", "Fast <& Co>", "olu", "kim@example.test", Role.BILLING.meaning, LINK]),
    ("membership_changed", {**JOINED, "role": Role.OWNER, "by": "olu"}, ["olu gave you", "Fast <& Co>", "Owner", Role.OWNER.meaning, LINK]),
    ("membership_changed", {**JOINED, "role": Role.OWNER, "by": ""}, ["The staff of Layerstore gave you"]),
    ("membership_ended", {**JOINED, "pull_ends_after": 6}, ["Fast <& Co>", "fast-co", "at most 6 more minutes", "stays with it"]),
    ("membership_ended", {**JOINED, "pull_ends_after": 0}, ["You were removed"]),
    ("owner_added", {**JOINED, "by": "olu"}, ["olu made", "mira-k", "Fast <& Co>", LINK]),
    ("owner_added", {**JOINED, "by": ""}, ["The staff of Layerstore made"]),
    (
        "robots_known",
        {**JOINED, "robots": [SimpleNamespace(username="fast-co+ci", hint="x9Yz", superseded_at=None)]},
        ["mira-k", "is no longer an owner of", "Fast <& Co>", "fast-co+ci", "lsp_…x9Yz", "/account/organisations/fast-co/robots/"],
    ),
    (
        "robots_known",
        {**JOINED, "robots": [SimpleNamespace(username="fast-co+ci", hint="x9Yz", superseded_at=AT, expires_at=AT)]},
        ["replaced, ends 23 November 2026, 09:05 UTC"],
    ),
    ("report_answer", {"report": REPORT, "after_appeal": False, "reports_url": LINK}, ["the product Fast <DB>", "We agree with you.", "Thank you & well done.", LINK]),
    ("report_answer", {"report": DISMISSED, "after_appeal": False, "reports_url": ""}, ["leave it as it is", "Thank you & well done."]),
    ("report_answer", {"report": GRANTED, "after_appeal": True, "reports_url": LINK}, ["the product Fast <DB>", "decided otherwise", LINK]),
    (
        "report_decision",
        {"report": REPORT, "appeal_url": LINK, "reports_url": LINK},
        ["The product Fast <DB> was reported to us: Malware, or does harm.", "We agree with the report.", "It mines coins & more.", LINK],
    ),
    ("report_decision", {"report": DISMISSED, "appeal_url": LINK, "reports_url": LINK}, ["leave it as it is", "You need not do anything."]),
    ("report_decision", {"report": GRANTED, "appeal_url": LINK, "reports_url": LINK}, ["We have changed it.", "You were right & we were not.", LINK]),
    (
        "report_decision",
        {"report": SimpleNamespace(**vars(GRANTED) | {"state": "rejected"}), "appeal_url": LINK, "reports_url": LINK},
        ["We stand by it."],
    ),
    (
        "namespace_handed_over",
        {**JOINED, "namespace": SimpleNamespace(name="acme"), "by": USER, "dashboard_url": LINK},
        ["mira-k", "acme", "Fast <& Co>", "Buyers keep what they have", LINK],
    ),
    ("organisation_renamed", {**JOINED, "before": "Slow <& Co>", "by": USER}, ["mira-k", "Slow <& Co>", "Fast <& Co>", "fast-co", LINK]),
    ("organisation_closed", {**JOINED, "by": "olu"}, ["olu closed", "Fast <& Co>", "fast-co", "robots are revoked"]),
    ("organisation_closed", {**JOINED, "by": ""}, ["The staff of Layerstore closed"]),
    (
        "new_device",
        {
            "user": USER,
            "sign_in": SimpleNamespace(browser="Firefox on Linux", address="203.0.113.9", signed_in_at=AT),
            "sessions_url": LINK,
            "password_url": LINK,
        },
        ["mira-k", "Firefox on Linux", "203.0.113.9", "23 November 2026, 09:05 UTC", LINK],
    ),
    ("export_ready", {"data_url": LINK, "days": 7}, ["for 7 days", LINK]),
    ("reservation_expiring", {"image": IMAGE, "image_url": LINK}, ["acme/db", "23 November 2026", "docker push layerstore.test:8080/acme/db", LINK]),
    (
        "new_versions",
        NEWS,
        ["Fast <DB>", "docker pull layerstore.test:8080/acme/db:2.0", "2.0, latest (moved: latest)", "sha256:new", "sha256:old", "no longer arm64",
         "9.5 MB, before 8.0 MB", "And 3 more.", LINK],
    ),
    ("new_versions", {**NEWS, "versions": [FIRST], "more": 0, "product_url": ""}, ["acme/web:1.0", "none named", "Unsubscribe"]),
    ("reservation_ended", {"image": IMAGE}, ["acme/db", "/selling/reserve/"]),
]  # fmt: skip


@pytest.mark.parametrize(("template", "context", "said"), MAILS, ids=[f"{name}-{number}" for number, (name, _, _) in enumerate(MAILS)])
def test_a_mail_says_in_text_and_html_what_it_must(template: str, context: dict[str, Any], said: list[str]) -> None:
    queue_mail(to="mira@example.test", template=template, context=context, key="k")

    mail = OutgoingMail.objects.get()
    for words in said:
        assert words in mail.body_text
        assert words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in mail.body_html
    assert mail.subject
    assert "\n" not in mail.subject
    assert "mira@example.test" in mail.body_text
    assert "{%" not in mail.body_text + mail.body_html
    assert "{{" not in mail.body_text + mail.body_html
    assert not re.search(r"\n{3}", mail.body_text)
    assert not re.search(r"<(img|script|link|iframe)|style=|@import|url\(", mail.body_html)


def test_every_mail_of_the_shop_is_in_this_table() -> None:
    folders = {path.name for path in (Path(settings.BASE_DIR) / "templates" / "email").iterdir() if path.is_dir()}

    assert folders == {name for name, _, _ in MAILS}
