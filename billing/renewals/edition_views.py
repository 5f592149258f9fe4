"""A buyer changes the edition of a subscription: what that costs and when is shown first. Somebody else's is answered with 404."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people.models import User
from accounts.people.requests import signed_in
from billing.discounts.errors import DiscountRefused
from billing.discounts.selectors import require_usable
from billing.discounts.trying import try_code
from billing.renewals.editions import Choice, choice_of, choices_for, require_change
from billing.renewals.links import edition_url
from billing.renewals.planning import keep_edition, paid_with_code, plan_edition
from billing.renewals.upgrade_payments import give_up_upgrade
from billing.renewals.upgrading import begin_upgrade, offer_upgrade
from billing.subscriptions.errors import EditionNotForSubscription, UpgradeCostsOther
from billing.subscriptions.models import Subscription
from billing.subscriptions.selectors import subscriptions_seen_by
from billing.subscriptions.upgrade_models import Upgrade
from common.errors import ConflictError
from common.money import Money
from marketplace.products.models import Product
from marketplace.products.selectors.offers import with_current_prices

_LONGEST = 12  # digits of a number that a form sends back


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def subscription_edition(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Show to which editions a subscription can change; with `price` what that one costs now and later; by POST do it.

    Context: subscription; choices (a list of Choice); choice, the chosen one or None; offer, an UpgradeOffer where it is larger; moment, as
    the form sends it back; paid, where it is smaller: what its first payments come to, with the code that still counts; code_brought,
    which the buyer wanted to use for it, and which counts only where a subscription begins.
    """
    user = signed_in(request)
    subscription = _own(user, subscription_id)
    context: dict[str, object] = {"subscription": subscription, "choices": choices_for(subscription), "choice": None, "offer": None}
    price_id = _price_id((request.POST if request.method == "POST" else request.GET).get("price", ""))
    try:
        if price_id is not None:
            choice = choice_of(subscription, price_id)
            if request.method == "POST":
                return _change(request, subscription, choice, user)
            context |= _shown(subscription, choice, user) | {"code_brought": _code_brought(request, choice)}
        elif request.method == "POST":
            raise EditionNotForSubscription
    except ConflictError as error:
        messages.error(request, error.message)
        again = isinstance(error, UpgradeCostsOther) and request.method == "POST"  # a GET that led to itself might not end
        return redirect(edition_url(subscription_id, price_id) if again else reverse("billing:subscriptions"))
    return render(request, "billing/subscription_edition.html", context)


def _code_brought(request: HttpRequest, choice: Choice) -> str:
    """Return the code with which the buyer comes, if it counts where somebody subscribes: the address may say anything."""
    text, product = request.GET.get("code", ""), choice.price.product
    if not text:
        return ""
    try:
        found = try_code(text, product=product, request=request)
        require_usable(found, product=product, price=choice.price)
    except DiscountRefused:
        return ""
    return found.code


def _price_id(sent: str) -> UUID | None:
    """Return the price that was chosen; None without one, or where it is no id."""
    with suppress(ValueError):
        return UUID(sent)
    return None


def _shown(subscription: Subscription, choice: Choice, user: User) -> dict[str, object]:
    if not choice.larger:
        found = require_change(subscription=subscription, price=choice.price, actor=user)
        return {"choice": found, "paid": paid_with_code(subscription, found.price)}
    offer = offer_upgrade(subscription=subscription, price=choice.price, actor=user)
    return {"choice": choice, "offer": offer, "moment": int(offer.at.timestamp())}


def _change(request: HttpRequest, subscription: Subscription, choice: Choice, user: User) -> HttpResponse:
    if not choice.larger:
        plan_edition(subscription=subscription, price=choice.price, actor=user)
        said = gettext("{title} counts from the next period on. You can take that back until then.")
        messages.success(request, said.format(title=choice.title))
        return redirect("billing:subscriptions")
    at, shown = _moment(_number(request, "moment")), Money(_number(request, "charge"), subscription.currency)
    made = begin_upgrade(subscription=subscription, price=choice.price, actor=user, at=at, shown=shown)
    return _answer(request, made)


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError) as beyond:
        raise UpgradeCostsOther from beyond


def _number(request: HttpRequest, name: str) -> int:
    """Return what the form has sent back; one that was tampered with costs something else than was shown.

    Raises:
        UpgradeCostsOther: it is no number.
    """
    sent = request.POST.get(name, "")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= _LONGEST):
        raise UpgradeCostsOther
    return int(sent)


def _answer(request: HttpRequest, upgrade: Upgrade) -> HttpResponse:
    if upgrade.state == Upgrade.State.FAILED:
        messages.error(request, gettext(upgrade.why_failed))
    elif upgrade.state in {Upgrade.State.PAID, Upgrade.State.DONE}:
        said = gettext("You have {title} now. {money} was charged, and the receipt is on its way.")
        messages.success(request, said.format(title=upgrade.product_title, money=upgrade.charge_money))
    elif upgrade.pay_url:
        messages.info(request, gettext("Your bank wants you to confirm the payment. Until then nothing has changed."))
    return redirect("billing:subscriptions")


def _given_up(request: HttpRequest, upgrade: Upgrade) -> HttpResponse:
    """Say what came of giving it up: what was asked for is no error."""
    if upgrade.state != Upgrade.State.FAILED:
        return _answer(request, upgrade)
    messages.success(request, gettext(upgrade.why_failed))
    return redirect("billing:subscriptions")


@login_required
@require_POST
def subscription_keep(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Take back a change of the edition that does not count yet: one from the next period on, or one that was not paid."""
    user = signed_in(request)
    subscription = _own(user, subscription_id)
    try:
        given_up = give_up_upgrade(subscription=subscription, actor=user)
        if given_up is not None:
            return _given_up(request, given_up)
        if keep_edition(subscription=subscription, actor=user) is not None:
            messages.success(request, gettext("You keep {title}.").format(title=subscription.product_title))
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("billing:subscriptions")


def _own(user: User, subscription_id: UUID) -> Subscription:
    found = subscriptions_seen_by(user).filter(pk=subscription_id).first()
    if found is None:
        raise Http404
    found.product = with_current_prices(Product.objects.all()).select_related("namespace", "seller").get(pk=found.product_id)
    return found
