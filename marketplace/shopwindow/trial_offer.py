"""What a product's page says of its trial: whether the reader can begin one and for whom, and which of theirs run."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.people.models import User
from marketplace.products.models import Price, Product
from marketplace.shopwindow.offer_state import OfferState, Party
from marketplace.trials.models import Trial, TrialState
from marketplace.trials.selectors import trials_of_product


@dataclass(frozen=True, slots=True)
class TrialOffer:
    """A product's trial, for one reader.

    Attributes:
        days: for how long a trial lasts that begins now.
        parties: the accounts for which the reader can begin one; everybody's own for a visitor who is not signed in, so none is listed.
        running: trials of the reader's accounts that run.
        used: the reader began one before, so they can begin no other.
        pulls: the reader can pull what the page shows by one that runs.
    """

    days: int
    parties: Sequence[Party] = ()
    running: Sequence[Trial] = ()
    used: bool = False
    pulls: bool = False

    @property
    def choices(self) -> Sequence[Party]:
        """The accounts to choose from; none if there is only one, unless that one is an organisation's."""
        own_alone = [party.membership for party in self.parties] == [None]
        return () if own_alone else self.parties


def trial_offer_of(user: User | None, product: Product, price: Price | None, state: OfferState) -> TrialOffer | None:
    """Return the product's trial for a reader; None where there is none, and no running one of theirs. One query if there may be one.

    Known cards and addresses of former accounts are looked at when a trial begins, not here.
    """
    offered = bool(state.kind == "sale" and product.trial_days and price and price.amount)
    if user is None:
        return TrialOffer(product.trial_days) if offered else None
    if state.kind == "own" or not product.trial_days:
        return None
    trials = trials_of_product(product, user=user, account_ids=[party.account.pk for party in state.parties])
    lacking = {party.account.pk for party in state.parties if party.lacks_it}
    running = [trial for trial in trials if trial.state is TrialState.RUNNING and trial.holder_id in lacking]
    used = any(trial.started_by_id == user.pk for trial in trials)
    tried = {trial.holder_id for trial in trials}
    parties = [party for party in state.parties if party.buys and party.lacks_it and party.account.pk not in tried]
    if not offered and not running:
        return None
    pullers = {party.account.pk for party in state.parties if party.pulls}
    shown = price.edition_id if price else None
    pulls = any(trial.holder_id in pullers and trial.edition_id == shown for trial in running)
    return TrialOffer(product.trial_days, parties if offered and not used else (), running, used=used, pulls=pulls)
