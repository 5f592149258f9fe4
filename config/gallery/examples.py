"""Example data for every mail: what its template is told in each of the cases that it has words for.

A kind of mail without an example fails a test. Names have characters that HTML must escape.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from django.utils.functional import lazy

from accounts.organisations.models import Role
from accounts.sessions.models import SignIn
from accounts.sign_in.adapter import NOTICES
from billing.disputes.models import Dispute
from billing.orders.models import Order
from common.money import Money
from marketplace.moderation.models import Report

Examples = dict[str, dict[str, dict[str, Any]]]
AT: Final = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
LINK: Final = "https://layerstore.example/where?it=is&so=on"
KEY_LINK: Final = "https://layerstore.example/account/key/MjE:1vO8Qp:6b1JwqD8rYVd0cJ3m4Xf/"
USER: Final = SimpleNamespace(username="mira-k")
OLU: Final = SimpleNamespace(username="olu")
PRODUCT: Final = "Postgres <slim>"
COMPANY: Final = SimpleNamespace(name="Harbour <& Sons>", handle="harbour")
SELLER: Final = SimpleNamespace(display_name="Acme & Co")


def _words(found: Callable[[], str]) -> str:
    """Return words that are found anew in each language that a mail is written in."""
    words: str = lazy(found, str)()
    return words


def _like(one: SimpleNamespace, **changes: object) -> SimpleNamespace:
    return SimpleNamespace(**vars(one) | changes)


_ORDER = SimpleNamespace(
    number="1A2B3C", product_title=PRODUCT, paid_at=AT, money=Money(1900, "eur"), paid_with="card ending 4242", state="refunded",
    paid_with_words=_words(lambda: Order(paid_with="card ending 4242").paid_with_words),
    seller=SELLER, placed_by=USER, refunded=Money(0, "eur"), tax_lines=[], tax=Money(303, "eur"),
    discount=Money(0, "eur"), credit=Money(0, "eur"), list_price=Money(1900, "eur"), discount_code="", period_words="",
)  # fmt: skip
_BROWSER = _words(lambda: SignIn(browser="Firefox on Linux").browser_words)
_PERSON = SimpleNamespace(kind="person", name="mira-k")
_TEAM = SimpleNamespace(kind="organisation", name="R&D Team")
_IMAGE = SimpleNamespace(repository="acme/db", expires_at=AT)
_SALE = {
    "order": _ORDER,
    "buyer": _PERSON,
    "images": [_IMAGE, SimpleNamespace(repository="acme/db-backup")],
    "order_url": LINK,
    "invoice_url": LINK,
}
_REFUND = {**_SALE, "refund": SimpleNamespace(money=Money(500, "eur")), "pull_ends_after": 6, "why": "", "credit_note_url": LINK}
_REFUND_OF_SALE = {
    **_SALE, "refund": SimpleNamespace(money=Money(500, "eur"), origin="seller", takes_back=True, reason="Bought & never used."),
    "seller_order_url": LINK,
}  # fmt: skip
_BY_STAFF, _BY_BUYER = ({"money": Money(500, "eur"), "origin": origin} for origin in ("staff", "buyer"))
_PARTLY = {"order": _like(_ORDER, state="partially_refunded")}
_SUBSCRIPTION = SimpleNamespace(product_title=PRODUCT, money=Money(1900, "eur"), access_until=AT, end_reason="")
_DISCONNECTED = (
    "Our staff have disconnected it. You may connect another. Until then subscriptions to your products are not renewed; those that run are"
    " paid to the new account."
)
_FAILED = {"subscription": _SUBSCRIPTION, "buyer": _PERSON, "seller_paid": True, "subscriptions_url": LINK, "product_url": LINK}
_ENDED = {**_FAILED, "subscription": _like(_SUBSCRIPTION, access_until=None), "unpaid": True}
_ENDING = {**_FAILED, "subscription": _like(_SUBSCRIPTION, period_end=AT), "reason": "Its buyer asked for it by mail."}
_NEW_PRICE = SimpleNamespace(
    money=Money(2400, "eur"), amount=2400, was_money=Money(1900, "eur"), was_amount=1900, counts_from=AT, discount_amount=0
)  # fmt: skip
_REPRICED = {**_FAILED, "change": _NEW_PRICE}
_PLANNED = {**_FAILED, "change": _NEW_PRICE, "title": f"{PRODUCT}, Standard"}
_NOT_UPGRADED = SimpleNamespace(
    product_title=f"{PRODUCT}, Pro", why_failed="The payment was not confirmed in time, and nothing was charged."
)
_UPGRADE = {**_FAILED, "upgrade": _NOT_UPGRADED}
_REDUCED = _like(_SUBSCRIPTION, discount_code="AUTUMN", reduced_until=AT)
_STILL_REDUCED = {
    **_REPRICED, "change": _like(_NEW_PRICE, discount_amount=480, reduced_money=Money(1920, "eur")), "subscription": _REDUCED,
}  # fmt: skip
_WHY = "Paid too late. Its seller had been suspended."
_OFFERED = SimpleNamespace(seller=SELLER, money=Money(1500, "eur"), ends_at=AT, email="kim@harbour.example", account=None)
_OFFER = {"offer": _OFFERED, "title": PRODUCT, "listed": Money(1900, "eur"), "link": LINK}
_DISPUTE = SimpleNamespace(
    pk="dp_1Q8", money=Money(1900, "eur"), reason="fraudulent", status="needs_response", respond_by=AT, is_known=True,
    reason_words=_words(lambda: Dispute(reason="fraudulent").reason_words), is_inquiry=False, needs_response=True,
)  # fmt: skip
_DISPUTED = {"order": _like(_ORDER, refunded=Money(500, "eur")), "dispute": _DISPUTE, "dispute_url": LINK, "reminder": False}
_SALE_DISPUTED = {**_DISPUTED, "order": _ORDER, "seller": SELLER}
_PAYOUT = SimpleNamespace(money=Money(44100, "eur"), debit=None, failure="The bank account <DE00> has been closed.")
_JOINED = {
    "organisation": COMPANY,
    "invitation": SimpleNamespace(email="kim@harbour.example", invited_by=OLU, expires_at=AT),
    "member": USER,
    "organisation_url": LINK,
}
_ROBOT_OF_COMPANY = SimpleNamespace(username="harbour+ci", hint="x9Yz", superseded_at=None, expires_at=None)
_TOKEN = SimpleNamespace(
    name="R&D laptop", hint="x9Yz", scopes=["registry:pull", "api"], expires_at=AT, limited_to="", last_used_at=None, organisation=None
)  # fmt: skip
_ROBOT = _like(_TOKEN, username="acme+ci", organisation=SimpleNamespace(name="Acme & Co", handle="acme"), last_used_at=AT)
_REPORT = SimpleNamespace(
    translated_label=_words(lambda: Report(target_label=f"the product {PRODUCT}").translated_label),
    state="upheld", answer="Thank you & well done.", decision="It mines coins & more.",
    get_kind_display=Report.Kind.MALWARE.label, can_be_appealed=True, appeal_decided_at=None, appeal_answer="",
)  # fmt: skip
_DISMISSED = _like(
    _REPORT, state="dismissed", can_be_appealed=False, answer="It is what its page says.", decision="It is what its page says."
)
_GRANTED = _like(_DISMISSED, state="granted", appeal_decided_at=AT, appeal_answer="You were right & we were not.")
_REJECTED = _like(_GRANTED, state="rejected", appeal_answer="It still mines coins & more.")
_DECIDED = {"report": _REPORT, "appeal_url": LINK, "reports_url": LINK}
_NEW, _OLD = "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945", "sha256:" + "ab" * 32
_VERSION = SimpleNamespace(
    image=_IMAGE, tags=["17.2", "latest"], moved=["latest"], platforms=["amd64"], platforms_gone=["arm64"],
    new=SimpleNamespace(digest=_NEW, size=9_500_000), old=SimpleNamespace(digest=_OLD, size=8_000_000),
)  # fmt: skip
_FIRST = SimpleNamespace(
    image=SimpleNamespace(repository="acme/db-backup"), tags=["1.0"], moved=[], platforms=[], platforms_gone=[], new=_VERSION.new, old=None
)  # fmt: skip
_NEWS = {
    "product": SimpleNamespace(title=PRODUCT, seller=SELLER),
    "versions": [_VERSION, _FIRST],
    "more": 3,
    "product_url": LINK,
    "unsubscribe_url": f"{LINK}&stop=1",
}
_GIFT = SimpleNamespace(
    called=PRODUCT, giver=COMPANY, product=SimpleNamespace(title=PRODUCT, slug="db", namespace=SimpleNamespace(name="acme")),
    source_kind="order", source_id=UUID(int=1), message="Happy <birthday> & so on.",
    email="kim@harbour.example", expires_at=AT, access_ends_at=None,
)  # fmt: skip
_TRIAL = SimpleNamespace(title=PRODUCT, holder=_PERSON, days=14, ends_at=AT, ended_early=False, end_reason="The trial is over.")
_PRICE = SimpleNamespace(words="€19.00", interval="")
_MONTHLY = SimpleNamespace(words="€19.00 each month", interval="month")
_TRIED = {"trial": _TRIAL, "product": _GIFT.product, "images": [_IMAGE], "price": _PRICE}
_GIVEN = {**_SALE, "order": _like(_ORDER, gift=SimpleNamespace(email="kim@harbour.example"))}
_GIVEN_ORDER = _like(_ORDER, gift=SimpleNamespace(email=""))
_GIVEN_BACK = {**_REFUND, "order": _GIVEN_ORDER}
_SECURITY = {"timestamp": AT, "ip": "203.0.113.9", "user_agent": "<Mozilla/5.0> (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"}

EXAMPLES: Final[Examples] = {
    "access_ending": {
        "": {"holder": _PERSON, "images": [_IMAGE], "ends_at": AT},
        "of an organisation": {"holder": _TEAM, "images": [_IMAGE], "ends_at": AT},
    },
    "account_already_exists": {"": {"password_reset_url": KEY_LINK}},
    "account_changed": {"": {"notice": NOTICES["password_changed"], **_SECURITY}},
    "debit": {state: {**_SALE, "order": _like(_ORDER, state=state)} for state in ("pending", "failed")}
    | {"a team's": {**_SALE, "order": _like(_ORDER, state="pending"), "buyer": _TEAM}},
    "dispute": {
        "": _DISPUTED,
        "nothing refunded": {**_DISPUTED, "order": _ORDER},
        "reminder": {**_DISPUTED, "reminder": True},
        "final and unknown": {**_DISPUTED, "dispute": _like(_DISPUTE, respond_by=None, is_known=False)},
        "final, reminder": {**_DISPUTED, "dispute": _like(_DISPUTE, respond_by=None), "reminder": True},
    },
    "dispute_of_purchase": {
        state: {**_SALE, "order": _like(_ORDER, state=state)} for state in ("disputed", "charged_back", "refunded", "paid")
    } | {"a team's": {**_SALE, "order": _like(_ORDER, state="disputed"), "buyer": _TEAM}},
    "dispute_of_sale": {
        "": _SALE_DISPUTED,
        "reminder": {**_SALE_DISPUTED, "reminder": True},
        "inquiry": {**_SALE_DISPUTED, "dispute": _like(_DISPUTE, status="warning_needs_response", is_inquiry=True, respond_by=None)},
        **{
            status: {**_SALE_DISPUTED, "dispute": _like(_DISPUTE, status=status, needs_response=False)}
            for status in ("won", "lost", "warning_closed")
        },
    },
    "edition_planned": {
        "": _PLANNED,
        "with a code": {**_PLANNED, "change": _STILL_REDUCED["change"], "subscription": _REDUCED},
        "of an organisation": {**_PLANNED, "buyer": _TEAM},
    },
    "email_confirmation": {"": {"user": USER, "activate_url": KEY_LINK}},
    "email_confirmation_signup": {"": {"user": USER, "activate_url": KEY_LINK}},
    "export_ready": {"": {"data_url": LINK, "days": 7}, "a day": {"data_url": LINK, "days": 1}},
    "gift": {
        "paid for": {"gift": _GIFT, "link": KEY_LINK},
        "paid for, no message": {"gift": _like(_GIFT, message=""), "link": KEY_LINK},
        "of the seller, for a time": {"gift": _like(_GIFT, source_kind="seller", access_ends_at=AT), "link": KEY_LINK},
        "put into a library": {"gift": _like(_GIFT, source_kind="seller"), "link": ""},
    },
    "gift_ended": {
        "": {"gift": _GIFT, "reason": "The payment for this gift was refunded.", "pull_ends_after": 6},
        "a minute": {"gift": _GIFT, "reason": "The bank of whoever paid for this gift took the money back.", "pull_ends_after": 1},
    },
    "gift_to_pass_on": {"": {"gift": _like(_GIFT, email=""), "link": KEY_LINK}},
    "gift_unclaimed": {"by mail": {"gift": _GIFT}, "to pass on": {"gift": _like(_GIFT, email="")}},
    "invitation": {role.value: {**_JOINED, "role": role, "link": KEY_LINK} for role in Role},
    "invitation_accepted": {"": {**_JOINED, "role": Role.BILLING}},
    "membership_changed": {
        "by a member": {**_JOINED, "role": Role.OWNER, "by": "olu"},
        "by staff": {**_JOINED, "role": Role.EDITOR, "by": ""},
    },
    "membership_ended": {
        "": {**_JOINED, "pull_ends_after": 6},
        "a minute": {**_JOINED, "pull_ends_after": 1},
        "pulled nothing": {**_JOINED, "pull_ends_after": 0},
    },
    "namespace_handed_over": {"": {**_JOINED, "namespace": SimpleNamespace(name="acme"), "by": USER, "dashboard_url": LINK}},
    "new_device": {
        address or "no address": {
            "user": USER,
            "sign_in": SimpleNamespace(browser_words=_BROWSER, address=address, signed_in_at=AT),
            "sessions_url": LINK,
            "password_url": KEY_LINK,
        }
        for address in ("203.0.113.9", None)
    },
    "new_versions": {
        "": _NEWS,
        "a moved tag": {**_NEWS, "versions": [_VERSION], "more": 0},
        "a new tag, withdrawn": {**_NEWS, "versions": [_FIRST], "more": 0, "product_url": ""},
    },
    "organisation_closed": {"by a member": {**_JOINED, "by": "olu"}, "by staff": {**_JOINED, "by": ""}},
    "offer": {
        "": _OFFER,
        "to an account": {**_OFFER, "offer": _like(_OFFERED, email="", account=_PERSON)},
        "to an organisation": {**_OFFER, "offer": _like(_OFFERED, email="", account=_TEAM)},
    },
    "organisation_renamed": {"": {**_JOINED, "before": "Harbour <& Son>", "by": USER}},
    "owner_added": {"by a member": {**_JOINED, "by": "olu"}, "by staff": {**_JOINED, "by": ""}},
    "password_reset_key": {"": {"username": "mira-k", "password_reset_url": KEY_LINK}},
    "product_grown": {
        "": {"product": _NEWS["product"], "image": _IMAGE, "product_url": LINK, "unsubscribe_url": LINK},
        "withdrawn": {"product": _NEWS["product"], "image": _IMAGE, "product_url": "", "unsubscribe_url": LINK},
    },
    "receipt": {
        "": _SALE,
        "with tax": {**_SALE, "order": _like(_ORDER, tax_lines=[{"name": "VAT"}])},
        "of an organisation": {**_SALE, "buyer": _TEAM},
        "with a code": {**_SALE, "order": _like(_ORDER, discount=Money(600, "eur"), list_price=Money(2500, "eur"), discount_code="AUTUMN")},
        "by an offer": {**_SALE, "order": _like(_ORDER, discount=Money(600, "eur"), list_price=Money(2500, "eur"))},
        "a period": {**_SALE, "order": _like(_ORDER, period_words="1 May 2026 to 31 May 2026")},
        "with a credit": {**_SALE, "order": _like(_ORDER, credit=Money(600, "eur"), list_price=Money(2500, "eur"))},
        "unknown card": {**_SALE, "order": _like(_ORDER, paid_with="")},
        "a gift": _GIVEN,
        "a gift to pass on": {**_SALE, "order": _GIVEN_ORDER},
    },
    "payout_returned": {
        "": {"payout": _PAYOUT, "seller": SELLER, "payouts_url": LINK},
        "no reason": {"payout": _like(_PAYOUT, failure=""), "seller": SELLER, "payouts_url": LINK},
        "a debit": {"payout": _like(_PAYOUT, debit=_PAYOUT.money), "seller": SELLER, "payouts_url": LINK},
    },
    "refund": {
        "": _REFUND,
        "a minute": {**_REFUND, "pull_ends_after": 1},
        "of what had no invoice": {**_REFUND, "credit_note_url": ""},
        "in part": {**_REFUND, "order": _like(_ORDER, state="paid")},
        "by the shop": {**_REFUND, "why": _WHY},
        "by the seller": {**_REFUND, "said": "It does not <run> on your machine."},
        "a gift": _GIVEN_BACK,
        "a gift, a minute": {**_GIVEN_BACK, "pull_ends_after": 1},
        "a gift, in part": {**_GIVEN_BACK, "order": _like(_GIVEN_ORDER, state="paid")},
        "a gift of an organisation": {**_GIVEN_BACK, "buyer": _TEAM},
        "a gift of an organisation, in part": {**_GIVEN_BACK, "buyer": _TEAM, "order": _like(_GIVEN_ORDER, state="paid")},
        "of an organisation": {**_REFUND, "buyer": _TEAM},
        "of an organisation, a minute": {**_REFUND, "buyer": _TEAM, "pull_ends_after": 1},
        "of an organisation, in part": {**_REFUND, "buyer": _TEAM, "order": _like(_ORDER, state="paid")},
        "of an organisation, by the shop": {**_REFUND, "buyer": _TEAM, "why": _WHY},
    },
    "refund_failed": {
        "": _REFUND,
        "in part": {**_REFUND, **_PARTLY},
        "of an organisation": {**_REFUND, "buyer": _TEAM},
    },
    "refund_of_sale": {
        "": _REFUND_OF_SALE,
        "in part, by staff": {**_REFUND_OF_SALE, **_PARTLY, "refund": SimpleNamespace(**_BY_STAFF, takes_back=True)},
        "by the buyer": {**_REFUND_OF_SALE, "refund": SimpleNamespace(**_BY_BUYER, takes_back=True)},
        "after one that failed": {**_REFUND_OF_SALE, "refund": SimpleNamespace(**_BY_STAFF, takes_back=False)},
    },
    "refund_of_sale_failed": {"": _REFUND_OF_SALE},
    "refund_refused": {"": _REFUND, "a gift": _GIVEN_BACK, "of an organisation": {**_REFUND, "buyer": _TEAM}},
    "price_change": {
        "": _REPRICED,
        "of an organisation": {**_REPRICED, "buyer": _TEAM},
        "with a code": _STILL_REDUCED,
        "with a code for good": {**_STILL_REDUCED, "subscription": _like(_REDUCED, reduced_until=None)},
        "taken back": {**_REPRICED, "change": _like(_NEW_PRICE, money=Money(1900, "eur"), amount=1900)},
    },
    "subscription_ended": {
        "": _ENDED,
        "paid for a while": {**_ENDED, "subscription": _SUBSCRIPTION, "unpaid": False},
        "by the shop": {**_ENDED, "subscription": _like(_SUBSCRIPTION, end_reason="A period of it was given back."), "unpaid": False},
        "of an organisation": {**_ENDED, "buyer": _TEAM},
    },
    "subscription_ending": {
        "": _ENDING,
        "access is over": {**_ENDING, "subscription": _like(_SUBSCRIPTION, period_end=AT, access_until=None)},
        "of an organisation": {**_ENDING, "buyer": _TEAM},
    },
    "subscription_failed": {
        "": _FAILED,
        "access is over": {**_FAILED, "subscription": _like(_SUBSCRIPTION, access_until=None)},
        "seller without an account": {**_FAILED, "seller_paid": False},
        "seller without an account, access is over": {
            **_FAILED,
            "subscription": _like(_SUBSCRIPTION, access_until=None),
            "seller_paid": False,
        },
        "of an organisation": {**_FAILED, "buyer": _TEAM},
    },
    "report_answer": {
        "upheld": {"report": _REPORT, "after_appeal": False, "reports_url": LINK},
        "dismissed, no account": {"report": _DISMISSED, "after_appeal": False, "reports_url": ""},
        "after an appeal": {"report": _GRANTED, "after_appeal": True, "reports_url": LINK},
    },
    "report_decision": {
        "upheld": _DECIDED,
        "dismissed": {**_DECIDED, "report": _DISMISSED},
        "appeal granted": {**_DECIDED, "report": _GRANTED},
        "appeal rejected": {**_DECIDED, "report": _REJECTED},
    },
    "reservation_ended": {"": {"image": _IMAGE}},
    "reservation_expiring": {"": {"image": _IMAGE, "image_url": LINK}},
    "robots_known": {
        "": {**_JOINED, "robots": [_ROBOT_OF_COMPANY, _like(_ROBOT_OF_COMPANY, username="harbour+old", superseded_at=AT, expires_at=AT)]}
    },
    "sales_stopped": {"": {"seller": SELLER, "sentence": _DISCONNECTED, "payouts_url": LINK}},
    "token_created": {
        "": {"token": _TOKEN},
        "for some images, for good": {"token": _like(_TOKEN, expires_at=None, limited_to="acme/db, acme/db-backup")},
        "a robot": {"token": _ROBOT, "made_by": USER},
        "a robot's new secret": {"token": _ROBOT, "made_by": USER, "replaces": True},
    },
    "token_ending": {"never used": {"token": _TOKEN}, "in use": {"token": _like(_TOKEN, last_used_at=AT)}, "a robot": {"token": _ROBOT}},
    "trial_ended": {
        "": _TRIED,
        "of an organisation": {**_TRIED, "trial": _like(_TRIAL, holder=_TEAM)},
        "early, no longer sold": {**_TRIED, "trial": _like(_TRIAL, ended_early=True, end_reason="It was a second account."), "price": None},
    },
    "trial_ending": {
        "": _TRIED,
        "of a subscription": {**_TRIED, "price": _MONTHLY},
        "of an organisation, no longer sold": {**_TRIED, "trial": _like(_TRIAL, holder=_TEAM), "price": None},
    },
    "trial_started": {"": _TRIED, "of an organisation": {**_TRIED, "trial": _like(_TRIAL, holder=_TEAM)}},
    "unknown_account": {"": {"signup_url": LINK}},
    "upgrade_failed": {"": _UPGRADE, "of an organisation": {**_UPGRADE, "buyer": _TEAM}},
}  # fmt: skip
