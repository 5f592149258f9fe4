"""Buyers' banks: disputes opened, answered, won, lost, and decided once more."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.disputes.models import Dispute
from billing.disputes.services import send_evidence
from tests.sequences.base import Base, when

NUMBER = st.integers(0, 11)


class Disputes(Base):
    """What a bank does about a payment."""

    def disputes(self) -> list[dict[str, Any]]:
        return self.sandbox.find("dispute")

    @when(lambda self: self.charges())
    @rule(number=NUMBER, inquiry=st.sampled_from([False, False, False, True]), verdict=st.sampled_from(["", "", "win", "lose"]))
    def open_dispute(self, *, number: int, inquiry: bool, verdict: str) -> None:
        """Opened, and perhaps decided before anybody has heard of it."""
        charge = self.pick(self.charges(), number)
        assert charge is not None
        dispute = self.sandbox.control(f"/charges/{charge['id']}/dispute", inquiry=inquiry)
        if dispute and verdict and not inquiry:
            self.sandbox.control(f"/disputes/{dispute['id']}/{verdict}")

    @when(disputes)
    @rule(number=NUMBER, verdict=st.sampled_from(["win", "lose", "lose", "appeal"]))
    def decide_dispute(self, number: int, verdict: str) -> None:
        dispute = self.pick(self.disputes(), number)
        assert dispute is not None
        if dispute["status"].startswith("warning"):
            return  # an inquiry is never won: it ends, or becomes a dispute
        self.sandbox.control(f"/disputes/{dispute['id']}/{verdict}")

    @when(lambda _: Dispute.objects.exists())
    @rule(number=NUMBER)
    def staff_answer(self, number: int) -> None:
        known = Dispute.objects.in_bulk()  # by Stripe's ids, which are made at random
        dispute = self.pick([known[each["id"]] for each in self.disputes() if each["id"] in known], number)
        assert dispute is not None
        self.do(send_evidence, dispute=dispute, reason="They pulled it.", actor=self.shop.staff)
