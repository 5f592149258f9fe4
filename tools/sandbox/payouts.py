"""Payouts to an account's bank: by its schedule or by hand, on their way for two days, paid, failed or returned; and debits of it.

Source: https://docs.stripe.com/payouts, https://docs.stripe.com/api/payouts
"""

import calendar
import json
from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

from tools.sandbox import balance
from tools.sandbox.accounts import connected
from tools.sandbox.act import Act
from tools.sandbox.balance import A_DAY
from tools.sandbox.currencies import formatted
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.ids import new_id
from tools.sandbox.params import write_metadata

ARRIVES_AFTER = 2 * A_DAY
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account has restrictions on either the type, or the number, of payouts allowed.",
    "could_not_process": "The bank could not process this payout.",
    "invalid_account_number": "The routing number seems correct, but the account number is invalid.",
    "invalid_currency": "The bank was unable to process this payout because of its currency.",
    "no_account": "The bank account details on file are probably incorrect. No bank account could be located with those details.",
}
NOT_PLAYED = ("destination", "payout_method", "source_type")
PLATFORM_SCHEDULE = {"interval": "daily"}
MOVING = frozenset({"pending", "in_transit"})


def create_payout(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """Pay out by hand. Sends payout.created.

    Raises:
        InvalidRequest: more than is available, an account that may not be paid out, or something that the sandbox does not play.
    """
    for name in NOT_PLAYED:
        if name in params:
            raise InvalidRequest(f"The sandbox does not play {name}.", param=name)
    if params.get("method", "standard") != "standard":
        raise InvalidRequest("The sandbox plays method=standard only.", param="method")
    amount, currency = params["amount"], params["currency"]
    if amount < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if reason := _stopped(act):
        raise InvalidRequest(reason, code="payouts_not_allowed")
    if amount > (left := balance.available(act, currency)):
        message = f"You have insufficient funds in your Stripe account for this transfer: {formatted(left, currency)} are available."
        raise InvalidRequest(message, code="balance_insufficient", param="amount")
    values = {name: params[name] for name in ("description", "statement_descriptor") if name in params}
    payout = _make(act, amount, currency, **values)
    write_metadata(payout, params)
    return _sent(act, payout)


def debit_bank(act: Act) -> list[dict[str, Any]]:
    """Take from the owner's bank what their balance lacks: a payout below zero for each currency. Sends payout.created.

    Raises:
        InvalidRequest: the balance lacks nothing, or nothing is taken from that bank.
    """
    if reason := _stopped(act):
        raise InvalidRequest(reason, code="payouts_not_allowed")
    lacking = {code: left for code in balance.currencies(act) if (left := balance.available(act, code)) < 0}
    if not lacking:
        raise InvalidRequest("The balance is not below zero.")
    debits = [_make(act, left, code, automatic=True, description="STRIPE PAYOUT") for code, left in lacking.items()]
    return [_sent(act, debit) for debit in debits]


def cancel_payout(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Take back a payout that the bank does not have yet. Sends payout.canceled."""
    payout = act.find("payout", key, "payout")
    if payout["status"] != "pending":
        raise InvalidRequest(f"Payouts can only be canceled while pending; {key} is {payout['status']}.", param="payout")
    return _returned(act, payout, "canceled", "payout_cancel")


def update_payout(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Only the metadata may change."""
    payout = act.find("payout", key, "payout")
    write_metadata(payout, params)
    act.emit("payout.updated", act.store.save(payout))
    return payout


def move_on(act: Act, payout: dict[str, Any]) -> dict[str, Any]:
    """The next step of a payout: handed to the bank, then paid, or refused by it. Sends payout.updated, .paid or .failed."""
    if payout["status"] == "pending":
        payout |= {"status": "in_transit", "_next": payout["arrival_date"]}
        act.emit("payout.updated", act.store.save(payout), was={"status": "pending"})
        return payout
    if code := _bank_of(act).get("fails", ""):
        return fail_payout(act, payout, code)
    payout |= {"status": "paid", "_next": None}
    payout["reconciliation_status"] = "completed" if payout["automatic"] else "not_applicable"
    act.emit("payout.paid", act.store.save(payout))
    if payout["automatic"]:
        act.emit("payout.reconciliation_completed", payout)
    return payout


def fail_payout(act: Act, payout: dict[str, Any], code: str) -> dict[str, Any]:
    """The bank sends a payout back, also one that was paid. It is sent nothing more until it is replaced. Sends payout.failed."""
    if code not in FAILURES:
        raise InvalidRequest(f"Invalid code: must be one of {', '.join(FAILURES)}", param="code")
    if payout["status"] not in MOVING | {"paid"}:
        raise InvalidRequest(f"Payout {payout['id']} is {payout['status']}: it cannot fail now.", param="payout")
    payout |= {"failure_code": code, "failure_message": FAILURES[code]}
    _set_bank(act, fails=code, errored=True)
    return _returned(act, payout, "failed", "payout_failure")


def set_bank(act: Act, fails: str) -> dict[str, Any]:
    """Another bank account: payouts to it arrive, or fail with a code."""
    if fails and fails not in FAILURES:
        raise InvalidRequest(f"Invalid fails: must be one of {', '.join(FAILURES)}", param="fails")
    _set_bank(act, fails=fails, errored=False)
    return {"fails": fails}


def pay_out_by_schedule(act: Act, day: date) -> None:
    """Make the automatic payouts of one day: what each account has available, one payout for each currency."""
    owners = [row["owner"] for row in act.store.rows("SELECT DISTINCT owner FROM objects WHERE kind = 'balance_transaction'")]
    for owner in owners:
        receiver = act.of(owner)
        if is_payday(_schedule(receiver), day) and not _stopped(receiver):
            _pay_out_everything(receiver)


def is_payday(schedule: dict[str, Any], day: date) -> bool:
    """Whether a schedule pays out on a day."""
    interval = schedule["interval"]
    if interval == "weekly":
        days = schedule.get("weekly_payout_days") or [schedule["weekly_anchor"]]
        return calendar.day_name[day.weekday()].lower() in days
    if interval == "monthly":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day in {min(wanted, last) for wanted in schedule.get("monthly_payout_days") or [schedule["monthly_anchor"]]}
    return bool(interval == "daily")


def _pay_out_everything(act: Act) -> None:
    by_currency: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in balance.not_paid_out(act):
        by_currency[entry["currency"]].append(entry)
    for currency, entries in by_currency.items():
        total = sum(entry["net"] for entry in entries)
        if total > 0:
            payout = _make(act, total, currency, automatic=True, description="STRIPE PAYOUT", reconciliation_status="in_progress")
            own = act.find("balance_transaction", payout["balance_transaction"], "id")
            for entry in [*entries, own]:
                act.store.save(entry | {"_payout": payout["id"]})
            _sent(act, payout)


def _make(act: Act, amount: int, currency: str, **values: object) -> dict[str, Any]:
    now = act.now()
    payout = act.make(
        "payout",
        amount=amount,
        arrival_date=now + ARRIVES_AFTER,
        created=now,
        currency=currency,
        destination=_bank_of(act)["id"],
        _next=now + A_DAY,
        **values,
    )
    payout["balance_transaction"] = balance.enter(act, "payout", payout, -amount)
    return act.store.save(payout)


def _sent(act: Act, payout: dict[str, Any]) -> dict[str, Any]:
    act.emit("payout.created", act.store.save(payout))
    return payout


def _returned(act: Act, payout: dict[str, Any], status: str, kind: str) -> dict[str, Any]:
    payout |= {"status": status, "_next": None}
    payout["failure_balance_transaction"] = balance.enter(act, kind, payout, payout["amount"])
    act.emit(f"payout.{status}", act.store.save(payout))
    return payout


def _schedule(act: Act) -> dict[str, Any]:
    account = act.store.get("account", act.owner) if act.owner else None
    return account["settings"]["payouts"]["schedule"] if account else PLATFORM_SCHEDULE


def _stopped(act: Act) -> str:
    """Why the owner is paid nothing out now; empty if they are."""
    account = connected(act.store, act.owner) if act.owner else None
    if act.owner and (account is None or not account["payouts_enabled"]):
        return "Payouts are not enabled for this account."
    if _bank_of(act).get("errored"):
        return "The account's external account has failed, and must be replaced before anything is paid out to it."
    return ""


def _bank_of(act: Act) -> dict[str, Any]:
    return act.store.switch(f"bank:{act.owner}") or _set_bank(act, fails="", errored=False)


def _set_bank(act: Act, **values: object) -> dict[str, Any]:
    bank = {"id": new_id("bank")} | (act.store.switch(f"bank:{act.owner}") or {}) | values
    act.store.set_switch(f"bank:{act.owner}", bank)
    return bank


def day_of(moment: int) -> date:
    """The day of a moment, in UTC."""
    return datetime.fromtimestamp(moment, UTC).date()


def find_payout(act: Act, key: str) -> tuple[Act, dict[str, Any]]:
    """A payout of whatever account, and an act of that account's."""
    rows = act.store.rows("SELECT body, owner FROM objects WHERE kind = 'payout' AND id = ?", key)
    if not rows:
        raise InvalidRequest(f"No such payout: {key}", param="payout")
    return act.of(rows[0]["owner"]), json.loads(rows[0]["body"])
