"""What must not break where money moves: each way in which it could has its test, by name."""

import ast
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).resolve().parents[1]
MONEY: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "double click, two tabs, two webhooks at once": {
        "concurrency/test_purchases.py": (
            "test_a_double_click_makes_one_order_and_one_checkout",
            "test_return_page_webhook_and_sweep_at_once_complete_once",
            "test_two_payments_for_the_same_images_at_once_keep_one_and_give_one_back",
        ),
        "billing/checkout/test_opening.py": ("test_two_tabs_that_open_one_checkout_record_it_once",),
    },
    "webhook repeated, replayed, reordered, late": {
        "concurrency/test_purchases.py": (
            "test_one_event_delivered_and_handled_twenty_times_at_once_has_one_effect",
            "test_different_events_of_one_order_at_once_end_in_the_truth",
        ),
        "billing/inbox/test_what_events_bring.py": (
            "test_an_event_that_comes_again_after_a_refund_brings_nothing_back",
            "test_a_refund_that_is_heard_of_before_the_completion",
        ),
        "billing/disputes/test_opened_won_lost.py": (
            "test_dispute_closed_before_created_and_every_other_order_of_events_comes_to_the_same",
        ),
        "billing/renewals/test_late_renewals.py": ("test_a_period_that_is_given_back_while_the_next_is_paid_unheard_of_ends_nothing",),
    },
    "webhook forged: signature, secret, time, body": {
        "billing/inbox/test_webhooks.py": ("test_a_forged_event_is_refused", "test_without_a_secret_there_is_no_endpoint"),
    },
    "webhook never arrives": {
        "billing/payments/test_reconcile.py": ("test_the_sweep_reconciles_an_order_whose_webhook_never_came",),
        "billing/checkout/test_pages.py": ("test_the_return_page_reconciles_the_order",),
        "e2e/test_faults.py": ("test_webhook_that_never_arrives",),
    },
    "completed but unpaid, fails later": {
        "billing/payments/test_reconcile.py": (
            "test_a_bank_debit_grants_nothing_until_it_is_paid",
            "test_a_bank_debit_that_fails_fails_the_order",
        ),
    },
    "amount, currency, account or product differs from our row": {
        "billing/payments/test_reconcile.py": (
            "test_what_differs_from_what_we_sold_grants_nothing",
            "test_the_session_of_another_order_grants_nothing",
        ),
    },
    "price edited during checkout": {
        "billing/checkout/test_resuming.py": ("test_the_price_of_the_session_wins_over_a_later_one",),
    },
    "somebody else's image put into a product or bundle": {
        "marketplace/selling/test_product_editor.py": ("test_somebody_else_s_image_is_not_even_a_choice",),
        "marketplace/products/test_api.py": ("test_somebody_elses_image_is_refused",),
        "marketplace/products/test_editing.py": ("test_somebody_elses_image_seller_or_namespace_makes_no_product",),
        "marketplace/test_database_refuses.py": ("test_an_image_of_somebody_else_in_a_product",),
    },
    "client sends its own price; another seller's, a draft, its own, what it has": {
        "billing/checkout/test_what_clients_send.py": (
            "test_a_price_that_a_client_makes_up_is_not_charged",
            "test_the_price_of_another_sellers_product_buys_nothing",
        ),
        "billing/checkout/test_placing.py": (
            "test_nobody_buys_from_themselves",
            "test_what_is_not_for_sale_is_not_sold",
            "test_what_is_held_is_not_sold_again",
        ),
    },
    "discount with one use left, fifty buyers": {
        "concurrency/test_discounts.py": ("test_a_discount_with_one_use_left_goes_to_exactly_one_of_fifty_buyers_at_once",),
    },
    "refund full, partial, repeated, above the paid sum, after the transfer": {
        "billing/refunds/test_refunds.py": (
            "test_a_full_refund_takes_everything_back",
            "test_a_partial_refund_keeps_pull",
            "test_what_was_requested_in_full_is_not_requested_again",
            "test_refunds_never_exceed_what_is_left",
            "test_the_database_itself_refuses_refunds_above_the_amount",
        ),
        "billing/ledger/test_payments.py": ("test_a_full_refund_takes_transfer_and_fee_back_and_leaves_stripes_fee_with_us",),
        "billing/ledger/test_payouts.py": (
            "test_a_refund_after_the_payout_leaves_the_balance_below_zero_and_its_page_says_how_that_is_settled",
        ),
        "concurrency/test_purchases.py": ("test_refunds_asked_for_at_once_never_exceed_the_payment",),
    },
    "dispute opened, won, lost": {
        "billing/disputes/test_opened_won_lost.py": ("test_dispute_opened_won_lost_suspends_restores_revokes",),
        "billing/disputes/test_won_appeals.py": ("test_staff_give_access_back_after_an_appeal_that_was_won",),
    },
    "bundle refunded when one image was also bought alone": {
        "billing/refunds/test_refunds.py": ("test_a_bundle_refunded_leaves_what_was_bought_alone",),
    },
    "seller's payouts disabled, seller suspended, product withdrawn, image taken down": {
        "billing/checkout/test_who_can_be_paid.py": ("test_nothing_is_offered_that_the_sale_refuses", "test_nobody_is_sent_to_buy_it"),
        "billing/checkout/test_placing.py": ("test_what_was_taken_down_is_not_sold",),
        "billing/payments/test_stopped.py": (
            "test_stopping_closes_the_checkouts_that_are_open",
            "test_what_was_paid_and_heard_of_before_the_stop_stays_sold",
        ),
        "billing/payments/test_reconcile.py": ("test_a_payment_after_withdrawal_is_honoured",),
        "marketplace/images/test_reservations.py": ("test_a_take_down_stops_everybody_and_a_restoration_gives_all_of_it_back",),
    },
    "worker killed between effect and mark, Redis emptied, database restarted, Stripe answering 500": {
        "billing/inbox/test_handling.py": (
            "test_a_worker_killed_before_the_mark_leaves_no_half_effect",
            "test_a_database_restarted_in_the_middle_leaves_no_half_effect",
        ),
        "e2e/test_faults.py": (
            "test_worker_killed_between_payment_and_entitlement",
            "test_redis_emptied_with_the_work_in_it",
            "test_stripe_answering_500_when_buying",
            "test_stripe_answering_500_when_the_webhook_is_handled",
        ),
        "billing/refunds/test_refunds.py": ("test_a_worker_that_died_after_stripe_gave_the_money_gives_it_once",),
    },
    "any sequence of sales, refunds, disputes": {
        "sequences/test_books.py": ("test_books_balance_access_follows_payments_and_totals_agree_whatever_happens",),
    },
}


def defined_in(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("mode", MONEY)
def test_each_way_in_which_money_could_go_wrong_has_its_test(mode: str) -> None:
    missing = [f"{path}: {name}" for path, names in MONEY[mode].items() for name in set(names) - defined_in(TESTS / path)]

    assert missing == []
