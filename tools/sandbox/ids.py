"""Identifiers that look like Stripe's."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
# prefix and number of random characters, as seen in Stripe's test mode
FORMS = {
    "account": ("acct_1", 15),
    "application_fee": ("fee_1", 23),
    "balance_transaction": ("txn_3", 23),
    "bank": ("ba_1", 23),
    "billing_portal.session": ("bps_1", 23),
    "charge": ("ch_3", 23),
    "coupon": ("", 8),
    "checkout.session": ("cs_test_a1", 56),
    "customer": ("cus_", 14),
    "discount": ("di_1", 23),
    "dispute": ("dp_1", 23),
    "event": ("evt_1", 23),
    "file": ("file_1", 23),
    "fee_refund": ("fr_1", 23),
    "invoice": ("in_1", 23),
    "invoice_payment": ("inpay_1", 23),
    "invoiceitem": ("ii_1", 23),
    "item": ("li_1", 23),
    "line_item": ("il_1", 23),
    "payment": ("py_1", 23),
    "payment_intent": ("pi_3", 23),
    "payment_refund": ("pyr_1", 23),
    "payment_method": ("pm_1", 23),
    "payout": ("po_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "refund": ("re_3", 23),
    "request": ("req_", 14),
    "secret": ("secret_", 25),
    "subscription": ("sub_1", 23),
    "subscription_item": ("si_", 14),
    "tax_id": ("txi_1", 23),
    "transfer": ("tr_3", 23),
    "transfer_reversal": ("trr_1", 23),
    "token": ("", 32),
}


def new_id(kind: str) -> str:
    """A fresh, unguessable identifier of this kind."""
    prefix, length = FORMS[kind]
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))
