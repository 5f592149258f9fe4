"""Sellers' accounts: paid out by the clock, refused by a bank, debited for a balance below zero, restricted, disconnected and back."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.sequences.base import Base, when
from tools.sandbox import balance

NUMBER = st.integers(0, 11)
STANDINGS = st.sampled_from([{}, {"payouts": False}, {"transfers": False}, {"enabled": False}, {"refuses": "nok"}])


class Payouts(Base):
    """What Stripe and banks do about a connected account."""

    def account(self, number: int) -> str:
        accounts = self.sandbox.find("account")
        return str(accounts[number % len(accounts)]["id"])

    @rule(number=NUMBER, standing=STANDINGS)
    def review_account(self, number: int, standing: dict[str, object]) -> None:
        self.sandbox.control(f"/accounts/{self.account(number)}", **standing)

    @rule(number=NUMBER, fails=st.sampled_from(["", "account_closed"]), ours=st.booleans())
    def change_bank(self, *, number: int, fails: str, ours: bool) -> None:
        self.sandbox.control("/bank" if ours else f"/accounts/{self.account(number)}/bank", fails=fails)

    def in_debt(self) -> list[str]:
        acts = [self.sandbox.world.act(str(each["id"])) for each in self.sandbox.find("account")]
        return [act.owner for act in acts if any(balance.available(act, code) < 0 for code in balance.currencies(act))]

    @when(in_debt)
    @rule(number=NUMBER)
    def take_from_bank(self, number: int) -> None:
        self.sandbox.control(f"/accounts/{self.pick(self.in_debt(), number)}/debit")

    def owners(self) -> list[str]:
        return ["", *(str(each["id"]) for each in self.sandbox.find("account"))]

    @when(lambda self: any(self.sandbox.find("payout", owner=owner) for owner in self.owners()))
    @rule(number=NUMBER, deed=st.sampled_from(["move-on", "move-on", "fail"]))
    def payout_moves(self, number: int, deed: str) -> None:
        payouts = [payout for owner in self.owners() for payout in self.sandbox.find("payout", owner=owner)]
        payout = self.pick(payouts, number)
        assert payout is not None
        self.sandbox.control(f"/payouts/{payout['id']}/{deed}")
