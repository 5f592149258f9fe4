"""What each role of staff sees and does in the admin, asked of every address of it: the rights below and no others.

The addresses come from the URL configuration, and the acts from the admin itself: a new table or act is closed to all roles until it is
named here and in a migration.
"""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from accounts.people.models import User
from accounts.people.services import give_role
from audit.models import AuditEvent
from common.admin.overview import PANELS, panels_for
from common.ids import new_id
from marketplace.entitlements.credential_facts import find_credential_facts
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.models import Image
from marketplace.resale.models import ResaleFlag
from marketplace.search.models import KnownWord, Synonym
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.billing import DiscountFactory, DisputeFactory, PaidOrderFactory, RefundFactory, StripeEventFactory
from tests.factories.marketplace import ImageFactory, ReportFactory, ReviewFactory, digest_of
from tests.support.routes import Route, site_routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("refusals_of_status_alone")]
SEES = {
    "support": {
        *("accounts.user", "accounts.account", "accounts.membership", "accounts.invitation", "accounts.sellerprofile", "audit.auditevent"),
        *("accounts.accesstoken", "outbox.outgoingmail", "marketplace.namespace", "marketplace.image", "marketplace.tag"),
        *("marketplace.manifest", "marketplace.product", "marketplace.price", "marketplace.entitlement", "marketplace.pullcount"),
        *("billing.disputeevidence", "billing.transferreversal", "marketplace.buyerpull", "billing.subscription"),
        *("billing.document", "billing.priceannouncement", "billing.pricechange", "billing.upgrade"),
        *("billing.order", "billing.refund", "billing.dispute", "marketplace.review", "marketplace.gift"),
        *("marketplace.trial", "marketplace.growth"),
    },
    "finance": {
        *("accounts.account", "accounts.sellerprofile", "marketplace.product", "marketplace.price", "marketplace.entitlement"),
        *(
            "marketplace.dailyfigures",
            "marketplace.gift",
            "marketplace.trial",
            "marketplace.revenueoutlook",
            "marketplace.countoutlook",
            "billing.difference",
            "billing.discount",
            "billing.dispute",
            "billing.disputeevidence",
            "billing.transferreversal",
            "marketplace.buyerpull",
            "billing.document",
            "billing.order",
            "billing.refund",
            "billing.statement",
            "billing.statementline",
            "billing.stripeevent",
            "billing.subscription",
            "billing.ledgertransaction",
            "billing.payout",
            "billing.priceannouncement",
            "billing.pricechange",
            "billing.upgrade",
        ),
    },
    "moderation": {
        *("accounts.account", "accounts.sellerprofile", "audit.auditevent", "marketplace.namespace", "marketplace.image"),
        *("marketplace.product", "marketplace.tag", "marketplace.manifest", "marketplace.price", "marketplace.category"),
        *("marketplace.pullcount", "marketplace.pullersketch", "marketplace.productviews", "marketplace.report"),
        *("marketplace.resaleflag", "marketplace.review", "marketplace.knownword", "marketplace.synonym"),
    },
}
ACTS = {
    "support": {"accounts.accesstoken", "outbox.outgoingmail"},
    "finance": {
        *(
            "billing.difference",
            "billing.discount",
            "billing.dispute",
            "billing.order",
            "billing.payout",
            "billing.refund",
            "billing.statement",
        ),
        *("billing.stripeevent", "billing.subscription", "billing.upgrade", "billing.pricechange"),
    },
    "moderation": {
        *("accounts.sellerprofile", "marketplace.namespace", "marketplace.image", "marketplace.product", "marketplace.report"),
        *("marketplace.resaleflag", "marketplace.review", "marketplace.knownword", "marketplace.synonym"),
    },
}
# What a role makes by a form of its own, with a reason.
MAKES = {"support": set(), "finance": {"billing.discount"}, "moderation": set()}
# Rows of other tables on the page of a row.
PARTS_SEEN = {
    "support": {"accounts.shopdomain", "marketplace.reviewversion"},
    "finance": {"accounts.feeterms", "billing.ledgerentry"},
    "moderation": {"accounts.shopdomain", "marketplace.reviewversion"},
}
PANELS_SEEN = {
    "support": ["Mail", "People", "Pulls", "Sales"],
    "finance": ["Books", "Money that waits", "Sales", "Top shops"],
    "moderation": ["Pulls", "Reports", "Resale flags"],
}
MODELS = {model._meta.label_lower: model for model in admin.site._registry}
OF_MODELS = {
    f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}": (label, page)
    for label, model in MODELS.items()
    for page in ("changelist", "add", "history", "delete", "change")
}
# Pages that every member of staff has: the index, which lists what they may see, and what Django's own scripts ask for.
EVERYBODYS = {"admin:index", "admin:login", "admin:logout", "admin:password_change", "admin:password_change_done", "admin:jsi18n"}
ASKED_BY_ROW = {"admin:view_on_site", "admin:autocomplete", "admin:app_list", "admin:"}  # of rows and models, refused below
ADMIN = [route for route in site_routes() if route.name.startswith("admin:")]


@pytest.fixture(params=SEES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def member(role: str) -> User:
    return give_role(user=UserFactory(), role=role)


@pytest.fixture
def client(member: User) -> Client:
    client = Client()
    client.force_login(member)
    return client


def test_each_role_is_a_group_and_each_address_is_known() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(SEES)
    assert {route.name for route in ADMIN} <= OF_MODELS.keys() | EVERYBODYS | ASKED_BY_ROW
    assert set.union(*SEES.values()) <= MODELS.keys()


def test_a_role_opens_the_lists_and_pages_that_it_needs_and_no_others(role: str, client: Client) -> None:
    answers = {route.name: client.get(address_of(route)).status_code for route in ADMIN if route.name in OF_MODELS}

    wrong = {}
    for name, status in answers.items():
        label, page = OF_MODELS[name]
        sees = label in (MAKES[role] if page == "add" else SEES[role]) and page != "delete"
        # A row that does not exist: whoever may see the table is led back to its index; a history looks for its row first.
        expected = (200 if page in ("changelist", "add") else 302) if sees or page == "history" else 403
        if status != expected:
            wrong[name] = status
    assert wrong == {}


def address_of(route: Route) -> str:
    return reverse(route.name, kwargs={"object_id": new_id()} if "object_id" in route.parameters else {})


def test_a_role_is_offered_the_acts_that_it_needs_and_no_others(role: str, member: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = member

    offered = {label for label, model in MODELS.items() if admin.site._registry[model].get_actions(request)}

    assert offered == ACTS[role]


def test_a_role_sees_the_rows_of_other_tables_that_it_needs_and_no_others(role: str, member: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = member

    shown = {
        part.model._meta.label_lower
        for label in SEES[role]
        for part in admin.site._registry[MODELS[label]].get_inline_instances(request)
        if part.has_view_permission(request)
    }

    assert shown == PARTS_SEEN[role]


def rows() -> list[Model]:
    """Rows of tables that staff act on, as many as there are kinds of refusal."""
    order = PaidOrderFactory()
    image = order.product.images.get()
    made = [order, RefundFactory(), DisputeFactory(), StripeEventFactory(), image, order.product, order.seller, image.namespace]
    made += [ReportFactory(product=order.product), ReviewFactory(product=order.product, bought=False), resale_flag(image)]
    made += [DiscountFactory(seller=order.seller)]
    made += [KnownWord.objects.create(word="zebra", products=1), Synonym.objects.create(words=["zebra", "zebras"])]
    return [*made, AccessTokenFactory(), UserFactory(), order.buyer, image.entitlements.get()]


def resale_flag(image: Image) -> ResaleFlag:
    digest = digest_of("layer")
    return ResaleFlag.objects.create(image=image, digest=digest, origin=ImageFactory(), origin_digest=digest, layers=[digest], size=1)


def test_no_act_of_another_role_is_taken_and_nothing_changes(role: str, client: Client) -> None:
    refused = [row for row in rows() if row._meta.label_lower not in ACTS[role]]
    assert refused
    before = [type(row)._default_manager.filter(pk=row.pk).values().get() for row in refused]
    trail = AuditEvent.objects.count()

    for row in refused:
        model_admin = admin.site._registry[type(row)]
        name, sees = f"admin:{row._meta.app_label}_{row._meta.model_name}", row._meta.label_lower in SEES[role]
        address = reverse(f"{name}_changelist")
        for page in ("change", "history"):
            assert client.get(reverse(f"{name}_{page}", args=[row.pk])).status_code == (200 if sees else 403)
        assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        assert client.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
        for act in model_admin.actions or ():
            sent = {"action": act, "_selected_action": row.pk, "index": 0, "act_confirmed": "yes", "reason": "spite"}
            answer = client.post(address, sent)
            assert answer.status_code == (200 if sees else 403)

    assert [type(row)._default_manager.filter(pk=row.pk).values().get() for row in refused] == before
    assert AuditEvent.objects.count() == trail


def test_a_role_is_led_to_no_page_that_it_may_not_open(role: str, client: Client) -> None:
    seen = [row for row in rows() if row._meta.label_lower in SEES[role]]
    for row in seen:
        AuditEvent.objects.create(
            actor=UserFactory(), action="x.done", target_type=row._meta.label_lower, target_id=row.pk, target_label="It"
        )
    names = [f"admin:{row._meta.app_label}_{row._meta.model_name}" for row in seen]
    pages = [reverse(f"{name}_change", args=[row.pk]) for name, row in zip(names, seen, strict=True)]
    pages += [reverse(f"{name}_changelist") for name in {*names, *(["admin:audit_auditevent"] if "audit.auditevent" in SEES[role] else [])}]
    led_to = {}
    for page in pages:
        for address in re.findall(r'href="(/admin/[a-z]+/[a-z]+/[^"?]*)', client.get(page).content.decode()):
            led_to[OF_MODELS[resolve(address).view_name][0]] = page

    assert set(led_to) >= {row._meta.label_lower for row in seen}
    assert {label: page for label, page in led_to.items() if label not in SEES[role]} == {}


def test_a_role_sees_the_panels_of_what_it_may_see(role: str, client: Client, member: User) -> None:
    assert [title for title, _ in panels_for(member)] == PANELS_SEEN[role]

    html = client.get("/admin/").content.decode()
    assert [title for title in sorted(each.title for each in PANELS) if f"<h2>{title}</h2>" in html] == PANELS_SEEN[role]


def test_a_role_has_no_rights_in_the_registry(member: User) -> None:
    image = PaidOrderFactory().product.images.get()
    token = AccessTokenFactory(user=member)
    everybody_in_charge = UserFactory(staff=True)

    assert allowed_actions(subject=Subject.of(member), repositories=[image.repository]) == {image.repository: frozenset()}
    facts = find_credential_facts(token.secret, repositories=[image.repository])
    assert facts
    assert not facts.credential.is_staff
    assert Action.DELETE in allowed_actions(subject=Subject.of(everybody_in_charge), repositories=[image.repository])[image.repository]
