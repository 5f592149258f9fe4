"""No page can be forgotten: every address of the URL configuration is looked at, or it stands here why not."""

from functools import cache

import pytest

from tests.browser.pages import PAGES
from tests.support.routes import Route, site_routes

SENT = "takes a form and sends on"
DATA = "answers with data, not with a page"
MOVED = "sends on to another page"
READ_ONLY = "rows are not added or deleted by hand: 403"
EXCUSED = {
    "accounts:invitation_resend": SENT,
    "accounts:invitation_withdraw": SENT,
    "accounts:member_remove": SENT,
    "accounts:member_role": SENT,
    "accounts:organisation_leave": SENT,
    "accounts:session_end": SENT,
    "accounts:data_archive": DATA,
    "marketplace:log_out_everywhere": SENT,
    "marketplace:token_revoke": SENT,
    "account_confirm_login_code": "codes by mail are switched off: sends on to the door",
    "account_set_password": "every account has a password: sends on to changing it",
    "admin:autocomplete": DATA,
    "admin:jsi18n": DATA,
    "admin:login": MOVED,
    "admin:logout": SENT,
    "admin:password_change": MOVED,
    "admin:password_change_done": "is reached from Django's form alone, which sends on to ours",
    "admin:view_on_site": MOVED,
    "billing:buy": SENT,
    "billing:discount_move": SENT,
    "billing:document_pdf": DATA,
    "billing:documents_csv": DATA,
    "billing:documents_zip": DATA,
    "billing:invoice_correct": SENT,
    "billing:order_invoice": MOVED,
    "billing:payouts_connect": SENT,
    "billing:payouts_refresh": MOVED,
    "billing:payouts_return": MOVED,
    "billing:statement_csv": DATA,
    "billing:stripe_connect_webhook": DATA,
    "billing:stripe_webhook": DATA,
    "billing:subscription_card": MOVED,
    "billing:subscription_keep": SENT,
    "billing:subscription_renewal": SENT,
    "accounts:language": SENT,
    "accounts:currency": SENT,
    "common:language": SENT,
    "common:currency": SENT,
    "common:theme": MOVED,
    "gallery:frame": "is a mail, in a frame of the gallery",
    "gallery:mails": "is for those who write mails, and not there in production",
    "marketplace:availability": DATA,
    "marketplace:cover": "is a picture",
    "marketplace:figures_csv": DATA,
    "marketplace:outlook_csv": DATA,
    "marketplace:edition_move": SENT,
    "marketplace:edition_retire": SENT,
    "marketplace:gift": "is where the link of a gift leads, which is looked at",
    "marketplace:gifts_csv": DATA,
    "marketplace:gifts_upload": "shows the list of gifts again, which is looked at",
    "marketplace:image_feature": SENT,
    "marketplace:image_tags": "is a part of the image page, which is looked at",
    "marketplace:image_pulls_csv": DATA,
    "marketplace:obtain": SENT,
    "marketplace:try_product": SENT,
    "marketplace:discard_unsaved": SENT,
    "marketplace:domain_check": SENT,
    "marketplace:domain_remove": SENT,
    "marketplace:keep_unsaved": DATA,
    "marketplace:keep_unsaved_new": DATA,
    "marketplace:picture": "is a picture",
    "marketplace:picture_add": "shows the editor again, which is looked at",
    "marketplace:picture_delete": SENT,
    "marketplace:picture_move": SENT,
    "marketplace:preview": DATA,
    "marketplace:preview_picture": "is a picture",
    "marketplace:product_reach": SENT,
    "marketplace:product_price": "shows the editor again, which is looked at",
    "marketplace:product_trial": "shows the editor again, which is looked at",
    "marketplace:product_publish": SENT,
    "marketplace:product_withdraw": SENT,
    "marketplace:release": SENT,
    "marketplace:suggestions": DATA,
    "marketplace:remove_unreadable": SENT,
    "marketplace:robots_txt": DATA,
    "marketplace:sitemap": DATA,
    "marketplace:sitemap_part": DATA,
    "marketplace:updates_choose": SENT,
    "mfa_download_recovery_codes": DATA,
    "mfa_login_webauthn": DATA,
    "schema": DATA,
}


@cache
def looked_at() -> set[str]:
    """Return the names of the addresses that are looked at: resolved once for all tests, not before one of them runs."""
    return {page.route for page in PAGES}


def excuse(route: Route) -> str:
    """Return why an address is not looked at, or nothing."""
    if route.name in {"", "admin:"}:
        return MOVED  # old addresses, and Django's own catch-all
    if route.pattern.startswith("api/v1/"):
        return DATA
    if route.name.startswith("admin:") and route.name.endswith(("_add", "_delete")):
        return READ_ONLY
    if route.name.startswith("admin:") and route.name.endswith("_history"):
        return "one template for all: looked at for orders"
    return EXCUSED.get(route.name, "")


@pytest.mark.parametrize("route", site_routes(), ids=str)
def test_every_page_is_looked_at(route: Route) -> None:
    assert route.name in looked_at() or excuse(route), f"{route.pattern}: put it into PAGES of tests/browser, or say here why not"


def test_no_excuse_is_left_over() -> None:
    assert EXCUSED.keys() - {route.name for route in site_routes()} == set()


def test_pictures_do_not_overwrite_each_other() -> None:
    names = [page.name for page in PAGES]

    assert len(set(names)) == len(names)
