"""Rows beside the real sale, so that every state of every page is there: long names, orders of every state, full lists, empty accounts.

Runs inside the stack (`manage.py shell`), for the tests themselves never touch its database.
"""

import json
import time
from datetime import timedelta
from functools import cache
from pathlib import Path
from unittest.mock import patch

from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY, AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.userkit import user_id_to_str
from allauth.account.models import EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.domains.models import ShopDomain
from accounts.people.models import User
from accounts.tokens.models import AccessToken, TokenScope
from billing.orders.models import Order
from billing.refunds.models import Refund
from common.ids import new_id
from marketplace.covers.services import draw_outdated_covers
from marketplace.images.models import Image
from marketplace.insights.models import DailyFigures, ProductViews, PullerSketch
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.insights.services import add_up_pulls
from marketplace.products.models import Category, Product, UnsavedText
from marketplace.products.services.descriptions import render_outdated_descriptions
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.search.services import count_known_words
from marketplace.updates.models import UpdateSubscription
from marketplace.updates.selectors import unsubscribe_key
from registry_auth.upkeep.holds import begin_hold, end_hold
from registry_auth.upkeep.models import Reconciliation, RegistryHold, RepositoryTrouble
from tests.browser.discount_rows import discounts
from tests.browser.gift_rows import gifts
from tests.browser.journey_rows import BUYERS, journeys
from tests.browser.money_rows import money
from tests.browser.opinions import opinions
from tests.browser.organisation_rows import FAR, robots, selling_team
from tests.browser.security_keys import security_key
from tests.browser.subscription_rows import subscriptions
from tests.browser.trial_rows import trials
from tests.factories.accounts import (
    AccessTokenFactory,
    SellerFactory,
    UserFactory,
)
from tests.factories.billing import DifferenceFactory, DisputeFactory, OrderFactory, PaidOrderFactory, RefundFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    ImageFactory,
    LayerListFactory,
    ManifestFactory,
    NamespaceFactory,
    ProductFactory,
    PullCountFactory,
    PullerSketchFactory,
    PushedImageFactory,
    TagFactory,
    expired_days_ago,
    layer,
)

LONG_NAMESPACE = "a-namespace-of-exactly-forty-characters1"
LONG_IMAGE = "an-image-whose-name-is-as-long-as-the-registry-allows-it-to-be-" + "x" * 65
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LONG_TAG = "2026.11.22-" + "0123456789abcdef" * 7
LONG_PAGE = f"""# {LONG_WORD}

{LONG_WORD * 3} and https://example.test/{"path/" * 40}

| {" | ".join(f"column{number}" for number in range(14))} |
|{"---|" * 14}
| {" | ".join("unbroken" * 3 for _ in range(14))} |

```sh
docker run --rm -it {" ".join(f"--env VARIABLE_{number}=value{number}" for number in range(30))}
```

1. first
   - {LONG_WORD}

> {LONG_WORD * 2}

`{"inline_code_without_a_single_space_" * 6}`

![a picture from elsewhere](https://elsewhere.test/picture.png)
"""


# All have the same password, and the shop's own hasher takes a quarter of a second of processor time for each.
@patch("django.contrib.auth.base_user.make_password", cache(make_password))
@transaction.atomic
def write(target: str) -> None:
    """Make the rows and write to the file what the tests need of them: sessions and ids."""
    call_command("make_staff", "ines")
    names = {**shelves(), **long_names(), **purchases(), **discounts(), **accounts()}
    names |= robots(long_word=LONG_WORD, long_image=LONG_IMAGE) | selling_team() | window()
    names |= opinions(LONG_WORD)
    names |= money(names, LONG_WORD)
    names |= gifts(LONG_WORD) | journeys() | subscriptions(LONG_WORD)
    trials(LONG_WORD)
    subscription = UpdateSubscription.objects.create(user=User.objects.get(username="jonas"), product=Product.objects.order_by("pk")[0])
    names["unsubscribe_key"] = unsubscribe_key(subscription)
    pulls()
    figures()
    DifferenceFactory()
    begin_hold(kind=RegistryHold.Kind.COLLECTION)
    end_hold(checked=12, removed_blobs=3, freed=48_000_000)
    draw_outdated_covers()
    add_up_pulls()
    refresh_search_entries()
    count_known_words()
    render_outdated_descriptions(most=1_000)
    people = (
        "jonas",
        "mara",
        "ines",
        "ida",
        "newcomer",
        "beginner",
        "waiting",
        "halfway",
        "guarded",
        "longest",
        "unconfirmed",
        "maker",
        "owner",
        "kept-by-the-books",
        *BUYERS,
    )
    for model in admin.site._registry:
        first = model._default_manager.order_by("pk").first()
        names[f"admin_{model._meta.app_label}_{model._meta.model_name}"] = str(first.pk) if first else ""
    sessions = {username: session_of(User.objects.get(username=username)) for username in people}
    Path(target).write_text(json.dumps({"names": names, "sessions": sessions}))


def session_of(user: User) -> str:
    """Sign in as if with the password in an hour, so that no page asks for it again however long the tests take."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() + 3600, "reauthenticated": True}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
    session.save()
    return str(client.cookies["layerstore_session"].value)


def shelves() -> dict[str, str]:
    """Enough products for a second page of results, in every category, by a seller of their own."""
    namespace = NamespaceFactory(name="northlight", seller=SellerFactory(user=UserFactory(username="ida"), display_name="Northlight Tools"))
    words = ("beacon", "cellar", "drift", "ember", "fathom", "gauge", "harbour", "inlet", "jetty", "keel", "lagoon", "mooring")
    for number, word in enumerate(words):
        layers = [layer(f"{word} {position}", 40_000 * 4**position) for position in range(3 + number % 6)]
        image = PushedImageFactory(namespace=namespace, name=word, pushed=layers)
        category = Category.objects.order_by("position")[number % Category.objects.count()]
        fields = {"category": category, "licence_name": "One company", "licence_text": "Use it.", "description": "Works.\n\n- well\n- fast"}
        make = FreeProductFactory if number % 4 == 0 else ProductFactory
        title, summary = f"{word.title()} for teams", "Keeps what it is given, and gives it back in the same order."
        make(namespace=namespace, slug=word, title=title, summary=summary, images=[image], **fields)
    bare = NamespaceFactory(name="bareshop", seller=SellerFactory(user=UserFactory(username="bo"), display_name="Bare shop"))
    several = ImageFactory(namespace=namespace, name="several")
    for number in range(5):
        manifest = ManifestFactory(image=several, platforms=["linux/amd64", "linux/arm64"], size=9_000_000 * (number + 1))
        LayerListFactory(manifest=manifest, layers=[layer(f"several {number}")])
        TagFactory(image=several, name=f"{number}.0", manifest=manifest)
    ProductFactory(
        namespace=namespace, slug="several", title="Several tags", images=[several], price__amount=129_900, price__currency="usd"
    )
    return {"bare_shop": bare.name}


def long_names() -> dict[str, str]:
    """A seller, an image and a page whose every name is as long as it may be, without a place to break; and the same person as a buyer."""
    user = UserFactory(username="longest")
    User.objects.filter(pk=user.pk).update(email=f"{'long.address.' * 4}x@{'sub.' * 40}example.test")
    user.account.name = "W" * 80
    user.account.save()
    namespace = NamespaceFactory(name=LONG_NAMESPACE, seller=SellerFactory(user=user, display_name="D" * 80))
    layers = [layer("long base"), layer("long", 900_000_000, "RUN " + "very-long-command-" * 6)]
    image = PushedImageFactory(namespace=namespace, name=LONG_IMAGE, pushed=layers)
    TagFactory(image=image, name=LONG_TAG, manifest=ManifestFactory(image=image, platforms=[f"linux/arm/v{n}" for n in range(9)]))
    unpushed = ImageFactory(namespace=namespace, name="y" * 128)
    ImageFactory(namespace=namespace, name="ended", **expired_days_ago(3))
    words = {"title": "T" * 80, "summary": "S" * 200, "description": LONG_PAGE, "licence_name": "L" * 80, "licence_text": LONG_WORD * 20}
    product = ProductFactory(namespace=namespace, slug=LONG_IMAGE, images=[image, PushedImageFactory(namespace=namespace)], **words)
    draft = DraftProductFactory(namespace=namespace, slug="draft", title="d" * 80, images=[unpushed], price=False)
    AccessTokenFactory(user=user, name="N" * 80)
    PullCountFactory(image=image, tag=LONG_TAG, platform="p" * 80, buyer=user.account, count=10**12)
    order = PaidOrderFactory(product=product, placed_by=user, due_at=timezone.now() + FAR)
    return {"long_product": str(product.pk), "long_image": str(image.pk), "long_draft": str(draft.pk), "long_order": str(order.pk)} | {
        "long_namespace": LONG_NAMESPACE,
        "long_slug": LONG_IMAGE,
    }


def pulls() -> None:
    """A month of pulls of every tag and platform, by buyers and by others; and a repair."""
    today = timezone.now().date()
    Reconciliation.objects.create(ended_at=timezone.now(), written=3, removed=1, problem="The registry answered 503.")
    for image in Image.objects.filter(pull_counts__isnull=False).distinct():  # as many as can be
        for period in PullerSketch.Period:
            PullerSketchFactory(image=image, period=period, begins=period.of(today), distinct=10**12)
    for image in Image.objects.filter(owner__user__username="mara", first_pushed_at__isnull=False):
        holders = [entitlement.holder for entitlement in image.entitlements.all()]
        for ago in range(0, 30, 2):
            buyer = holders[ago % len(holders)] if holders and ago % 3 else None
            platform, tag = ("linux/amd64", "linux/arm64")[ago % 3 > 1], f"1.{ago % 12}"
            PullCountFactory(image=image, day=today - timedelta(days=ago), tag=tag, platform=platform, buyer=buyer, count=3 + ago * 7 % 40)


def figures() -> None:
    """A year of figures of a seller, of one product and of the shop: growing, weekly, in two currencies, with refunds."""
    seller = User.objects.get(username="mara").account.seller
    product = Product.objects.get(namespace__name="tidewater", slug="redis-steady")
    yesterday = timezone.now().date() - timedelta(days=1)
    ProductViews.objects.create(product=product, day=yesterday, count=40)
    rows = []
    for ago in range(380):
        day, busy = yesterday - timedelta(days=ago), (380 - ago) // 20 + (ago % 7 < 5) * 6
        counted = {"pulls": busy * 9, "views": busy * 7, "pullers": busy, "pullers_of_week": busy * 4, "pullers_of_month": busy * 9}
        euros = {"paid": busy * 490, "orders": busy // 9, "checkouts": busy // 5, "first_pulls": busy // 10, "refunds": ago % 31 == 0}
        dollars = {"paid": 900 * (ago % 5 == 0), "orders": ago % 5 == 0, "checkouts": ago % 5 == 0}
        for whose in ({"seller": seller, "product": product}, {"seller": seller}, {}):
            rows.append(DailyFigures(**whose, day=day, **counted))
            rows.append(DailyFigures(**whose, day=day, currency="eur", refunded=490 * euros["refunds"], **euros))
            rows.append(DailyFigures(**whose, day=day, currency="usd", **dollars))
    DailyFigures.objects.bulk_create(rows, ignore_conflicts=True)
    note_series(first=yesterday, last=yesterday)
    renew_outlooks(until=yesterday)


def purchases() -> dict[str, str]:
    """Orders of the buyer in every state, beside the one really paid; tokens in every state; a library with all that can become of a grant."""
    jonas, now = User.objects.get(username="jonas"), timezone.now()
    products = list(Product.objects.filter(namespace__name="northlight", prices__amount__gt=0).order_by("slug"))
    later = {"placed_by": jonas, "due_at": now + FAR}
    names = {}
    for state, product in zip(Order.State, products, strict=False):
        if state in {Order.State.PENDING, Order.State.EXPIRED, Order.State.FAILED}:
            closed = None if state == Order.State.PENDING else now
            order = OrderFactory(product=product, state=state, closed_at=closed, **later)
        else:
            order = PaidOrderFactory(product=product, **later, paid_with="card ending 4242")
            closed = now if state in {Order.State.REFUNDED, Order.State.CHARGED_BACK} else None
            part = {Order.State.REFUNDED: order.amount, Order.State.PARTIALLY_REFUNDED: 120}.get(state, 0)
            Order.objects.filter(pk=order.pk).update(state=state, closed_at=closed, refunded_amount=part, refund_requested_amount=part)
        names[f"order_{state.value}"] = str(order.pk)
    refunded = Order.objects.get(pk=names["order_refunded"])
    RefundFactory(order=refunded, amount=refunded.amount, state=Refund.State.SUCCEEDED, settled_at=now, stripe_refund_id="re_1")
    DisputeFactory(order=Order.objects.get(pk=names["order_disputed"]), respond_by=now + timedelta(days=5))
    trouble = RepositoryTrouble(image=ImageFactory(namespace=NamespaceFactory(name="unreadable")), job=RepositoryTrouble.Job.RECONCILE)
    trouble.attempts, trouble.last_error, trouble.due_at = 3, "answers 500", now + FAR
    trouble.save()
    over = jonas.account.entitlements.filter(source_id__in=(names["order_refunded"], names["order_charged_back"]))
    over.update(revoked_at=now, revocation_reason="Refunded.")
    jonas.account.entitlements.filter(source_id=names["order_disputed"]).update(suspended_at=now)
    EntitlementFactory(holder=jonas.account, image=ImageFactory(namespace=NamespaceFactory(name="unpushed")))
    AccessTokenFactory(user=jonas, name="old server", scopes=[TokenScope.PULL], revoked_at=now - timedelta(days=2))
    AccessTokenFactory(user=jonas, name="trial", scopes=[TokenScope.PULL, TokenScope.API], expires_at=now - timedelta(hours=5))
    AccessToken.objects.filter(user=jonas, name="server").update(last_used_at=now - timedelta(minutes=3))
    kim = UserFactory(username="kim")
    for number in range(30):  # the seller's second page
        OrderFactory(product=products[number % 6], placed_by=kim, state=Order.State.PAID, paid_at=now, due_at=now + FAR)
    return names


def accounts() -> dict[str, str]:
    """People at the beginning, half way, and with a second factor; a product that staff has suspended."""
    UserFactory(username="newcomer")
    UserFactory(username="unscripted")
    UserFactory(username="keyed")
    maker = AccessTokenFactory(user=UserFactory(username="maker"))
    unconfirmed = UserFactory(username="unconfirmed", verified=False)
    confirmation = EmailConfirmationHMAC.create(unconfirmed.emailaddress_set.get())
    for username, account in (("beginner", None), ("halfway", None), ("waiting", "acct_waiting")):
        NamespaceFactory(seller=SellerFactory(user=UserFactory(username=username), stripe_account_id=account, **not_connected()))
    guarded = UserFactory(username="guarded")
    TOTP.activate(guarded, generate_totp_secret())
    RecoveryCodes.activate(guarded)
    key = Authenticator.objects.create(
        user=guarded, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key", "credential": security_key()}
    )
    mara = User.objects.get(username="mara")
    namespace = mara.account.namespaces.get()
    unpushed = Image.objects.filter(namespace=namespace, first_pushed_at=None).first() or ImageFactory(namespace=namespace, name="next-one")
    state = {"state": Product.State.SUSPENDED, "suspension_reason": "The licence text was copied from somebody else."}
    suspended = ProductFactory(
        namespace=namespace, slug="copied", title="Copied", images=[PushedImageFactory(namespace=namespace)], **state
    )
    ready = PushedImageFactory(namespace=namespace, name="soon")
    draft = DraftProductFactory(namespace=namespace, slug="soon", title="Soon", images=[ready])
    return {"suspended": str(suspended.pk), "draft": str(draft.pk), "unpushed_image": str(unpushed.pk), "webauthn": str(key.pk)} | {
        "maker_token": maker.secret,
        "confirmation": confirmation.key,
        "reset": f"{user_pk_to_url_str(unconfirmed)}-{default_token_generator.make_token(unconfirmed)}",
    }


def window() -> dict[str, str]:
    """A category without products, a verified domain, a draft that was saved since another tab began to write, and pictures in an order."""
    Category.objects.create(slug="lighthouses", name="Lighthouses", position=99)
    mara = User.objects.get(username="mara").account.seller
    now = timezone.now()
    ShopDomain.objects.create(
        seller=mara, domain="tidewater.dev", token="0" * 32, seen_at=now, seen_by="dns", checked_at=now, due_at=now + FAR
    )
    draft = Product.objects.get(seller=mara, slug="soon")
    Product.objects.filter(pk=draft.pk).update(revision=3)
    typed = {"title": ["Soon, and better"], "slug": ["soon"], "description": ["Another text.\n\nOf two lines."]}
    unsaved = UnsavedText.objects.create(seller=mara, product=draft, tab=new_id(), revision=2, typed=typed)
    UnsavedText.objects.create(seller=mara, product=draft, tab=new_id(), revision=3, typed=typed)
    return {"empty_category": "lighthouses", "unsaved": str(unsaved.tab)}


def not_connected() -> dict[str, object]:
    """A seller whom Stripe does not know."""
    return {"display_name": "Beginning", "charges_enabled": False, "payouts_enabled": False, "details_submitted": False}
