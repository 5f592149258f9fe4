"""A trial begins: pull access for some days, once for each person, address, organisation and known payment card."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.utils import timezone

from accounts.organisations.buying import keep_buyer
from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import SellerProfile
from audit.services import record_audit
from common.db.locking import locked_transaction
from marketplace.entitlements.errors import OwnProduct
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.selectors import has_for_good
from marketplace.entitlements.services.grants import grant_entitlements
from marketplace.products.errors import ProductNotOffered
from marketplace.products.locks import lock_product_with_images
from marketplace.products.models import Edition, Price, Product
from marketplace.products.selectors.editions import sold_for
from marketplace.products.selectors.offers import current_prices, require_offered, sells
from marketplace.trials.errors import EditionNotSold, NoTrial, TrialNotNeeded
from marketplace.trials.models import Trial, TrialKey
from marketplace.trials.selectors import known_cards, verified_hashes, why_used
from outbox.mail.services import queue_mail


def start_trial(*, product: Product, user: User, holder: Account | None = None, edition: Edition | None = None) -> Trial:
    """Let the holder pull the images of the product, or of the edition, for as many days as its seller offers now.

    Of any number of starts at once one succeeds.

    No card is asked for, and it ends by itself. It is no sale: names and content are not kept because of it. What uses up the trial are
    the holder, whoever starts it, their verified addresses, and the cards that were seen at purchases of either.

    Args:
        holder: whose library it goes to; the user's own by default, or an organisation's that they buy for.
        edition: the one that is tried, of a product that is sold in editions; the first one by default. There is one trial of them all.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoSuchOrganisation, RoleDoesNotBuy: the user does not, or no longer, buy for the holder.
        OwnProduct: the user acts for the seller.
        ProductNotOffered: it is not published, its seller is suspended, or an image in it cannot be sold or pulled.
        EditionNotSold: the product is not sold in this edition, or no longer.
        NoTrial: its seller offers none, it costs nothing, or its seller cannot be paid.
        TrialNotNeeded: the holder has all that would be tried for good.
        TrialUsed: says what has had its trial.
    """
    require_verified_email(user)
    holder = holder or user.account
    if sells(user, product):
        raise OwnProduct
    with locked_transaction():
        keep_buyer(user=user, account=holder)
        seller = lock_seller(account_id=product.seller_id)
        locked, images = lock_product_with_images(product_id=product.pk)
        price = _price_tried(locked, seller, edition)
        images = sold_for(price, images)
        if has_for_good(holder, [image.pk for image in images]):
            raise TrialNotNeeded(name=holder.name if holder.kind == Account.Kind.ORGANISATION else "")
        trial = _write(locked, price.edition, user, holder)
        kind = Entitlement.Source.TRIAL
        grant_entitlements(holder=holder, images=images, source_kind=kind, source_id=trial.pk, ends_at=trial.ends_at, sold=False)
        record_audit(actor=user, action="trial.started", target=trial, holder=str(holder.pk), days=trial.days)
        for reader in people_of(holder, roles=MANAGING_ROLES):
            context = {"trial": trial, "product": locked, "images": images}
            queue_mail(to=reader.email, template="trial_started", context=context, key=f"trial-started:{trial.pk}:{reader.pk}")
    return trial


def _price_tried(product: Product, seller: SellerProfile, edition: Edition | None) -> Price:
    """Return the leading price of what is tried."""
    if product.seller_id != seller.pk:  # handed over while we waited for the locks
        raise ProductNotOffered
    price: Price | None = require_offered(product)
    if edition is not None:
        price = next((one for one in current_prices(product) if one.edition_id == edition.pk), None)
    if price is None:
        raise EditionNotSold
    if not (price.amount and product.trial_days and seller.can_be_paid):
        raise NoTrial
    return price


def _write(product: Product, edition: Edition | None, user: User, holder: Account) -> Trial:
    """Write the trial and what it uses up. Under the product's lock: no other trial of it begins meanwhile."""
    addresses, cards = verified_hashes(user), known_cards(user, holder)
    used = why_used(product, user=user, holder=holder, addresses=[one for several in addresses for one in several], cards=cards)
    if used is not None:
        raise used
    now = timezone.now()
    ends_at = now + timedelta(days=product.trial_days)
    trial = Trial.objects.create(
        product=product, edition=edition, holder=holder, started_by=user, days=product.trial_days, started_at=now, ends_at=ends_at
    )
    write_keys([trial], TrialKey.Kind.ADDRESS, [several[0] for several in addresses])
    write_keys([trial], TrialKey.Kind.CARD, cards)
    return trial


def write_keys(trials: Iterable[Trial], kind: TrialKey.Kind, hashes: Collection[str]) -> None:
    """Note that these have had the trials of their products; what is noted of another trial already stays with that."""
    keys = [TrialKey(trial=trial, product_id=trial.product_id, kind=kind, key_hash=one) for trial in trials for one in sorted(hashes)]
    TrialKey.objects.bulk_create(keys, ignore_conflicts=True)
