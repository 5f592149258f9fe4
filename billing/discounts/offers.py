"""Offers: a price of its own for one buyer, with an end, mailed to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext

from accounts.organisations.buying import addresses_of_buyers
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email, user_with_address
from audit.services import record_audit
from billing.discounts.errors import InvalidDiscount
from billing.discounts.models import Discount
from billing.discounts.services import check_end, check_money
from common.currencies import LARGEST_CHARGE
from common.db.locking import locked_transaction
from common.money import Money
from common.text import normal_email
from common.web.links import absolute
from marketplace.images.ownership import require_owner, require_seller_in_good_standing
from marketplace.products.models import Edition, Price, Product
from marketplace.products.selectors.editions import editions_by_name, title_of
from marketplace.products.selectors.offers import current_prices, require_offered, sells
from marketplace.products.services.prices import smallest_price
from outbox.mail.services import queue_mail


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose offer it is: an address, or an account."""

    email: str = ""
    account: Account | None = None


def make_offer(*, product: Product, price: Money, to: str, ends_at: datetime, actor: User, edition: Edition | None = None) -> Discount:
    """Offer a product, or one of its editions, to one buyer at a price of its own, and mail it; they accept it once, until it ends.

    Args:
        price: 0, or at least the smallest price, and no more than everybody pays; where the product comes to cost less, they pay that.
        to: an e-mail address, or the handle of a person or an organisation.
        edition: of a product that is sold in editions; None for the whole product.

    Raises:
        EmailNotVerified: the actor has no verified address.
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        SellerIsSuspended, ProductNotOffered: nobody can buy it.
        InvalidDiscount: names the field. Who acts for the seller is no addressee: they buy nothing of it.
    """
    require_verified_email(actor)
    require_owner(actor, product.seller_id)
    require_seller_in_good_standing(product.seller_id)
    listed = _listed(product, edition, price.currency)
    _check_price(price, listed)
    check_end(ends_at, after=timezone.now())
    addressee = addressee_of(to)
    _refuse_seller(addressee, product)
    with locked_transaction():
        offer = Discount.objects.create(
            seller_id=product.seller_id,
            kind=Discount.Kind.PRICE,
            amount=price.minor,
            currency=price.currency,
            edition=edition,
            most_uses=1,
            ends_at=ends_at,
            email=addressee.email,
            account=addressee.account,
            made_by=actor,
        )
        offer.products.add(product)
        record_audit(actor=actor, action="discount.offered", target=offer, product=str(product.pk), edition=edition.name if edition else "")
        _mail(offer, product, listed)
    return offer


def product_of_offer(offer_id: UUID) -> Product:
    """Return the one product that an offer is for."""
    return Product.objects.select_related("seller", "namespace").get(
        pk__in=Discount.products.through.objects.filter(discount=offer_id).values("product")
    )


def title_offered(offer: Discount, product: Product) -> str:
    """Return what an offer is for in words: its product's title, and the name of the edition."""
    return title_of(product, offer.edition)


def edition_named(product: Product, text: str) -> Edition | None:
    """Return the edition of a product that somebody means by its name, which may be empty where it has none.

    Raises:
        InvalidDiscount: there is none of this name, or the product is sold in editions and none is named.
    """
    name, editions = text.strip(), editions_by_name([product.pk])
    found = editions.get((product.pk, name.casefold()))
    if found is None and (name or editions):
        _refuse_edition(edition.name for edition in editions.values())
    return found


def _refuse_edition(names: Iterable[str]) -> NoReturn:
    choices = ", ".join(names)
    sentence = gettext("Choose one of its editions: {names}.") if choices else gettext("It is not sold in editions. Leave this empty.")
    raise InvalidDiscount(field="edition", sentence=sentence.format(names=choices))


def addressee_of(text: str) -> Addressee:
    """Return whom somebody means by an address or a handle.

    Raises:
        InvalidDiscount: neither.
    """
    wanted = text.strip()
    if "@" in wanted:
        try:
            validate_email(wanted)
            return Addressee(email=normal_email(wanted))
        except ValidationError as error:
            raise InvalidDiscount(field="email", sentence=gettext("Write an e-mail address, or the handle of an account.")) from error
    found = Account.objects.filter(handle=wanted.lower()).first() if wanted.isascii() and wanted.isprintable() else None
    if found is None:
        raise InvalidDiscount(
            field="email", sentence=gettext("Nobody has this handle. Write an e-mail address, or the handle of an account.")
        )
    return Addressee(account=found)


def price_in(product: Product, currency: str, edition_id: UUID | None = None) -> Price | None:
    """Return the current price of the product, or of an edition of it, in a currency; None if it has none."""
    return next((price for price in current_prices(product) if price.currency == currency and price.edition_id == edition_id), None)


def _listed(product: Product, edition: Edition | None, currency: str) -> Money:
    """Return what a product that is on offer, or an edition of it, costs everybody in a currency."""
    require_offered(product)
    key = edition.pk if edition else None
    prices = [price for price in current_prices(product) if price.edition_id == key]
    if not prices:
        _refuse_edition(price.edition.name for price in current_prices(product) if price.edition and price.leading)
    offered = prices[0]
    if offered.interval:
        raise InvalidDiscount(field="product", sentence=gettext("It is paid by the month or the year. There are no offers for that."))
    if offered.buyer_decides:
        raise InvalidDiscount(field="product", sentence=gettext("Buyers decide what they pay for this product. It needs no offer."))
    listed = price_in(product, currency, key)
    if listed is None or listed.is_free:
        currencies = ", ".join(price.currency.upper() for price in prices)
        sentence = gettext("Offer a product that has a price, in a currency that it has: {currencies}.").format(currencies=currencies)
        raise InvalidDiscount(field="currency", sentence=sentence)
    return listed.money


def _check_price(price: Money, listed: Money) -> None:
    check_money(price)
    least = smallest_price(price.currency)
    if price.minor and not least.minor <= price.minor <= LARGEST_CHARGE:
        sentence = gettext("Ask for 0, or for at least {least}. A smaller payment would cost more than it brings.").format(least=least)
        raise InvalidDiscount(field="amount", sentence=sentence)
    if price.minor > listed.minor:
        sentence = gettext("It costs everybody {listed}. An offer cannot be dearer than that.").format(listed=listed)
        raise InvalidDiscount(field="amount", sentence=sentence)


def _refuse_seller(addressee: Addressee, product: Product) -> None:
    account = addressee.account
    user = account.user if account else user_with_address(addressee.email)
    if (account is not None and account.pk == product.seller_id) or (user is not None and sells(user, product)):
        sentence = gettext("Whoever sells it can pull it already. Make the offer to somebody else.")
        raise InvalidDiscount(field="email", sentence=sentence)


def _mail(offer: Discount, product: Product, listed: Money) -> None:
    title, link = title_offered(offer, product), absolute("billing:offer", offer.pk)
    context = {"offer": offer, "title": title, "listed": listed, "link": link}
    for address in _addresses(offer):
        queue_mail(to=address, template="offer", context=context, key=f"offer:{offer.pk}:{address}"[:200], origin=str(offer.seller_id))


def _addresses(offer: Discount) -> list[str]:
    if offer.account is None:
        return [offer.email]
    return [offer.account.user.email] if offer.account.user else addresses_of_buyers(offer.account)
