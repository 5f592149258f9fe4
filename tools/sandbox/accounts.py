"""Connect accounts: made and changed by the API, finished by a person on the hosted onboarding page."""

import re
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import Forbidden, InvalidRequest, missing
from tools.sandbox.ids import new_id
from tools.sandbox.params import write_metadata
from tools.sandbox.shapes import shaped
from tools.sandbox.store import Store

COUNTRY = re.compile(r"[A-Z]{2}\Z")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+\Z")
LINK_SECONDS = 300
DEFAULT = ["card_payments", "transfers"]
ANCHORS = {"weekly": ("weekly_anchor", "weekly_payout_days"), "monthly": ("monthly_anchor", "monthly_payout_days")}
DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]
EURO = (
    "AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK",
)  # fmt: skip
EEA = frozenset(EURO) | {"BG", "CZ", "DK", "HU", "LI", "NO", "PL", "RO", "SE"}
CURRENCY = dict.fromkeys(EURO, "eur") | {
    "AU": "aud", "CA": "cad", "CH": "chf", "DK": "dkk", "GB": "gbp", "JP": "jpy", "NO": "nok", "PL": "pln", "SE": "sek",
}  # fmt: skip


def create_account(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """A connected account that may not charge yet."""
    _refuse_bad_values(params)
    if "type" in params and "controller" in params:
        raise InvalidRequest("You may not provide both `type` and `controller`.", code="parameters_exclusive", param="type")
    country = params.get("country", act.config.country)
    key = new_id("account")
    account = act.make(
        "account",
        id=key,
        type=params.get("type", "express"),
        country=country,
        default_currency=params.get("default_currency", CURRENCY.get(country, "usd")),
        business_type=params.get("business_type"),
    )
    account["external_accounts"]["url"] = f"/v1/accounts/{key}/external_accounts"
    _write(account, params)
    _require(account, DUE, "requirements.past_due")
    return act.store.save(account)


def update_account(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Update the account; values that are not named stay as they are."""
    _refuse_bad_values(params)
    account = retrieve_account(act, {}, key)
    _write(account, params)
    act.store.save(account)
    act.emit("account.updated", account, account=key)
    return account


def retrieve_account(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """The account, as the platform or the account itself sees it.

    Raises:
        Forbidden: no such account; Stripe answers the same for somebody else's.
    """
    account = connected(act.store, key)
    if account is None or act.owner not in {"", key}:
        raise no_access(act, key)
    return account


def connected(store: Store, key: str) -> dict[str, Any] | None:
    """The account, if there is one that is connected to the platform."""
    account = store.get("account", key)
    return None if account is None or account.get("_left") else account


def delete_account(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Delete an account of the platform's for good."""
    account = retrieve_account(act, {}, key)
    act.store.save(account | {"_left": True})
    return {"id": key, "object": "account", "deleted": True}


def leave(act: Act, key: str) -> dict[str, Any]:
    """The account's owner, or Stripe, ends its connection to the platform. Sends account.application.deauthorized."""
    account = retrieve_account(act, {}, key)
    act.emit("account.application.deauthorized", {"id": "ca_platform", "object": "application", "name": "Platform"}, account=key)
    return act.store.save(account | {"_left": True})


def come_back(act: Act, key: str) -> dict[str, Any]:
    """Reconnect the account to the platform, as happens after some time under a key of the other mode."""
    account = act.find("account", key, "account")
    return act.store.save(account | {"_left": False})


def no_access(act: Act, key: str) -> Forbidden:
    """What Stripe answers to a key that names an account which is not connected to it."""
    masked = f"{act.config.secret_key[:8]}...{act.config.secret_key[-4:]}"
    message = f"The provided key '{masked}' does not have access to account '{key}' (or that account does not exist)."
    return Forbidden(f"{message} Application access may have been revoked.", code="account_invalid")


def create_account_link(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """A link to the onboarding page: good once, for five minutes."""
    key = params["account"]
    if connected(act.store, key) is None:
        raise missing("account", key, "account")
    for name in ("refresh_url", "return_url"):
        if not params.get(name, "").startswith(("http://", "https://")):
            raise InvalidRequest("Not a valid URL", code="url_invalid", param=name)
    now = act.config.now()
    link = {"id": new_id("token"), "object": "onboarding", "created": now, "expires_at": now + LINK_SECONDS}
    link |= {"account": key, "state": "new", "refresh_url": params["refresh_url"], "return_url": params["return_url"]}
    act.store.add(link, "")
    url = f"{act.config.public_url}/setup/e/{key}/{link['id']}"
    return shaped("account_link", created=now, expires_at=link["expires_at"], url=url)


def region(country: str) -> str:
    """Countries within which a platform may send the money of its own charges on."""
    return "EEA" if country in EEA else country


def set_standing(
    act: Act,
    key: str,
    *,
    submitted: bool,
    enabled: bool,
    pending: bool = False,
    transfers: bool = True,
    payouts: bool = True,
    refuses: str = "",
) -> dict[str, Any]:
    """What Stripe's review decides: may this account charge and be paid out, and in which currency not? Sends account.updated."""
    account = retrieve_account(act, {}, key)
    names = ("details_submitted", "charges_enabled", "payouts_enabled")
    was = {name: account[name] for name in names}
    account |= {"details_submitted": submitted, "charges_enabled": enabled, "payouts_enabled": enabled and payouts, "_refuses": refuses}
    off = {"transfers"} if not transfers else set()
    account["capabilities"] = {name: "active" if enabled and name not in off else "inactive" for name in account["capabilities"]}
    blocked = "requirements.pending_verification" if pending else "requirements.past_due"
    _require(account, [] if submitted else DUE, None if enabled else blocked)
    account["requirements"]["pending_verification"] = ["company.verification"] if pending else []
    act.store.save(account)
    act.emit("account.updated", account, account=key, was=was)
    return account


def _refuse_bad_values(params: dict[str, Any]) -> None:
    email, country = params.get("email"), params.get("country")
    if email and not EMAIL.match(email):
        raise InvalidRequest(f"Invalid email address: {email}", code="email_invalid", param="email")
    if country is not None and not COUNTRY.match(country):
        message = f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead."
        raise InvalidRequest(message, code="country_unsupported", param="country")


def _write(account: dict[str, Any], params: dict[str, Any]) -> None:
    for name in ("email", "business_type", "default_currency"):
        account[name] = params.get(name, account[name])
    _write_schedule(account, params.get("settings", {}))
    profile = params.get("business_profile", {})
    account["business_profile"] |= {name: value for name, value in profile.items() if name in account["business_profile"]}
    status = "active" if account["charges_enabled"] else "inactive"
    wanted = [name for name, asked in params.get("capabilities", {}).items() if asked.get("requested")]
    # Express without a list asks for both, as the platform's default settings do
    account["capabilities"] |= dict.fromkeys(wanted or ([] if account["capabilities"] else DEFAULT), status)
    write_metadata(account, params)


def _write_schedule(account: dict[str, Any], settings: dict[str, Any]) -> None:
    for name in settings:
        if name != "payouts":
            raise InvalidRequest(f"The sandbox does not play settings[{name}].", param=f"settings[{name}]")
    wanted = settings.get("payouts", {}).get("schedule", {})
    schedule = account["settings"]["payouts"]["schedule"] | wanted
    if schedule["delay_days"] == "minimum":
        schedule["delay_days"] = 2
    for interval, names in ANCHORS.items():
        if schedule["interval"] == interval and not any(schedule.get(name) for name in names):
            param = f"settings[payouts][schedule][{names[0]}]"
            raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    account["settings"]["payouts"]["schedule"] = schedule


def _require(account: dict[str, Any], due: list[str], reason: str | None) -> None:
    account["requirements"] |= {"currently_due": due, "eventually_due": due, "past_due": due, "disabled_reason": reason}
