"""What a reader can do with a product: whether they sell it, already have it, or can get it, and for which account."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accounts.organisations.models import Membership
from accounts.organisations.selectors import memberships_of
from accounts.people.models import Account, User
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.selectors import holders_among
from marketplace.images.models import Image
from marketplace.products.models import Edition, Price, Product
from marketplace.products.selectors.editions import sold_for
from marketplace.products.selectors.offers import offered_price
from marketplace.products.selectors.pages import images_of
from marketplace.shopwindow.reductions import credited


@dataclass(frozen=True, slots=True)
class Party:
    """An account that the reader can act for: their own, or an organisation's.

    Attributes:
        membership: how they belong to it; None for their own account.
        has_it: it holds every image of the product, and can pull them.
        paused: it holds every image, but cannot pull each now; an entitlement that is suspended, whose source says why.
        credit: what it is credited for what it has bought of it before; None for nothing.
        pays: what it pays therefore; None where it pays the price.
    """

    account: Account
    membership: Membership | None
    has_it: bool
    paused: Entitlement | None = None
    credit: Money | None = None
    pays: Money | None = None

    @property
    def buys(self) -> bool:
        """Whether the reader buys for it."""
        return self.membership is None or self.membership.buys

    @property
    def lacks_it(self) -> bool:
        """Whether it can be bought or tried for it: what is paused comes back or ends, and is not sold a second time meanwhile."""
        return not self.has_it and self.paused is None

    @property
    def pulls(self) -> bool:
        """Whether the reader pulls what it holds."""
        return self.membership is None or self.membership.pulls


@dataclass(frozen=True, slots=True)
class OfferState:
    """What the reader can do with a product.

    Attributes:
        kind: `own`: they sell it. `held`: every account they buy for has it, paused or not, or one has it and it is no longer offered.
            `free` and `sale`: they can get it for nothing, or buy it. `closed`: nobody can get it now.
        parties: the reader's own account, then their organisations by name; empty for a visitor who is not signed in.
    """

    kind: str
    parties: Sequence[Party] = ()

    @property
    def choices(self) -> list[Party]:
        """The accounts the reader can get it for; empty if there is only one, since then there is nothing to choose."""
        buying = [party for party in self.parties if party.buys]
        return buying if len(buying) > 1 else []

    @property
    def credited(self) -> Party | None:
        """The only account that they can get it for, if it is credited something; where they choose, each says so itself."""
        buying = [party for party in self.parties if party.buys]
        return buying[0] if len(buying) == 1 and buying[0].credit else None

    @property
    def first_choice(self) -> Account | None:
        """The account that is selected at first: the first that lacks the product, beginning with the reader's own."""
        return next((party.account for party in self.choices if party.lacks_it), None)

    def chosen(self, handle: str) -> Account | None:
        """The account that is selected: the one with this handle if the reader can get it for that, else the first choice."""
        chosen = (party.account for party in self.choices if party.account.handle == handle and party.lacks_it)
        return next(chosen, self.first_choice)

    @property
    def organisations_with_it(self) -> list[Party]:
        """The reader's organisations that have it."""
        return [party for party in self.parties if party.membership is not None and party.has_it]

    @property
    def paused(self) -> list[Party]:
        """The accounts that have it and cannot pull it now."""
        return [party for party in self.parties if party.paused is not None]

    @property
    def pulls(self) -> bool:
        """Whether the reader may pull it because of an entitlement, their own or an organisation's."""
        return any(party.has_it and party.pulls for party in self.parties)

    @property
    def paid_twice(self) -> Party | None:
        """An organisation through which the reader may already pull what they are about to buy for themselves; None if there is none."""
        own_lacks_it = any(party.membership is None and party.lacks_it for party in self.parties)
        return next((party for party in self.organisations_with_it if party.pulls and own_lacks_it), None)


def offer_state_of(user: User | None, product: Product, price: Price | None = None) -> OfferState:
    """Work out what the reader can do with the product; None is a visitor. Five queries, however many organisations they are in.

    Args:
        price: the one that they are shown, which says the edition, to say what they pay of it if a part was bought before: two queries
            more, and one with an edition.
    """
    edition = price.edition if price else None
    offer = _offer(product, edition)
    if user is None:
        return OfferState(offer)
    memberships = list(memberships_of(user))
    if user.account.pk == product.seller_id or any(membership.account_id == product.seller_id for membership in memberships):
        return OfferState("own")
    accounts = [user.account, *(membership.account for membership in memberships)]
    holders = holders_among([account.pk for account in accounts], product, edition)
    parties = [
        Party(account, membership, account.pk in holders.in_force, holders.paused.get(account.pk))
        for account, membership in zip(accounts, [None, *memberships], strict=True)
    ]
    if price is not None and offer == "sale":
        parties = _with_credits(parties, price, sold_for(price, images_of(product)))
    wanted = offer != "closed" and any(party.buys and party.lacks_it for party in parties)
    return OfferState("held" if any(not party.lacks_it for party in parties) and not wanted else offer, parties)


def _with_credits(parties: Sequence[Party], price: Price, images: Sequence[Image]) -> list[Party]:
    found = credited([party.account for party in parties if party.buys and party.lacks_it], price, images)
    return [
        replace(party, credit=found[party.account.pk], pays=price.money - found[party.account.pk]) if party.account.pk in found else party
        for party in parties
    ]


def _offer(product: Product, edition: Edition | None) -> str:
    price = offered_price(product, edition)
    if price is None:
        return "closed"
    return "free" if price.is_free else "sale"
