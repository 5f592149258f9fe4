"""Reading fields of the SDK's objects whose type leaves something open."""

from typing import TypeVar

import stripe

T = TypeVar("T", bound=stripe.StripeObject)


def expanded(field: str | T | None) -> T | None:
    """Return the object of a field that the call asked to have expanded.

    Raises:
        TypeError: it is an id alone, because the call did not ask.
    """
    if isinstance(field, str):
        msg = f"Stripe answered {field} without its object: name the field in `expand`."
        raise TypeError(msg)
    return field


def metadata_value(metadata: stripe.StripeObject | None, name: str) -> str:
    """Return one value of an object's metadata, or nothing: whoever made the object in Stripe's dashboard has named nothing there."""
    return "" if metadata is None else str(metadata.to_dict().get(name, ""))
