"""Pages on which money moves or is accounted for, once in each of their states. Their rows are in `money_rows`, `gift_rows` and `subscription_rows`."""

from tests.browser.page import Page, submit

PRICES = (
    Page("product-in-currencies", "/northlight/in-every-currency"),
    Page("product-in-currencies-to-buy", "/northlight/in-every-currency", "newcomer"),
    Page("product-as-you-like", "/northlight/as-you-like"),
    Page("product-as-you-like-to-buy", "/northlight/as-you-like", "newcomer"),
    Page("product-as-you-like-for-a-team", "/northlight/as-you-like", "owner"),
    Page("product-as-you-like-refused", "/northlight/as-you-like?amount=0.10", "newcomer"),
    Page("product-edit-in-currencies", "/selling/products/{in_currencies}/", "ida"),
    Page("product-in-editions", "/northlight/in-editions"),
    Page("product-in-editions-to-upgrade", "/northlight/in-editions?edition=Pro", "jonas"),
    Page("product-in-editions-long", f"/northlight/in-editions?edition={'W' * 30}", "newcomer"),
    Page("product-edit-in-editions", "/selling/products/{in_editions}/", "ida"),
    Page("edition-new", "/selling/products/{in_editions}/editions/", "ida"),
    Page("edition-new-faulty", "/selling/products/{in_editions}/editions/", "ida", 400, submit(name="", amount="one")),
    Page("edition-first", "/selling/products/{in_currencies}/editions/", "ida"),
    Page("edition-edit", "/selling/products/{in_editions}/editions/{edition}/", "ida"),
    Page("product-edit-as-you-like", "/selling/products/{as_you_like}/", "ida"),
)
REFUNDS = (
    Page("order-refund", "/orders/{returnable}/refund/", "jonas"),
    Page("order-refund-pulled", "/orders/{order}/refund/", "jonas"),
    Page("order-refund-ended", "/orders/{past_return}/refund/", "jonas"),
    Page("order-refund-not", "/orders/{order_disputed}/refund/", "jonas"),
    Page("order-returnable", "/orders/{returnable}/", "jonas"),
    Page("order-being-given-back", "/orders/{being_given_back}/", "jonas"),
    Page("order-refund-came-back", "/orders/{refund_came_back}/", "jonas"),
    Page("seller-order", "/selling/orders/{order}/?seller=mara", "mara"),
    Page("seller-order-being-given-back", "/selling/orders/{being_given_back}/", "ida"),
    Page("seller-order-refund-came-back", "/selling/orders/{refund_came_back}/", "ida"),
    Page("seller-order-partially-refunded", "/selling/orders/{order_partially_refunded}/", "ida"),
    Page("seller-order-disputed", "/selling/orders/{order_disputed}/", "ida"),
    Page("seller-order-long", "/selling/orders/{long_order}/", "longest"),
    Page("seller-refund", "/selling/orders/{order}/refund/?seller=mara", "mara"),
    Page("seller-refund-faulty", "/selling/orders/{returnable}/refund/", "ida", 400, submit(amount="one", reason="")),
    Page("seller-refund-not", "/selling/orders/{order_disputed}/refund/", "ida"),
    Page("seller-refund-long", "/selling/orders/{long_order}/refund/", "longest"),
)
DISPUTES = (
    Page("seller-disputes", "/selling/disputes/", "ida"),
    Page("seller-disputes-empty", "/selling/disputes/", "beginner"),
    Page("seller-disputes-long", "/selling/disputes/", "longest"),
    Page("seller-dispute", "/selling/disputes/{dispute}/", "ida"),
    Page("seller-dispute-answered", "/selling/disputes/{dispute_answered}/", "ida"),
    Page("seller-dispute-lost", "/selling/disputes/{dispute_lost}/", "ida"),
    Page("seller-dispute-taken-back", "/selling/disputes/{dispute_taken_back}/", "ida"),
    Page("seller-dispute-long", "/selling/disputes/{dispute_long}/", "longest"),
)
DOCUMENTS = (
    Page("billing-details", "/orders/billing-details/?buyer=steadfast", "owner"),
    Page("billing-details-empty", "/orders/billing-details/", "newcomer"),
    Page("billing-details-faulty", "/orders/billing-details/", "newcomer", 400, submit(name="", address="", vat_id="?")),
    Page("billing-details-of-a-seller", "/orders/billing-details/", "ida"),
    Page("billing-details-long", "/orders/billing-details/", "longest"),
    Page("document", "/orders/documents/{invoice}/", "jonas"),
    Page("document-credit-note", "/orders/documents/{credit_note}/", "jonas"),
    Page("document-receipt", "/orders/documents/{document_receipt}/", "mara"),
    Page("document-from-afar", "/orders/documents/{invoice_from_afar}/", "ida"),
    Page("document-long", "/orders/documents/{invoice_long}/", "longest"),
    Page("documents", "/selling/documents/", "ida"),
    Page("documents-receipts", "/selling/documents/?seller=mara", "mara"),
    Page("documents-empty", "/selling/documents/", "beginner"),
    Page("documents-long", "/selling/documents/", "longest"),
)
BALANCES = (
    Page("balance", "/selling/balance/", "ida"),
    Page("balance-empty", "/selling/balance/", "beginner"),
    Page("balance-long", "/selling/balance/", "longest"),
)
GIFTS = (
    Page("give", "/billing/give/{product}/", "newcomer"),
    Page("give-faulty", "/billing/give/{product}/", "newcomer", 400, submit(email="no address")),
    Page("gift", "/library/gift?key={gift_key}", "newcomer", lands="marketplace:gift"),
    Page("gift-signed-out", "/library/gift?key={gift_key}", lands="marketplace:gift"),
    Page("gift-unknown", "/library/gift?key=unknown", "newcomer", 404),
    Page("gift-of-an-order", "/orders/{gift_order}/gift", "jonas"),
    Page("order-of-a-gift", "/orders/{gift_order}/", "jonas"),
    Page("gifts", "/selling/gifts/?seller=mara", "mara"),
    Page("gifts-empty", "/selling/gifts/", "beginner"),
    Page("gifts-faulty", "/selling/gifts/?seller=mara", "mara", 400, submit(product="nothing", email="no address")),
    Page("gift-change", "/selling/gifts/{gift}/?seller=mara", "mara"),
)
SUBSCRIPTIONS = (
    Page("subscriptions", "/subscriptions/", "jonas"),
    Page("subscriptions-empty", "/subscriptions/", "newcomer"),
    Page("subscriptions-long", "/subscriptions/", "longest"),
    Page("subscription-edition", "/subscriptions/{edition_subscription}/edition/", "jonas"),
    Page("subscription-edition-smaller", "/subscriptions/{edition_subscription}/edition/?price={smaller_price}", "jonas"),
    Page("subscribers", "/selling/subscriptions/", "ida"),
    Page("subscribers-empty", "/selling/subscriptions/", "beginner"),
    Page("price-announce", "/selling/subscriptions/prices/{price}/", "ida"),
    Page("product-by-the-month", "/northlight/by-the-month"),
    Page("product-by-the-month-to-buy", "/northlight/by-the-month", "newcomer"),
)
TRIALS = (
    Page("product-to-try", "/northlight/to-try"),
    Page("product-to-try-signed-in", "/northlight/to-try", "newcomer"),
    Page("product-being-tried", "/northlight/to-try", "jonas"),
    Page("trials", "/selling/trials/", "ida"),
    Page("trials-empty", "/selling/trials/", "beginner"),
)
MONEY = (*PRICES, *REFUNDS, *DISPUTES, *DOCUMENTS, *BALANCES, *GIFTS, *SUBSCRIPTIONS, *TRIALS)
