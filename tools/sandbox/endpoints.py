"""The addresses that the sandbox answers under /v1, each with the SDK's parameter type and the function that acts."""

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
    open_invoices,
    payouts,
    portal,
    previews,
    refunds,
    sessions,
    signup,
    subscription_changes,
    subscriptions,
    taxes,
    transfers,
)
from tools.sandbox.act import Act
from tools.sandbox.addresses import Endpoint, endpoint, listing, readable, retrieving
from tools.sandbox.errors import InvalidRequest, NotFound


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
    endpoint("POST", ACCOUNTS, p.AccountCreateParams, accounts.create_account),
    endpoint("GET", ACCOUNTS, p.AccountListParams, listing("account", ACCOUNTS)),
    endpoint("GET", "/v1/account", p.AccountRetrieveParams, _own_account),
    endpoint("GET", ACCOUNT, p.AccountRetrieveParams, accounts.retrieve_account),
    endpoint("POST", ACCOUNT, p.AccountUpdateParams, accounts.update_account),
    endpoint("DELETE", ACCOUNT, p.AccountDeleteParams, accounts.delete_account),
    endpoint("POST", "/v1/account_links", p.AccountLinkCreateParams, accounts.create_account_link),
    endpoint("POST", SESSIONS, pc.SessionCreateParams, sessions.create_session),
    *readable(SESSIONS, "checkout.session", "session", pc.SessionRetrieveParams, pc.SessionListParams),
    endpoint("POST", f"{SESSIONS}/{{key}}", pc.SessionUpdateParams, sessions.update_session),
    endpoint("POST", f"{SESSIONS}/{{key}}/expire", pc.SessionExpireParams, signup.expire_session),
    endpoint("GET", f"{SESSIONS}/{{key}}/line_items", pc.SessionListLineItemsParams, _line_items),
    endpoint("POST", "/v1/files", p.FileCreateParams, files.create_file),
    *readable("/v1/files", "file", "file", p.FileRetrieveParams, p.FileListParams),
    endpoint("POST", "/v1/refunds", p.RefundCreateParams, refunds.create_refund),
    *readable("/v1/refunds", "refund", "id", p.RefundRetrieveParams, p.RefundListParams),
    endpoint("POST", "/v1/refunds/{key}", p.RefundUpdateParams, refunds.update_refund),
    *readable(
        "/v1/payment_intents",
        "payment_intent",
        "intent",
        p.PaymentIntentRetrieveParams,
        p.PaymentIntentListParams,
    ),
    *readable("/v1/charges", "charge", "charge", p.ChargeRetrieveParams, p.ChargeListParams),
    *readable("/v1/transfers", "transfer", "transfer", p.TransferRetrieveParams, p.TransferListParams),
    endpoint("POST", "/v1/transfers", p.TransferCreateParams, transfers.create_transfer),
    endpoint("POST", "/v1/transfers/{key}/reversals", p.TransferCreateReversalParams, transfers.create_reversal),
    endpoint("GET", "/v1/transfers/{key}/reversals", p.TransferListReversalsParams, transfers.list_reversals),
    *readable(
        "/v1/application_fees",
        "application_fee",
        "fee",
        p.ApplicationFeeRetrieveParams,
        p.ApplicationFeeListParams,
    ),
    endpoint("POST", f"{FEE}/refunds", p.ApplicationFeeCreateRefundParams, application_fees.create_fee_refund),
    endpoint("GET", f"{FEE}/refunds", p.ApplicationFeeListRefundsParams, application_fees.list_fee_refunds),
    endpoint("GET", "/v1/balance", p.BalanceRetrieveParams, balance.retrieve_balance),
    endpoint("POST", "/v1/payouts", p.PayoutCreateParams, payouts.create_payout),
    *readable("/v1/payouts", "payout", "payout", p.PayoutRetrieveParams, p.PayoutListParams),
    endpoint("POST", "/v1/payouts/{key}", p.PayoutUpdateParams, payouts.update_payout),
    endpoint("POST", "/v1/payouts/{key}/cancel", p.PayoutCancelParams, payouts.cancel_payout),
    *readable(
        "/v1/balance_transactions",
        "balance_transaction",
        "id",
        p.BalanceTransactionRetrieveParams,
        p.BalanceTransactionListParams,
    ),
    *readable("/v1/disputes", "dispute", "dispute", p.DisputeRetrieveParams, p.DisputeListParams),
    endpoint("POST", "/v1/disputes/{key}", p.DisputeUpdateParams, disputes.update_dispute),
    endpoint("POST", "/v1/disputes/{key}/close", p.DisputeCloseParams, disputes.accept_dispute),
    endpoint("POST", CUSTOMERS, p.CustomerCreateParams, customers.create_customer),
    *readable(CUSTOMERS, "customer", "customer", p.CustomerRetrieveParams, p.CustomerListParams),
    endpoint("POST", f"{CUSTOMERS}/{{key}}", p.CustomerUpdateParams, customers.update_customer),
    endpoint("GET", f"{CUSTOMERS}/{{key}}/payment_methods", p.CustomerListPaymentMethodsParams, customers.list_cards),
    endpoint("POST", TAX_IDS, p.CustomerCreateTaxIdParams, customers.create_tax_id),
    endpoint("GET", TAX_IDS, p.CustomerListTaxIdsParams, customers.list_tax_ids),
    endpoint("GET", f"{TAX_IDS}/{{part}}", p.CustomerRetrieveTaxIdParams, customers.retrieve_tax_id),
    endpoint("DELETE", f"{TAX_IDS}/{{part}}", p.CustomerDeleteTaxIdParams, customers.delete_tax_id),
    endpoint("GET", "/v1/payment_methods", p.PaymentMethodListParams, customers.list_cards),
    endpoint("GET", "/v1/payment_methods/{key}", p.PaymentMethodRetrieveParams, retrieving("payment_method", "payment_method")),
    endpoint("POST", "/v1/products", p.ProductCreateParams, catalogue.create_product),
    *readable("/v1/products", "product", "id", p.ProductRetrieveParams, p.ProductListParams),
    endpoint("POST", "/v1/prices", p.PriceCreateParams, catalogue.create_price),
    *readable("/v1/prices", "price", "price", p.PriceRetrieveParams, p.PriceListParams),
    endpoint("POST", "/v1/coupons", p.CouponCreateParams, coupons.create_coupon),
    *readable("/v1/coupons", "coupon", "coupon", p.CouponRetrieveParams, p.CouponListParams),
    endpoint("GET", SUBSCRIPTIONS, p.SubscriptionListParams, subscriptions.list_subscriptions),
    endpoint("GET", f"{SUBSCRIPTIONS}/{{key}}", p.SubscriptionRetrieveParams, retrieving("subscription", "id")),
    endpoint("POST", f"{SUBSCRIPTIONS}/{{key}}", p.SubscriptionUpdateParams, subscription_changes.update_subscription),
    endpoint("DELETE", f"{SUBSCRIPTIONS}/{{key}}", p.SubscriptionCancelParams, subscriptions.cancel_subscription),
    endpoint("GET", "/v1/tax_rates/{key}", p.TaxRateRetrieveParams, taxes.retrieve_rate),
    endpoint("GET", "/v1/invoices", p.InvoiceListParams, invoices.list_invoices),
    endpoint("POST", "/v1/invoices/create_preview", p.InvoiceCreatePreviewParams, previews.create_preview),
    endpoint("GET", "/v1/invoices/{key}", p.InvoiceRetrieveParams, retrieving("invoice", "invoice")),
    endpoint("GET", "/v1/invoices/{key}/lines", p.InvoiceListLinesParams, invoices.list_lines),
    endpoint("POST", "/v1/invoices/{key}/pay", p.InvoicePayParams, open_invoices.pay_invoice),
    endpoint("POST", "/v1/invoices/{key}/void", p.InvoiceVoidInvoiceParams, open_invoices.void_invoice),
    endpoint("POST", "/v1/invoices/{key}/mark_uncollectible", p.InvoiceMarkUncollectibleParams, open_invoices.mark_uncollectible),
    *readable("/v1/invoice_payments", "invoice_payment", "id", p.InvoicePaymentRetrieveParams, p.InvoicePaymentListParams),
    endpoint("POST", "/v1/billing_portal/sessions", pb.SessionCreateParams, portal.create_portal_session),
    endpoint("GET", "/v1/events", p.EventListParams, listing("event", "/v1/events")),
    endpoint("GET", "/v1/events/{key}", p.EventRetrieveParams, _retrieve_event),
]

STRIPES_OWN = frozenset(sdk._subservices)  # noqa: SLF001  the SDK lists nowhere else what is under /v1


def find_endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint and the parts of its path.

    Raises:
        NotFound: as Stripe answers an address that it does not have.
        InvalidRequest: Stripe has something there, as its SDK knows, and the sandbox does not play it.
    """
    for one in ENDPOINTS:
        if one.method == method and (match := one.path.match(path)):
            return one, match.groupdict()
    if path.split("/")[2] in STRIPES_OWN:
        raise InvalidRequest(f"The sandbox does not play {method} {path}.")
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs"
    raise NotFound(f"{message} or we can help at https://support.stripe.com/.")
