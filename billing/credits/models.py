"""What of an earlier order's money counts towards a later one."""

from django.db import models
from django.db.models import Q

from billing.orders.models import Order


class Credit(models.Model):
    """An earlier purchase of the same buyer that is contained in a later one, and by how much it made that cheaper.

    An order is credited once: the row stays while the later order is paid or being paid. Once that has expired, failed or was wholly
    refunded, the credit is free again, and another order may take the row's place.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="credits")
    earlier = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="credited", db_index=False)
    amount = models.PositiveIntegerField(help_text="Minor units of both orders' currency.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("earlier",), name="order_credited_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_amount_positive"),
            models.CheckConstraint(condition=~Q(order=models.F("earlier")), name="credit_of_an_earlier_order"),
        )
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.earlier.number} towards {self.order.number}"
