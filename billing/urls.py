"""Addresses of this app."""

from django.urls import path

from billing.views import buying, selling, webhook

app_name = "billing"
urlpatterns = [
    path("billing/buy/<uuid:product_id>/", buying.buy, name="buy"),
    path("billing/return/<uuid:order_id>/", buying.checkout_return, name="checkout_return"),
    path("billing/stripe/webhook", webhook.stripe_webhook, name="stripe_webhook"),
    path("orders/", buying.orders, name="orders"),
    path("orders/<uuid:order_id>/", buying.order, name="order"),
    path("selling/orders/", selling.seller_orders, name="seller_orders"),
    path("selling/payouts/", selling.payouts, name="payouts"),
    path("selling/payouts/connect", selling.payouts_connect, name="payouts_connect"),
    path("selling/payouts/return", selling.payouts_return, name="payouts_return"),
    path("selling/payouts/refresh", selling.payouts_refresh, name="payouts_refresh"),
]
