"""An order that a bank took back is paid after all: the seller's appeal was won. Staff have it count again."""

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.credits.locks import lock_order_with_credits
from billing.gifts.services import wish_of
from billing.orders.errors import OrderNotWonBack
from billing.orders.metrics import note_order
from billing.orders.models import Order
from billing.orders.selectors import image_ids_given_by, stopped_by_dispute
from billing.payments.grants import follow_won_appeal
from common.db.locking import locked_transaction
from marketplace.images.locks import lock_images


def honour_again(*, order: Order, reason: str, actor: User) -> Order:
    """Count an order as paid again whose bank has decided for the seller after all, and let its buyer pull what ended with it.

    Nothing else does: an order that was charged back is at its end, and what its buyer has bought since is for people to see. Books and
    documents follow Stripe by themselves; what was taken back from the seller is sent to them by hand, as the order's flag says.

    Raises:
        ReasonMissing: no reason.
        OrderNotWonBack: it was not charged back, its bank has not decided for the seller, or it was paid for somebody else.
    """
    require_reason(reason)
    with locked_transaction():
        images = lock_images(image_ids=image_ids_given_by(order))
        locked = lock_order_with_credits(order_id=order.pk)
        if locked.state != Order.State.CHARGED_BACK or stopped_by_dispute(locked) or wish_of(locked) is not None:
            raise OrderNotWonBack
        locked.state = Order.State.PARTIALLY_REFUNDED if locked.refunded_amount else Order.State.PAID
        locked.closed_at, locked.revision = None, locked.revision + 1
        locked.save(update_fields=["state", "closed_at", "revision"])
        record_audit(actor=actor, action="order.honoured_again", target=locked, reason=reason)
        note_order(state=Order.State(locked.state))
        follow_won_appeal(locked, images)
    return locked
