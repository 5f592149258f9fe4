"""The addresses that the sandbox answers under /v1, each with the SDK's parameter type and the function that acts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe._v1_services as sdk
import stripe.params as p
import stripe.params.billing_portal as pb
import stripe.params.checkout as pc

from tools.sandbox import (
    accounts,
    application_fees,
    balance,
    catalogue,
    coupons,
    customers,
    disputes,
    expand,
    files,
    invoices,
    payouts,
    portal,
    previews,
    refunds,
    renewals,
    sessions,
    signup,
    subscription_changes,
    subscriptions,
    taxes,
    transfers,
)
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest, NotFound
from tools.sandbox.lists import page

PART = re.compile(r"\{(key|part)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one address; the path's groups become the handler's `key` and `part`."""

    method: str
    path: re.Pattern[str]
    params: type
    run: Callable[..., dict[str, Any]]


def _endpoint(method: str, path: str, params: type, run: Callable[..., dict[str, Any]]) -> Endpoint:
    return Endpoint(method, re.compile(PART.sub(r"(?P<\1>[^/]+)", path) + r"\Z"), params, run)


def _retrieve(kind: str, param: str) -> Callable[..., dict[str, Any]]:
    def retrieve(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
        return act.find(kind, key, param, param if param != "id" else None)

    return retrieve


def _list(kind: str, url: str) -> Callable[..., dict[str, Any]]:
    def listed(act: Act, params: dict[str, Any]) -> dict[str, Any]:
        return page(act, kind, params, url)

    return listed


def _readable(path: str, kind: str, param: str, retrieve: type, listed: type) -> list[Endpoint]:
    return [
        _endpoint("GET", path, listed, _list(kind, path)),
        _endpoint("GET", f"{path}/{{key}}", retrieve, _retrieve(kind, param)),
    ]


def _retrieve_event(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    event = act.find("event", key, "id")
    waiting = "SELECT count(*) AS n FROM deliveries WHERE event = ? AND state IN ('due', 'sending', 'held')"
    return event | {"pending_webhooks": act.store.rows(waiting, key)[0]["n"]}


def _own_account(act: Act, _params: dict[str, Any]) -> dict[str, Any]:
    if not act.owner:
        raise NotFound("The sandbox has no account object for the platform itself.")
    return accounts.retrieve_account(act, {}, act.owner)


def _line_items(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    return expand.line_items(act, key)


SESSIONS, ACCOUNTS, ACCOUNT = "/v1/checkout/sessions", "/v1/accounts", "/v1/accounts/{key}"
FEE = "/v1/application_fees/{key}"
CUSTOMERS, SUBSCRIPTIONS = "/v1/customers", "/v1/subscriptions"
TAX_IDS = f"{CUSTOMERS}/{{key}}/tax_ids"
ENDPOINTS = [
    _endpoint("POST", ACCOUNTS, p.AccountCreateParams, accounts.create_account),
    _endpoint("GET", ACCOUNTS, p.AccountListParams, _list("account", ACCOUNTS)),
    _endpoint("GET", "/v1/account", p.AccountRetrieveParams, _own_account),
    _endpoint("GET", ACCOUNT, p.AccountRetrieveParams, accounts.retrieve_account),
    _endpoint("POST", ACCOUNT, p.AccountUpdateParams, accounts.update_account),
    _endpoint("DELETE", ACCOUNT, p.AccountDeleteParams, accounts.delete_account),
    _endpoint("POST", "/v1/account_links", p.AccountLinkCreateParams, accounts.create_account_link),
    _endpoint("POST", SESSIONS, pc.SessionCreateParams, sessions.create_session),
    *_readable(SESSIONS, "checkout.session", "session", pc.SessionRetrieveParams, pc.SessionListParams),
    _endpoint("POST", f"{SESSIONS}/{{key}}", pc.SessionUpdateParams, sessions.update_session),
    _endpoint("POST", f"{SESSIONS}/{{key}}/expire", pc.SessionExpireParams, signup.expire_session),
    _endpoint("GET", f"{SESSIONS}/{{key}}/line_items", pc.SessionListLineItemsParams, _line_items),
    _endpoint("POST", "/v1/files", p.FileCreateParams, files.create_file),
    *_readable("/v1/files", "file", "file", p.FileRetrieveParams, p.FileListParams),
    _endpoint("POST", "/v1/refunds", p.RefundCreateParams, refunds.create_refund),
    *_readable("/v1/refunds", "refund", "id", p.RefundRetrieveParams, p.RefundListParams),
    _endpoint("POST", "/v1/refunds/{key}", p.RefundUpdateParams, refunds.update_refund),
    *_readable(
        "/v1/payment_intents",
        "payment_intent",
        "intent",
        p.PaymentIntentRetrieveParams,
        p.PaymentIntentListParams,
    ),
    *_readable("/v1/charges", "charge", "charge", p.ChargeRetrieveParams, p.ChargeListParams),
    *_readable("/v1/transfers", "transfer", "transfer", p.TransferRetrieveParams, p.TransferListParams),
    _endpoint("POST", "/v1/transfers", p.TransferCreateParams, transfers.create_transfer),
    _endpoint("POST", "/v1/transfers/{key}/reversals", p.TransferCreateReversalParams, transfers.create_reversal),
    _endpoint("GET", "/v1/transfers/{key}/reversals", p.TransferListReversalsParams, transfers.list_reversals),
    *_readable(
        "/v1/application_fees",
        "application_fee",
        "fee",
        p.ApplicationFeeRetrieveParams,
        p.ApplicationFeeListParams,
    ),
    _endpoint("POST", f"{FEE}/refunds", p.ApplicationFeeCreateRefundParams, application_fees.create_fee_refund),
    _endpoint("GET", f"{FEE}/refunds", p.ApplicationFeeListRefundsParams, application_fees.list_fee_refunds),
    _endpoint("GET", "/v1/balance", p.BalanceRetrieveParams, balance.retrieve_balance),
    _endpoint("POST", "/v1/payouts", p.PayoutCreateParams, payouts.create_payout),
    *_readable("/v1/payouts", "payout", "payout", p.PayoutRetrieveParams, p.PayoutListParams),
    _endpoint("POST", "/v1/payouts/{key}", p.PayoutUpdateParams, payouts.update_payout),
    _endpoint("POST", "/v1/payouts/{key}/cancel", p.PayoutCancelParams, payouts.cancel_payout),
    *_readable(
        "/v1/balance_transactions",
        "balance_transaction",
        "id",
        p.BalanceTransactionRetrieveParams,
        p.BalanceTransactionListParams,
    ),
    *_readable("/v1/disputes", "dispute", "dispute", p.DisputeRetrieveParams, p.DisputeListParams),
    _endpoint("POST", "/v1/disputes/{key}", p.DisputeUpdateParams, disputes.update_dispute),
    _endpoint("POST", "/v1/disputes/{key}/close", p.DisputeCloseParams, disputes.accept_dispute),
    _endpoint("POST", CUSTOMERS, p.CustomerCreateParams, customers.create_customer),
    *_readable(CUSTOMERS, "customer", "customer", p.CustomerRetrieveParams, p.CustomerListParams),
    _endpoint("POST", f"{CUSTOMERS}/{{key}}", p.CustomerUpdateParams, customers.update_customer),
    _endpoint("GET", f"{CUSTOMERS}/{{key}}/payment_methods", p.CustomerListPaymentMethodsParams, customers.list_cards),
    _endpoint("POST", TAX_IDS, p.CustomerCreateTaxIdParams, customers.create_tax_id),
    _endpoint("GET", TAX_IDS, p.CustomerListTaxIdsParams, customers.list_tax_ids),
    _endpoint("GET", f"{TAX_IDS}/{{part}}", p.CustomerRetrieveTaxIdParams, customers.retrieve_tax_id),
    _endpoint("DELETE", f"{TAX_IDS}/{{part}}", p.CustomerDeleteTaxIdParams, customers.delete_tax_id),
    _endpoint("GET", "/v1/payment_methods", p.PaymentMethodListParams, customers.list_cards),
    _endpoint("GET", "/v1/payment_methods/{key}", p.PaymentMethodRetrieveParams, _retrieve("payment_method", "payment_method")),
    _endpoint("POST", "/v1/products", p.ProductCreateParams, catalogue.create_product),
    *_readable("/v1/products", "product", "id", p.ProductRetrieveParams, p.ProductListParams),
    _endpoint("POST", "/v1/prices", p.PriceCreateParams, catalogue.create_price),
    *_readable("/v1/prices", "price", "price", p.PriceRetrieveParams, p.PriceListParams),
    _endpoint("POST", "/v1/coupons", p.CouponCreateParams, coupons.create_coupon),
    *_readable("/v1/coupons", "coupon", "coupon", p.CouponRetrieveParams, p.CouponListParams),
    _endpoint("GET", SUBSCRIPTIONS, p.SubscriptionListParams, subscriptions.list_subscriptions),
    _endpoint("GET", f"{SUBSCRIPTIONS}/{{key}}", p.SubscriptionRetrieveParams, _retrieve("subscription", "id")),
    _endpoint("POST", f"{SUBSCRIPTIONS}/{{key}}", p.SubscriptionUpdateParams, subscription_changes.update_subscription),
    _endpoint("DELETE", f"{SUBSCRIPTIONS}/{{key}}", p.SubscriptionCancelParams, subscriptions.cancel_subscription),
    _endpoint("GET", "/v1/tax_rates/{key}", p.TaxRateRetrieveParams, taxes.retrieve_rate),
    _endpoint("GET", "/v1/invoices", p.InvoiceListParams, invoices.list_invoices),
    _endpoint("POST", "/v1/invoices/create_preview", p.InvoiceCreatePreviewParams, previews.create_preview),
    _endpoint("GET", "/v1/invoices/{key}", p.InvoiceRetrieveParams, _retrieve("invoice", "invoice")),
    _endpoint("GET", "/v1/invoices/{key}/lines", p.InvoiceListLinesParams, invoices.list_lines),
    _endpoint("POST", "/v1/invoices/{key}/pay", p.InvoicePayParams, renewals.pay_invoice),
    _endpoint("POST", "/v1/invoices/{key}/void", p.InvoiceVoidInvoiceParams, renewals.void_invoice),
    _endpoint("POST", "/v1/invoices/{key}/mark_uncollectible", p.InvoiceMarkUncollectibleParams, renewals.mark_uncollectible),
    *_readable("/v1/invoice_payments", "invoice_payment", "id", p.InvoicePaymentRetrieveParams, p.InvoicePaymentListParams),
    _endpoint("POST", "/v1/billing_portal/sessions", pb.SessionCreateParams, portal.create_portal_session),
    _endpoint("GET", "/v1/events", p.EventListParams, _list("event", "/v1/events")),
    _endpoint("GET", "/v1/events/{key}", p.EventRetrieveParams, _retrieve_event),
]

STRIPES_OWN = frozenset(sdk._subservices)  # noqa: SLF001  the SDK lists nowhere else what is under /v1


def find_endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint and the parts of its path.

    Raises:
        NotFound: as Stripe answers an address that it does not have.
        InvalidRequest: Stripe has something there, as its SDK knows, and the sandbox does not play it.
    """
    for endpoint in ENDPOINTS:
        if endpoint.method == method and (match := endpoint.path.match(path)):
            return endpoint, match.groupdict()
    if path.split("/")[2] in STRIPES_OWN:
        raise InvalidRequest(f"The sandbox does not play {method} {path}.")
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs"
    raise NotFound(f"{message} or we can help at https://support.stripe.com/.")
