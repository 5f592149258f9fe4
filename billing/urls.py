"""Addresses of buying, of a buyer's and a seller's orders, of discounts, of payouts and of Stripe's webhook."""

from django.urls import path

from billing.checkout import gift_page
from billing.checkout import views as checkout
from billing.discounts import views as discounts
from billing.disputes import views as disputes
from billing.gifts import views as gifts
from billing.inbox import views as inbox
from billing.invoices import views as invoices
from billing.ledger import views as ledger
from billing.orders import views as orders
from billing.payouts import views as payouts
from billing.refunds import views as refunds
from billing.renewals import edition_views as editions
from billing.renewals import views as renewals

app_name = "billing"
urlpatterns = [
    path("billing/buy/<uuid:product_id>/", checkout.buy, name="buy"),
    path("billing/offers/<uuid:offer_id>/", checkout.offer, name="offer"),
    path("billing/give/<uuid:product_id>/", gift_page.give, name="give"),
    path("billing/return/<uuid:order_id>/", checkout.checkout_return, name="checkout_return"),
    path("billing/stripe/webhook", inbox.stripe_webhook, name="stripe_webhook"),
    path("billing/stripe/webhook/connect", inbox.stripe_connect_webhook, name="stripe_connect_webhook"),
    path("orders/", orders.orders, name="orders"),
    path("orders/billing-details/", invoices.billing_details, name="billing_details"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/refund/", refunds.order_refund, name="order_refund"),
    path("orders/<uuid:order_id>/invoice/", invoices.order_invoice, name="order_invoice"),
    path("orders/<uuid:order_id>/invoice/correct/", invoices.invoice_correct, name="invoice_correct"),
    path("orders/documents/<uuid:document_id>/", invoices.document, name="document"),
    path("orders/documents/<uuid:document_id>.pdf", invoices.document_pdf, name="document_pdf"),
    path("selling/documents/", invoices.documents, name="documents"),
    path("selling/documents/month.csv", invoices.documents_csv, name="documents_csv"),
    path("selling/documents/month.zip", invoices.documents_zip, name="documents_zip"),
    path("orders/<uuid:order_id>/gift", gifts.gift, name="gift"),
    path("subscriptions/", renewals.subscriptions, name="subscriptions"),
    path("subscriptions/<uuid:subscription_id>/renewal", renewals.subscription_renewal, name="subscription_renewal"),
    path("subscriptions/<uuid:subscription_id>/card", renewals.subscription_card, name="subscription_card"),
    path("subscriptions/<uuid:subscription_id>/edition/", editions.subscription_edition, name="subscription_edition"),
    path("subscriptions/<uuid:subscription_id>/keep", editions.subscription_keep, name="subscription_keep"),
    path("selling/subscriptions/", renewals.subscribers, name="subscribers"),
    path("selling/subscriptions/prices/<uuid:price_id>/", renewals.price_announce, name="price_announce"),
    path("selling/orders/", orders.seller_orders, name="seller_orders"),
    path("selling/orders/<uuid:order_id>/", refunds.seller_order, name="seller_order"),
    path("selling/orders/<uuid:order_id>/refund/", refunds.seller_refund, name="seller_refund"),
    path("selling/disputes/", disputes.seller_disputes, name="seller_disputes"),
    path("selling/disputes/<str:dispute_id>/", disputes.seller_dispute, name="seller_dispute"),
    path("selling/balance/", ledger.balance, name="balance"),
    path("selling/balance/statement.csv", ledger.statement_csv, name="statement_csv"),
    path("selling/discounts/", discounts.discounts, name="discounts"),
    path("selling/discounts/new/", discounts.discount_new, name="discount_new"),
    path("selling/discounts/<uuid:discount_id>/", discounts.discount_move, name="discount_move"),
    path("selling/offers/new/", discounts.offer_new, name="offer_new"),
    path("selling/payouts/", payouts.payouts, name="payouts"),
    path("selling/payouts/connect", payouts.payouts_connect, name="payouts_connect"),
    path("selling/payouts/return", payouts.payouts_return, name="payouts_return"),
    path("selling/payouts/refresh", payouts.payouts_refresh, name="payouts_refresh"),
]
