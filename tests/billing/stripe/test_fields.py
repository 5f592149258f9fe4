"""Fields of Stripe's objects that may hold an object or only its id."""

import pytest
import stripe

from billing.stripe.fields import expanded, metadata_value


def test_an_expanded_field_is_its_object() -> None:
    intent = stripe.PaymentIntent("pi_1")

    assert (expanded(intent), expanded(None)) == (intent, None)


def test_a_field_that_nobody_asked_to_expand_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="pi_1"):
        expanded("pi_1")


def test_metadata_without_a_value_says_nothing() -> None:
    named = stripe.PaymentIntent.construct_from({"id": "pi_1", "metadata": {"order_id": "7"}}, "")

    assert [metadata_value(named.metadata, name) for name in ("order_id", "refund_id")] == ["7", ""]
    assert metadata_value(None, "order_id") == ""
