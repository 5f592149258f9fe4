"""The ways to sell beside a price that is paid once, each with somebody for whom it counts: by the services, payments through the sandbox.

They are made today, after the sales of the past: what is sold in another way from today on was sold for good before. What is there stays.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from accounts.people.models import Account, User
from billing.discounts.models import Discount
from billing.discounts.offers import make_offer
from billing.discounts.services import Terms, make_discount
from billing.renewals.announcing import announce_price, tell_subscribers
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.gifts.services.claims import claim_gift
from marketplace.gifts.services.uploads import give_by_file
from marketplace.growth.models import Growth
from marketplace.growth.services import reach_earlier_buyers
from marketplace.images.models import Image
from marketplace.products.models import Edition, Price, Product
from marketplace.products.services.editing import edit_product
from marketplace.products.services.editions import EditionTerms, add_edition
from marketplace.products.services.prices import NewPrice, set_price, set_prices, set_trial
from marketplace.trials.models import Trial
from marketplace.trials.services.ending import end_trials
from marketplace.trials.services.starting import start_trial
from tools.demo.shop.filled import Filled
from tools.demo.shop.images import moment
from tools.demo.shop.present import buy
from tools.demo.shop.shelves import Shelf

_SUBSCRIBERS: Final = 2
_CLASS: Final = "email,product,note\n" + "".join(
    f"{name}@layerstore.example,saltmarsh/ocr,For the course on digital archives.\n" for name in ("noor", "willem", "student")
)


def sell_every_way(filled: Filled) -> list[str]:
    """Let sellers sell in every way that there is; return which, as far as they were not there yet."""
    ways: tuple[Callable[[Filled], str], ...] = (
        _editions, _months, _years, _as_you_like, _currencies, _bundle_that_grows, _gifts, _codes_and_offer,
    )  # fmt: skip
    return [done for way in ways if (done := way(filled))]


def _editions(filled: Filled) -> str:
    """Whoever has bought the smaller one sees what the larger one costs them."""
    shelf, product, images = _of(filled, "fernhill/see-everything")
    if Edition.objects.filter(product=product).exists():
        return ""
    smaller = EditionTerms("Metrics and logs", "For services that nobody traces yet.", images[:2], [NewPrice(Money(7_500, "gbp"))])
    larger = EditionTerms("Everything", "With traces, and the way from each to its log line.", images, [NewPrice(Money(10_900, "gbp"))])
    for terms in (smaller, larger):
        add_edition(product=product, terms=terms, actor=shelf.open.owner.user)
    set_trial(product=product, days=14, actor=shelf.open.owner.user)
    buy(product, _without(filled, images)[0])
    return "two editions"


def _months(filled: Filled) -> str:
    """Somebody has tried it, somebody does, and those who pay by the month are told of a new price."""
    shelf, product, images = _of(filled, "saltmarsh/reranker")
    if Trial.objects.filter(product=product).exists():
        return ""
    seller, by_month = shelf.open.owner.user, Price.Interval.MONTH
    set_prices(product=product, prices=[NewPrice(Money(900, "usd"), interval=by_month)], actor=seller, trial_days=14)
    trying, tried, *others = _without(filled, images)
    with filled.clock.at(moment(filled.today, 15, "a trial begins")):
        start_trial(product=product, user=tried)
    start_trial(product=product, user=trying)
    end_trials(now=timezone.now())
    for user in others[:_SUBSCRIBERS]:
        buy(product, user)
    announce_price(price=set_price(product=product, money=Money(1_200, "usd"), actor=seller, interval=by_month), actor=seller)
    tell_subscribers()
    return "trials, subscriptions by the month and their next price"


def _years(filled: Filled) -> str:
    shelf, product, images = _of(filled, "wardstone/audit-log")
    if Price.objects.current().filter(product=product, interval=Price.Interval.YEAR).exists():
        return ""
    set_price(product=product, money=Money(9_900, "gbp"), actor=shelf.open.owner.user, interval=Price.Interval.YEAR)
    buy(product, _without(filled, images)[0])
    return "one by the year"


def _as_you_like(filled: Filled) -> str:
    shelf, product, _ = _of(filled, "copperline/line-watch")
    price = NewPrice(Money(1_000, "eur"), kind=Price.Kind.PAY_WHAT_YOU_WANT, suggested=Money(2_500, "eur"))
    set_prices(product=product, prices=[price], actor=shelf.open.owner.user)
    return "pay what you want"


def _currencies(filled: Filled) -> str:
    shelf, product, _ = _of(filled, "saltmarsh/ocr")
    prices = [NewPrice(Money(9_900, "usd")), NewPrice(Money(8_900, "eur")), NewPrice(Money(7_900, "gbp"))]
    set_prices(product=product, prices=prices, actor=shelf.open.owner.user)
    return "prices in three currencies"


def _bundle_that_grows(filled: Filled) -> str:
    """An image is added, and given to those who had bought it before, one of them just now: the worker does that at once."""
    shelf, product, images = _of(filled, "kumoworks/pipeline-kit")
    if Growth.objects.filter(product=product).exists():
        return ""
    buy(product, _without(filled, images)[0])
    seller, added = shelf.open.owner.user, shelf.open.images["csv-loader"]
    edit_product(product=product, actor=seller, images=[*images, added])
    reach_earlier_buyers(product=product, image=added, actor=seller)
    return "a bundle that grew"


def _gifts(filled: Filled) -> str:
    """A class gets its licences by a file; one of them has claimed it."""
    shelf, product, images = _of(filled, "saltmarsh/ocr")
    if Gift.objects.filter(product=product).exists():
        return ""
    seller = shelf.open.owner.user
    give_by_file(seller_id=product.seller_id, content=_CLASS.encode(), reason="A course at the university.", actor=seller)
    reader = _without(filled, images)[-1]
    claim_gift(gift=Gift.objects.filter(product=product).order_by("pk")[0], user=reader, holder=reader.account)
    return "gifts"


def _codes_and_offer(filled: Filled) -> str:
    shelf, product, _ = _of(filled, "saltmarsh/speech-to-text")
    if Discount.objects.filter(seller=product.seller_id).exists():
        return ""
    seller, until = shelf.open.owner.user, _in_days(30)
    make_offer(product=product, price=Money(19_900, "usd"), to=filled.buyers[0].email, ends_at=until, actor=seller)
    make_offer(product=product, price=Money(21_500, "usd"), to="archive@city.example", ends_at=until, actor=seller)
    own = Terms("WELCOME", percent=5, most_per_customer=1, ends_at=_in_days(90))
    make_discount(seller=None, terms=own, actor=filled.staff[1].user, reason="For those who have bought nothing yet.")
    theirs = Terms("AUTUMN", percent=20, most_uses=50, ends_at=until)
    make_discount(seller=product.seller, terms=theirs, actor=seller)
    return "codes and offers"


def _in_days(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


def _of(filled: Filled, key: str) -> tuple[Shelf, Product, list[Image]]:
    """Return a product, on whose shelf it is, and what it has held so far."""
    shelf, product, goods = filled.stocked[key]
    return shelf, Product.objects.select_related("seller").get(pk=product.pk), [shelf.open.images[name] for name in goods.holds]


def _without(filled: Filled, images: Sequence[Image]) -> list[User]:
    """Return buyers who have none of these, the one whose library is looked at first; not those who buy something else today."""
    holders = Account.objects.filter(pk__in=Entitlement.objects.filter(image__in=images).values("holder")).values_list("pk", flat=True)
    having = set(holders)
    return [user for user in (*filled.buyers[:1], *filled.buyers[70:]) if user.account.pk not in having]
