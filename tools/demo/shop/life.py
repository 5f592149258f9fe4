"""120 days of sales, pulls and words, and what happens today."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.people.models import Account, User
from billing.orders.models import Order
from common.ops.redis import raw_redis_client
from marketplace.moderation.models import Report
from marketplace.products.models import Product
from tools.demo.shop import closing, use
from tools.demo.shop.buyers import Free, Reviewer, is_stuck, make_tokens, plan_free, subscribe, write_free, write_reviews
from tools.demo.shop.filled import Filled, Step
from tools.demo.shop.goods import read_shops
from tools.demo.shop.guard import judge
from tools.demo.shop.images import moment
from tools.demo.shop.people import BUYER
from tools.demo.shop.plan import Buyer, OnSale, Outcome, Sale, plan_sales
from tools.demo.shop.present import refund_and_dispute, report, sell_today
from tools.demo.shop.sales import Sold, rows_of, tell_sandbox
from tools.demo.shop.sales import write as write_sales
from tools.demo.shop.series import Trend
from tools.demo.shop.ways import sell_every_way

_FAVOURED: Final = 8  # times as often as others buys the one buyer whose library is looked at
_VISITOR: Final = "reader@elsewhere.example"


def live(filled: Filled, step: Step) -> None:
    """Write the past, all of it or nothing, unless it was written before; let today happen; and derive what follows."""
    products = {key: product for key, (_, product, _) in filled.stocked.items()}
    if not Order.objects.filter(product__in=products.values()).exists():
        with transaction.atomic():
            _write_past(filled, step)
    with step("Stripe's sandbox takes in what was paid") as words:
        words.append("{} payments, {} of them in the books".format(*tell_sandbox(Order.objects.filter(product__in=products.values()))))
    if not Report.objects.filter(reporter_email=_VISITOR).exists():
        with step("Today's sales, refunds, a dispute and reports, through Stripe's sandbox") as words:
            orders = sell_today(products, filled.buyers[50:70])
            refund_and_dispute(orders, filled.staff[0].user)
            when = moment(filled.today, 4, "a report is decided")
            report(products, visitor=_VISITOR, reader=filled.buyers[9], staff=filled.staff[2].user, clock=filled.clock, when=when)
            words.append(f"{len(orders)} orders")
    with step("Editions, subscriptions, trials, offers, codes and gifts") as words:
        words.extend(sell_every_way(filled))
    with step("The guard against resold layers") as words:
        copies = [f"{shop.namespace}/{spec.name}" for shop in read_shops() for spec in shop.images if spec.copies]
        words.append(str(judge(copies)))
    with step("Search, rankings, known bases, covers"):
        closing.add_everything_up()
    with step("The daily series") as words:
        words.append("{} rows of pulls and views, {} of sales".format(*closing.derive_series(filled.today)))
    with step("Trends and forecasts") as words:
        words.append(f"{closing.work_out_outlooks(filled.today)} series of revenue")


def _write_past(filled: Filled, step: Step) -> None:
    with step("120 days of sales") as words:
        sales = plan_sales(*_market(filled), filled.today)
        write_sales(rows_of(sales, _sold(filled), _who_buys(filled), filled.staff[1].user))
        free = _free(filled)
        write_free(free)
        words += [f"{number} {outcome}" for outcome, number in Counter(sale.outcome for sale in sales).most_common()]
    with step("Pulls, pullers and views") as words:
        words.append(_use(filled, sales, free))
    with step("Reviews, subscriptions to updates") as words:
        reviewers = _reviewers(filled, sales, free)
        pairs = [(product, goods) for _, product, goods in filled.stocked.values()]
        words += [f"{write_reviews(pairs, reviewers, filled.today)} reviews", f"{subscribe(reviewers, filled.today)} subscriptions"]


def _market(filled: Filled) -> tuple[list[OnSale], list[Buyer]]:
    """Return what is on sale and who may buy, as the plan of sales needs them."""
    products = [OnSale(key, goods, shelf.since(goods)) for key, (shelf, _, goods) in filled.stocked.items()]
    people = [Buyer(user.username, (filled.today - user.date_joined.date()).days) for user in filled.buyers]
    favoured = [buyer for buyer in people if buyer.key == BUYER] * (_FAVOURED - 1)
    organisations = [Buyer(one.account.handle, 118, organisation=True) for one in filled.organisations]
    return products, people + favoured + organisations


def _who_buys(filled: Filled) -> dict[str, tuple[Account, User]]:
    people = {user.username: (user.account, user) for user in filled.buyers}
    return people | {one.account.handle: (one.account, one.owner) for one in filled.organisations}


def _sold(filled: Filled) -> dict[str, Sold]:
    found = {}
    for key, (shelf, product, goods) in filled.stocked.items():
        images = [(shelf.open.images[name], shelf.versions[name]) for name in goods.holds]
        fresh = Product.objects.select_related("seller").get(pk=product.pk)
        found[key] = Sold(fresh, list(product.prices.all()), images)
    return found


def _free(filled: Filled) -> list[Free]:
    offers = [
        (product, tuple(shelf.open.images[name] for name in goods.holds), shelf.since(goods))
        for shelf, product, goods in filled.stocked.values()
        if goods.is_free
    ]
    return plan_free(offers, filled.buyers, filled.today)


def _use(filled: Filled, sales: Sequence[Sale], free: Sequence[Free]) -> str:
    holders = _holders(filled, sales, free)
    pulled = [pull for used in _used(filled, holders) for pull in use.plan_pulls(used, filled.today)]
    use.write_pulls(pulled)
    sketches = use.write_sketches(filled.images, pulled, raw_redis_client())
    last = dict(sorted((one.pull.subject, one.pull.day) for one in pulled if one.pull.subject))
    make_tokens(filled.buyers, last)
    products = {key: product.pk for key, (_, product, _) in filled.stocked.items()}
    checkouts = Counter((products[sale.product.key], sale.at.date()) for sale in sales)
    looked = [(product, goods, shelf.since(goods)) for shelf, product, goods in filled.stocked.values()]
    use.write_views(use.plan_views(looked, checkouts, filled.today))
    return f"{sum(one.pull.times for one in pulled):,} pulls, {sketches:,} sketches"


def _used(filled: Filled, holders: Mapping[UUID, list[use.Holder]]) -> list[use.Used]:
    found = []
    for shelf in filled.shelves:
        free = {name: goods for _, goods in shelf.products.values() if goods.is_free for name in goods.holds}
        for name, image in shelf.open.images.items():
            goods = free.get(name)
            public, trend = (goods.pulls, Trend(goods.trend)) if goods else (0.0, Trend.STEADY)
            found.append(use.Used(image, shelf.versions[name], holders.get(image.pk, []), public, trend))
    return found


def _holders(filled: Filled, sales: Sequence[Sale], free: Sequence[Free]) -> dict[UUID, list[use.Holder]]:
    """Return who pulls each image: those who bought or got it, but for those who never get that far."""
    stuck = _stuck(filled)
    pullers = {one.account.handle: one.pullers for one in filled.organisations}
    accounts = {user.username: user.account.pk for user in filled.buyers} | {
        f"{one.account.handle}+ci": one.account.pk for one in filled.organisations
    }
    found: defaultdict[UUID, list[use.Holder]] = defaultdict(list)
    for sale in sales:
        if not sale.is_paid or sale.buyer.key in stuck:
            continue
        shelf, _, goods = filled.stocked[sale.product.key]
        until = sale.returned_at.date() if sale.outcome is Outcome.REFUNDED and sale.returned_at else None
        for subject in pullers.get(sale.buyer.key, (sale.buyer.key,)):
            for name in goods.holds:
                found[shelf.open.images[name].pk].append(use.Holder(subject, accounts[subject], sale.at.date(), until))
    for one in free:
        if one.holder.username not in stuck:
            for image in one.images:
                found[image.pk].append(use.Holder(one.holder.username, one.holder.account.pk, one.at.date()))
    return found


def _stuck(filled: Filled) -> set[str]:
    return {user.username for place, user in enumerate(filled.buyers) if is_stuck(place)}


def _reviewers(filled: Filled, sales: Sequence[Sale], free: Sequence[Free]) -> dict[UUID, list[Reviewer]]:
    """Return who has each product and pulls it, by whom it may be reviewed."""
    who, found = _who_buys(filled), defaultdict[UUID, list[Reviewer]](list)
    stuck = _stuck(filled)
    for sale in sales:
        if sale.outcome is Outcome.KEPT and sale.buyer.key not in stuck:
            account, user = who[sale.buyer.key]
            found[filled.stocked[sale.product.key][1].pk].append(Reviewer(account.pk, user, sale.paid_at))
    for one in free:
        if one.holder.username not in stuck:
            found[one.product.pk].append(Reviewer(one.holder.account.pk, one.holder, one.at))
    return found
