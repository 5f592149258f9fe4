"""Orders that are gifts: for whom, as the buyer said before paying."""

from django.db import models

from billing.orders.models import Order
from marketplace.gifts.models import LONGEST_MESSAGE


class OrderGift(models.Model):
    """The order is paid for somebody else. Once it is paid, a `marketplace.Gift` takes its place; this stays as it was ordered."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, primary_key=True, related_name="gift")
    email = models.EmailField(max_length=254, blank=True, help_text="Of the recipient; empty for a link that the buyer passes on.")
    message = models.CharField(max_length=LONGEST_MESSAGE, blank=True)

    def __str__(self) -> str:
        return f"for {self.email or 'whoever has the link'}"
