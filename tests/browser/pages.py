"""Every page that people can see, once in each of its states."""

import time

from playwright.sync_api import Page as Tab

from tests.browser.money_pages import MONEY
from tests.browser.page import Page, press, submit, submit_too_old, unfold
from tests.browser.world import World
from tests.factories.accounts import PASSWORD
from tests.support.routes import site_routes


def _make_token(tab: Tab, world: World) -> None:
    tab.get_by_label("Name", exact=True).fill("laptop")
    press("Create token")(tab, world)


def _make_robot(tab: Tab, world: World) -> None:
    number = f"build-{time.time_ns()}"  # the page is opened again in each width and light, and a name is taken once
    tab.get_by_label("Name", exact=True).fill(number)
    press("Create robot")(tab, world)


def _invite_nobody(tab: Tab, world: World) -> None:
    form = tab.locator("main form:has([name=email])")
    form.evaluate("form => { form.noValidate = true; }")
    with tab.expect_navigation():
        form.get_by_role("button").click()


PUBLIC = (
    Page("home", "/"),
    Page("search", "/search/"),
    Page("search-second", "/search/?page=2"),
    Page("search-words", "/search/?q=redis"),
    Page("search-filtered", "/search/?q=for+teams&category=databases&price=free"),
    Page("search-nothing", "/search/?q=nothing-that-anybody-sells-here"),
    Page("search-long", "/search/?q={long_slug}"),
    Page("how", "/how-it-works/"),
    Page("help-docker", "/help/docker/"),
    Page("why", "/why/"),
    Page("help-kubernetes", "/help/kubernetes/"),
    Page("help-ci", "/help/ci/"),
    Page("why-faulty", "/why/", status=422, way=submit(image="No Image")),
    Page("why-answered", "/why/", "newcomer", way=submit(image="tidewater/redis-steady")),
    Page("category", "/categories/databases/"),
    Page("category-empty", "/categories/{empty_category}/"),
    Page("shop", "/tidewater"),
    Page("shop-empty", "/{bare_shop}"),
    Page("shop-long", "/{long_namespace}"),
    Page("product", "/tidewater/redis-steady"),
    Page("product-bundle", "/tidewater/shelf"),
    Page("product-free", "/lanternworks/quiet-edge"),
    Page("product-tags", "/northlight/several"),
    Page("product-long", "/{long_namespace}/{long_slug}"),
    Page("reviews", "/tidewater/redis-steady/reviews/"),
    Page("reviews-empty", "/northlight/several/reviews/"),
    Page("reviews-long", "/{long_namespace}/{long_slug}/reviews/"),
    Page("report", "/help/report/product/{product}/"),
    Page("report-faulty", "/help/report/product/{product}/", status=400, way=submit(details="", email="no address")),
)
BUYING = (
    Page("menu", "/", "jonas", way=unfold(".menu summary")),
    Page("product-to-buy", "/tidewater/redis-steady", "newcomer"),
    Page("product-by-the-month-with-a-code", "/northlight/by-the-month?code=FIRST3", "newcomer"),
    Page("product-to-get", "/lanternworks/quiet-edge", "newcomer"),
    Page("product-held", "/tidewater/redis-steady", "jonas"),
    Page("product-own", "/tidewater/redis-steady", "mara"),
    Page("product-draft", "/tidewater/soon", "mara"),
    Page("review", "/library/reviews/{product}/", "newcomer"),
    Page("review-edit", "/library/reviews/{product}/", "jonas"),
    Page("review-faulty", "/library/reviews/{product}/", "jonas", 400, submit(text="")),
    Page("report-signed-in", "/help/report/review/{review}/", "newcomer"),
    Page("library", "/library/", "jonas"),
    Page("pull-credential", "/library/credential/", "jonas"),
    Page("pull-credential-empty", "/library/credential/", "newcomer"),
    Page("pull-credential-faulty", "/library/credential/", "jonas", 400, submit(name="")),
    Page("product-to-buy-for-a-team", "/tidewater/working-days", "owner"),
    Page("product-the-team-has", "/tidewater/redis-steady", "owner"),
    Page("product-to-get-for-a-team", "/lanternworks/quiet-edge", "owner"),
    Page("product-for-a-team-long", "/{long_namespace}/{long_slug}", "owner"),
    Page("library-of-a-team", "/library/", "owner"),
    Page("library-of-who-buys", "/library/", "kept-by-the-books"),
    Page("orders-of-a-team", "/orders/", "owner"),
    Page("orders-of-a-team-alone", "/orders/?buyer=steadfast", "owner"),
    Page("orders-of-a-team-empty", "/orders/?buyer=without-robots", "owner"),
    Page("order-of-a-team", "/orders/{team_order}/", "owner"),
    Page("order-of-who-buys", "/orders/{team_order}/", "kept-by-the-books"),
    Page("library-empty", "/library/", "newcomer"),
    Page("library-long", "/library/", "longest"),
    Page("unsubscribe", "/library/updates/unsubscribe?key={unsubscribe_key}"),
    Page("orders", "/orders/", "jonas"),
    Page("orders-empty", "/orders/", "newcomer"),
    Page("orders-long", "/orders/", "longest"),
    Page("order", "/orders/{order}/", "jonas"),
    *(
        Page(f"order-{state.replace('_', '-')}", f"/orders/{{order_{state}}}/", "jonas")
        for state in ("pending", "partially_refunded", "refunded", "disputed", "charged_back", "expired", "failed")
    ),
    Page("order-long", "/orders/{long_order}/", "longest"),
    Page("offer", "/billing/offers/{offer}/", "jonas"),
    Page("offer-over", "/billing/offers/{offer_over}/", "jonas"),
    Page("product-with-a-code", "/tidewater/working-days?code=AUTUMN", "newcomer"),
    Page("product-with-a-wrong-code", "/tidewater/working-days?code=WINTER"),
    Page("return-cancelled", "/billing/return/{order_pending}/?cancelled=1", "jonas"),
    Page("return-waiting", "/billing/return/{order_pending}/", "jonas"),
)
SELLING = (
    Page("start", "/selling/start/", "newcomer"),
    Page("start-faulty", "/selling/start/", "newcomer", 400, submit(name="Not A Name", display_name="")),
    Page("dashboard", "/selling/", "mara"),
    Page("dashboard-by-day", "/selling/?by=day&currency=usd&trend=pulls", "mara"),
    Page("dashboard-by-week", "/selling/?by=week&product={product}", "mara"),
    Page("stuck", "/selling/stuck/", "ida"),
    Page("stuck-empty", "/selling/stuck/", "beginner"),
    Page("dashboard-empty", "/selling/", "beginner"),
    Page("dashboard-of-a-team", "/selling/?seller=harbour-works", "mara"),
    Page("dashboard-of-an-editor", "/selling/?seller=harbour-works", "jonas"),
    Page("hand-over", "/selling/namespaces/{namespace}/hand-over", "mara"),
    Page("hand-over-faulty", "/selling/namespaces/{namespace}/hand-over", "mara", 400, submit(typed="another")),
    Page("dashboard-long", "/selling/", "longest"),
    Page("reserve", "/selling/reserve/", "mara"),
    Page("reserve-first", "/selling/reserve/", "beginner"),
    Page("reserve-faulty", "/selling/reserve/", "mara", 422, submit(name="No Name")),
    Page("image", "/selling/images/{image}/", "mara"),
    Page("image-tip", "/selling/images/{image}/", "mara", way=unfold("details.tip")),
    Page("image-unpushed", "/selling/images/{unpushed_image}/", "mara"),
    Page("image-long", "/selling/images/{long_image}/", "longest"),
    Page("product-new", "/selling/products/new/", "mara"),
    Page("product-new-without-images", "/selling/products/new/", "beginner"),
    Page("product-new-faulty", "/selling/products/new/", "mara", 400, submit(title="", slug="No Slug")),
    Page("product-edit", "/selling/products/{product}/", "mara"),
    Page("product-edit-draft", "/selling/products/{draft}/", "mara"),
    Page("product-edit-suspended", "/selling/products/{suspended}/", "mara"),
    Page("product-edit-long", "/selling/products/{long_product}/", "longest"),
    Page("product-edit-long-draft", "/selling/products/{long_draft}/", "longest"),
    Page("product-edit-unsaved", "/selling/products/{draft}/?unsaved={unsaved}", "mara"),
    Page("domain", "/selling/domain/", "mara"),
    Page("domain-none", "/selling/domain/", "beginner"),
    Page("domain-faulty", "/selling/domain/", "beginner", 422, submit(domain="not a domain")),
    Page("seller-orders", "/selling/orders/", "mara"),
    Page("seller-orders-empty", "/selling/orders/", "beginner"),
    Page("seller-orders-long", "/selling/orders/", "longest"),
    Page("discounts", "/selling/discounts/", "mara"),
    Page("discounts-empty", "/selling/discounts/", "beginner"),
    Page("discount-new", "/selling/discounts/new/", "mara"),
    Page("discount-new-faulty", "/selling/discounts/new/", "mara", 422, submit(code="no code!", products="acme/nothing")),
    Page("offer-new", "/selling/offers/new/", "mara"),
    Page("review-answer", "/selling/reviews/{review}/answer", "mara"),
    Page("payouts", "/selling/payouts/", "mara"),
    Page("payouts-not-connected", "/selling/payouts/", "beginner"),
    Page("payouts-waiting", "/selling/payouts/", "waiting"),
)
ACCOUNT = (
    Page("sign-in", "/account/login/"),
    Page("sign-in-faulty", "/account/login/", way=submit(login="nobody", password="not the password")),
    Page("sign-up", "/account/signup/"),
    Page("sign-up-faulty", "/account/signup/", way=submit(email="no address", username="No Name", password1="short")),
    Page("check-your-mail", "/account/confirm-email/"),
    Page("confirm-mail", "/account/confirm-email/{confirmation}/"),
    Page("confirm-mail-ended", "/account/confirm-email/ended/"),
    Page("password-reset", "/account/password/reset/"),
    Page("password-reset-sent", "/account/password/reset/done/"),
    Page("password-reset-key", "/account/password/reset/key/{reset}/"),
    Page("password-reset-key-ended", "/account/password/reset/key/1-ended/"),
    Page("password-reset-finished", "/account/password/reset/key/done/"),
    Page("inactive", "/account/inactive/"),
    Page("sign-out", "/account/logout/", "jonas"),
    Page("settings", "/account/", "jonas"),
    Page("settings-long", "/account/", "longest"),
    Page("email", "/account/email/", "jonas"),
    Page("email-unconfirmed", "/account/email/", "unconfirmed"),
    Page("email-long", "/account/email/", "longest"),
    Page("password-change", "/account/password/change/", "jonas"),
    Page("password-change-faulty", "/account/password/change/", "jonas", way=submit(oldpassword="wrong", password1="short")),
    Page("reauthenticate", "/account/reauthenticate/", "jonas"),
    Page("reports", "/account/reports/", "jonas"),
    Page("reports-about-me", "/account/reports/", "mara"),
    Page("reports-empty", "/account/reports/", "newcomer"),
    Page("report-appeal", "/account/reports/{report}/", "mara"),
    Page("report-appeal-granted", "/account/reports/{report_granted}/", "mara"),
    Page("tokens", "/account/tokens/", "jonas"),
    Page("tokens-empty", "/account/tokens/", "newcomer"),
    Page("tokens-long", "/account/tokens/", "longest"),
    Page("token-made", "/account/tokens/", "longest", way=_make_token),
    Page("token-for-images", "/account/tokens/", "jonas", way=unfold(".more summary")),
    Page("robots", "/account/organisations/steadfast/robots/", "owner"),
    Page("robots-member", "/account/organisations/steadfast/robots/", "jonas"),
    Page("robots-empty", "/account/organisations/without-robots/robots/", "owner"),
    Page("robots-faulty", "/account/organisations/steadfast/robots/", "owner", 422, submit(name="No Name")),
    Page("robot-made", "/account/organisations/{long_organisation}/robots/", "owner", way=_make_robot),
    Page("robot-replace", "/account/organisations/steadfast/robots/{robot}/replace", "owner"),
    Page("robot-revoke", "/account/organisations/steadfast/robots/{robot}/revoke", "owner"),
    Page("organisations", "/account/organisations/", "jonas"),
    Page("organisations-empty", "/account/organisations/", "newcomer"),
    Page("organisations-invited", "/account/organisations/", "beginner"),
    Page("organisations-long", "/account/organisations/", "owner"),
    Page("organisations-faulty", "/account/organisations/", "owner", 400, submit(name="</b>", handle="No Handle")),
    Page("organisation", "/account/organisations/steadfast/", "owner"),
    Page("organisation-member", "/account/organisations/steadfast/", "jonas"),
    Page("organisation-rename", "/account/organisations/steadfast/name", "owner"),
    Page("organisation-rename-faulty", "/account/organisations/steadfast/name", "owner", 400, submit(name="</b>")),
    Page("organisation-close", "/account/organisations/without-robots/close", "owner"),
    Page("organisation-close-not-yet", "/account/organisations/harbour-works/close", "mara"),
    Page("sessions", "/account/sessions/", "jonas"),
    Page("data", "/account/data/", "jonas"),
    Page("account-delete", "/account/delete/", "newcomer"),
    Page("account-delete-not-yet", "/account/delete/", "mara"),
    Page("organisation-long", "/account/organisations/{long_organisation}/", "owner"),
    Page("organisation-faulty", "/account/organisations/steadfast/", "owner", 400, _invite_nobody),
    Page(
        "organisation-refused",
        "/account/organisations/steadfast/",
        "owner",
        409,
        press("Leave steadfast"),
        lands="accounts:organisation_leave",
    ),
    Page("invitation", "/account/invitations/?key={invitation_key}", lands="accounts:invitation"),
    Page("invitation-mine", "/account/invitations/{invitation}/", "beginner"),
    Page("invitation-of-another", "/account/invitations/?key={invitation_key}", "newcomer", lands="accounts:invitation"),
    Page("invitation-of-ones-own", "/account/invitations/?key={invitation_key}", "owner", lands="accounts:invitation"),
    Page("invitation-long", "/account/invitations/?key={long_invitation_key}", lands="accounts:invitation"),
    Page("invitation-over", "/account/invitations/?key={ended_invitation_key}", status=410, lands="accounts:invitation"),
    Page("invitation-unknown", "/account/invitations/?key=none", status=404),
    Page("second-factor", "/account/2fa/", "jonas"),
    Page("second-factor-on", "/account/2fa/", "guarded"),
    Page("second-factor-asked", "/account/2fa/authenticate/", way=submit(login="guarded", password=PASSWORD)),
    Page("second-factor-again", "/account/2fa/reauthenticate/", "guarded"),
    Page("totp-on", "/account/2fa/totp/activate/", "jonas"),
    Page("totp-off", "/account/2fa/totp/deactivate/", "guarded"),
    Page("recovery-codes", "/account/2fa/recovery-codes/", "guarded"),
    Page("recovery-codes-new", "/account/2fa/recovery-codes/generate/", "guarded"),
    Page("keys", "/account/2fa/webauthn/", "guarded"),
    Page("key-add", "/account/2fa/webauthn/add/", "guarded"),
    Page("key-again", "/account/2fa/webauthn/reauthenticate/", "guarded"),
    Page("key-edit", "/account/2fa/webauthn/keys/{webauthn}/edit/", "guarded"),
    Page("key-remove", "/account/2fa/webauthn/keys/{webauthn}/remove/", "guarded"),
)
ERRORS = (
    Page("error-400", "/search/?" + "a&" * 1001, status=400),
    Page("error-403", "/admin/", "newcomer", status=403),
    Page("error-403-form", "/account/password/reset/", status=403, way=submit_too_old()),
    Page("error-404", "/nobody/nothing", status=404),
    Page("error-404-signed-in", "/orders/0190a000-0000-7000-8000-000000000000/", "jonas", status=404),
    Page("error-405", "/language", status=405),
    Page("error-405-signed-in", "/account/sessions/0190a000-0000-7000-8000-000000000000/end", "jonas", status=405),
    Page("error-404-long", "/nobody/{long_slug}", status=404),
)
SANDBOX = (
    Page("sandbox", "sandbox:/sandbox/"),
    Page("sandbox-missing", "sandbox:/nothing", status=404),
    Page("mailbox", "sandbox:/mailbox/"),
    Page("mailbox-empty", "sandbox:/mailbox/?to=nobody@example.test"),
    Page("mail", "sandbox:/mailbox/{mail}"),
    Page("checkout", "sandbox:/c/pay/{checkout}"),
    Page("checkout-faulty", "sandbox:/c/pay/{checkout}", status=422, way=submit(card="4")),
    Page("checkout-declined", "sandbox:/c/pay/{checkout}", way=press("Decline")),
    Page("checkout-second-step", "sandbox:/c/pay/{checkout}", way=submit(card="4000 0000 0000 3155")),
    Page("checkout-paid", "sandbox:/c/pay/{checkout_paid}"),
    Page("checkout-expired", "sandbox:/c/pay/{checkout_expired}"),
    Page("connect", "/selling/payouts/", "halfway", way=press("Stripe")),
)
API = (Page("api", "/api/docs/"),)


def _admin_pages() -> list[Page]:
    """The list and one row of every model, as the URL configuration has them."""
    pages = [Page("admin", "/admin/", "ines", shop=False)]
    for route in site_routes():
        model, _, kind = route.name.rpartition("_")
        name = f"admin-{model.partition('_')[2]}"
        if model.startswith("admin:") and kind == "changelist":
            pages.append(Page(f"{name}s", f"/{route.pattern}", "ines", shop=False))
        elif model.startswith("admin:") and kind == "change" and route.parameters:
            pages.append(Page(name, "/" + route.pattern.replace("<path:object_id>", f"{{{model.replace(':', '_')}}}"), "ines", shop=False))
    apps = ("accounts", "audit", "billing", "marketplace", "outbox", "registry_auth")
    return [*pages, *(Page(f"admin-of-{app}", f"/admin/{app}/", "ines", shop=False) for app in apps)]


ADMIN = (
    *_admin_pages(),
    Page("admin-history", "/admin/billing/order/{order}/history/", "ines", shop=False),
    # An act is asked for on the row's page and answered where acts on several rows are: at the list.
    Page(
        "admin-act",
        "/admin/accounts/sellerprofile/{admin_accounts_sellerprofile}/change/",
        "ines",
        way=press("Suspend"),
        lands="admin:accounts_sellerprofile_changelist",
        shop=False,
    ),
    Page("admin-books-of-a-seller", "/admin/billing/ledgertransaction/?seller={admin_accounts_sellerprofile}", "ines", shop=False),
    # A row whose name has no place to break.
    Page(
        "admin-act-on-a-digest",
        "/admin/marketplace/manifest/{admin_marketplace_manifest}/change/",
        "ines",
        way=press("Describe again"),
        lands="admin:marketplace_manifest_changelist",
        shop=False,
    ),
)
PAGES = (*PUBLIC, *BUYING, *SELLING, *MONEY, *ACCOUNT, *ERRORS, *SANDBOX, *API, *ADMIN)
