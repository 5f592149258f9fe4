"""Every rate limit and every number that bounds what one account, one address or one mailbox can make the shop write, mail, store or work.

`ACTS` are counted by `common.web.rate_limits`, at the addresses that `ROUTES` names. `NUMBERS` are defined where they are needed, and
listed here so that there is one list. docs/operations.md shows both; a test compares.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_noop

from accounts.organisations.services import invitations, organisations
from accounts.privacy.services import export
from accounts.robots import services
from accounts.sellers.services import renaming
from accounts.sessions import services as sessions
from billing.checkout.placing import MOST_PENDING
from billing.discounts.trying import GUESS
from common.web.rate_limits import UNLIMITED, Act, CountedIn, RateLimit, Whose, spoken
from marketplace.gifts.services import giving, uploads
from marketplace.products.services import limits
from marketplace.products.services.pictures import MOST_BYTES, MOST_PICTURES
from marketplace.products.services.unsaved import MOST_UNSAVED
from marketplace.reviews.services import MOST_EDITS
from registry_auth.token import failures
from registry_auth.token.endpoint import LARGEST_FORM

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MEGABYTE = 1024 * 1024


def _account(most: int, within: timedelta) -> RateLimit:
    return RateLimit(most, within, Whose.ACCOUNT, CountedIn.POSTGRESQL)


def _address(most: int, within: timedelta) -> RateLimit:
    return RateLimit(most, within, Whose.ADDRESS, CountedIn.POSTGRESQL)


def _mailbox(most: int, within: timedelta) -> RateLimit:
    return RateLimit(most, within, Whose.MAILBOX, CountedIn.POSTGRESQL)


def _work(account: int, address: int, within: timedelta = _MINUTE) -> tuple[RateLimit, RateLimit]:
    return RateLimit(account, within, Whose.ACCOUNT, CountedIn.REDIS), RateLimit(address, within, Whose.ADDRESS, CountedIn.REDIS)


ACTS: Final[dict[str, Act]] = {
    # What only costs work. Addresses are generous: an office or a train shares one.
    "write": Act(gettext_noop("Requests that change something"), _work(240, 240)),
    "search": Act(gettext_noop("Searches"), _work(120, 300)),
    "suggestions": Act(gettext_noop("Suggestions while somebody types"), _work(600, 1500)),
    "why": Act(gettext_noop("Questions why a pull is refused"), _work(60, 60)),
    "preview": Act(gettext_noop("Previews of a description"), _work(60, 60)),
    "sign_in": Act(gettext_noop("Sign-ins"), _work(60, 600, _HOUR)),
    "security_key.ask": Act(gettext_noop("Sign-ins with a security key begun"), (_address(60, _MINUTE),)),  # each begins a session
    # People and their credentials: each of these mails.
    "sign_up": Act(gettext_noop("New accounts"), (_mailbox(10, _HOUR), _address(100, _HOUR), _address(300, _DAY))),
    "account.mail": Act(gettext_noop("Mails with a link"), (_mailbox(10, _HOUR), _account(20, _HOUR), _address(60, _HOUR))),
    "account.change": Act(gettext_noop("Changes of an account"), (_account(60, _HOUR), _address(120, _HOUR))),
    "account.export": Act(gettext_noop("Archives of one's own data"), (_account(5, _DAY),)),
    "token.make": Act(gettext_noop("New access tokens"), (_account(20, _HOUR), _account(60, _DAY))),
    "token.revoke": Act(gettext_noop("Revoked access tokens"), (_account(200, _HOUR),)),
    "robot.make": Act(gettext_noop("New secrets of robots"), (_account(60, _HOUR),)),
    "organisation.found": Act(gettext_noop("New organisations"), (_account(10, _DAY),)),
    "organisation.change": Act(gettext_noop("Changes of organisations"), (_account(120, _HOUR),)),
    "invitation.answer": Act(gettext_noop("Answers to invitations"), (_account(60, _HOUR), _address(60, _HOUR))),
    # Names and products: each of these leaves rows.
    "namespace.choose": Act(gettext_noop("New namespaces"), (_account(10, _HOUR),)),
    "image.reserve": Act(gettext_noop("Reserved names"), (_account(60, _HOUR), _account(200, _DAY))),
    "image.release": Act(gettext_noop("Names given up"), (_account(100, _HOUR),)),
    "image.change": Act(gettext_noop("Changes of what an image shows"), (_account(200, _HOUR),)),
    "product.draft": Act(gettext_noop("New products"), (_account(30, _HOUR), _account(100, _DAY))),
    "product.keep": Act(gettext_noop("Unsaved texts kept while they are typed"), _work(60, 240)),
    "product.save": Act(gettext_noop("Saves of products"), (_account(240, _HOUR),)),
    "product.move": Act(gettext_noop("Products published or withdrawn"), (_account(60, _HOUR),)),
    "product.reach": Act(gettext_noop("Images for earlier buyers"), (_account(60, _HOUR), _account(200, _DAY))),
    "price.set": Act(gettext_noop("New prices"), (_account(60, _HOUR), _account(200, _DAY))),
    "price.announce": Act(gettext_noop("Prices announced to subscribers"), (_account(10, _DAY),)),  # each of them gets a mail
    "picture.add": Act(gettext_noop("New pictures"), (_account(60, _HOUR), _account(200, _DAY))),
    "picture.remove": Act(gettext_noop("Removed pictures"), (_account(200, _HOUR),)),
    # Each of these has us ask servers of whoever names them.
    "domain.check": Act(gettext_noop("Domains named, and checks of them asked for"), (_account(10, _HOUR), _account(40, _DAY))),
    # Words that others read.
    "review.write": Act(gettext_noop("Reviews and answers written"), (_account(30, _HOUR), _account(100, _DAY))),
    "report.make": Act(
        gettext_noop("Reports"), (_mailbox(5, _DAY), _account(20, _HOUR), _account(60, _DAY), _address(10, _HOUR), _address(30, _DAY))
    ),
    "report.appeal": Act(gettext_noop("Appeals"), (_account(10, _HOUR),)),
    # Documents: each is drawn while somebody waits.
    "document.draw": Act(gettext_noop("Invoices drawn as PDF"), _work(120, 600)),
    "document.archive": Act(gettext_noop("Archives of invoices"), _work(10, 60)),
    # Money: each of these asks Stripe.
    "buy": Act(gettext_noop("Purchases begun"), (_account(60, _HOUR),)),
    GUESS: Act(gettext_noop("Codes that do not exist"), (_account(20, _HOUR), _address(60, _HOUR), _address(200, _DAY))),
    "discount.change": Act(gettext_noop("Discounts made and changed"), (_account(60, _HOUR), _account(200, _DAY))),
    "offer.make": Act(gettext_noop("Offers"), (_mailbox(5, _DAY), _account(20, _HOUR), _account(60, _DAY))),
    "obtain": Act(gettext_noop("Free products taken"), (_account(120, _HOUR),)),
    "trial.start": Act(gettext_noop("Trials begun"), (_account(20, _HOUR), _account(60, _DAY))),
    "refund": Act(gettext_noop("Refunds given or taken"), (_account(60, _HOUR), _account(200, _DAY))),
    "subscription.preview": Act(gettext_noop("Questions what another edition costs"), (_account(120, _HOUR),)),
    "subscription.change": Act(gettext_noop("Changes of subscriptions"), (_account(60, _HOUR),)),
    # Gifts: each of these mails somebody who has not asked for it.
    "gift.give": Act(gettext_noop("Gifts made"), (_account(60, _HOUR), _mailbox(5, _DAY))),
    "gift.send": Act(gettext_noop("Gifts sent again or taken back"), (_account(120, _HOUR), _mailbox(5, _DAY))),
    "gift.upload": Act(gettext_noop("Files of gifts"), (_account(20, _HOUR),)),
    "gift.claim": Act(gettext_noop("Gifts claimed"), (_account(60, _HOUR), _address(60, _HOUR))),
    "payouts": Act(gettext_noop("Questions to Stripe about payouts"), (_account(20, _HOUR),)),
}

# "METHOD route" → act. An address that writes and needs no limit but that of every write says "write".
ROUTES: Final[dict[str, str]] = {
    "GET marketplace:search": "search",
    "GET marketplace:suggestions": "suggestions",
    "GET product-list": "search",
    "GET registry_auth:why": "why",
    "POST registry_auth:why": "why",
    "POST pull-diagnosis-list": "why",
    "POST marketplace:preview": "preview",
    "POST common:theme": "write",
    "POST common:language": "write",
    "POST common:currency": "write",
    "POST account_login": "sign_in",
    "POST account_logout": "write",
    "POST account_reauthenticate": "sign_in",
    "POST mfa_authenticate": "sign_in",
    "POST mfa_reauthenticate": "sign_in",
    "POST mfa_reauthenticate_webauthn": "sign_in",
    "GET mfa_login_webauthn": "security_key.ask",
    "HEAD mfa_login_webauthn": "security_key.ask",
    "POST mfa_login_webauthn": "sign_in",
    "POST account_confirm_login_code": "sign_in",
    "POST account_signup": "sign_up",
    "POST account_email": "account.mail",
    "POST account_reset_password": "account.mail",
    "POST account_email_verification_sent": "account.mail",
    "POST account_confirm_email": "account.change",
    "POST account_change_password": "account.change",
    "POST account_set_password": "account.change",
    "POST account_reset_password_from_key": "account.change",
    "POST mfa_activate_totp": "account.change",
    "POST mfa_deactivate_totp": "account.change",
    "POST mfa_generate_recovery_codes": "account.change",
    "POST mfa_download_recovery_codes": "account.change",
    "POST mfa_add_webauthn": "account.change",
    "POST mfa_remove_webauthn": "account.change",
    "POST mfa_edit_webauthn": "account.change",
    "POST marketplace:log_out_everywhere": "account.change",
    "POST marketplace:tokens": "token.make",
    "POST marketplace:pull_credential": "token.make",
    "POST access-token-list": "token.make",
    "POST marketplace:token_revoke": "token.revoke",
    "DELETE access-token-detail": "token.revoke",
    "POST marketplace:robots": "robot.make",
    "POST marketplace:robot_replace": "robot.make",
    "POST robot-list": "robot.make",
    "POST marketplace:robot_revoke": "token.revoke",
    "DELETE robot-detail": "token.revoke",
    "POST accounts:language": "account.change",
    "POST accounts:currency": "account.change",
    "POST accounts:session_end": "account.change",
    "POST accounts:data": "account.export",
    "POST accounts:account_delete": "account.change",
    "POST accounts:organisations": "organisation.found",
    "POST accounts:organisation": "organisation.change",
    "POST accounts:organisation_rename": "organisation.change",
    "POST accounts:organisation_close": "organisation.change",
    "POST accounts:organisation_leave": "organisation.change",
    "POST accounts:member_role": "organisation.change",
    "POST accounts:member_remove": "organisation.change",
    "POST accounts:invitation_withdraw": "organisation.change",
    "POST accounts:invitation_resend": "organisation.change",
    "POST accounts:invitation": "invitation.answer",
    "POST marketplace:start": "namespace.choose",
    "POST namespace-list": "namespace.choose",
    "POST marketplace:hand_over": "namespace.choose",
    "POST marketplace:reserve": "image.reserve",
    "POST image-list": "image.reserve",
    "POST marketplace:release": "image.release",
    "DELETE image-detail": "image.release",
    "PATCH image-detail": "image.change",
    "POST marketplace:image_feature": "image.change",
    "DELETE tag-detail": "image.change",
    "POST marketplace:remove_unreadable": "image.change",
    "POST marketplace:domain": "domain.check",
    "POST marketplace:domain_check": "domain.check",
    "POST marketplace:domain_remove": "write",
    "POST marketplace:product_new": "product.draft",
    "POST product-list": "product.draft",
    "POST marketplace:product_edit": "product.save",
    "PATCH product-detail": "product.save",
    "POST marketplace:keep_unsaved_new": "product.keep",
    "POST marketplace:keep_unsaved": "product.keep",
    "POST marketplace:discard_unsaved": "product.save",
    "POST marketplace:product_publish": "product.move",
    "POST product-publish": "product.move",
    "POST marketplace:product_withdraw": "product.move",
    "POST product-withdraw": "product.move",
    "POST marketplace:product_price": "price.set",
    "POST marketplace:product_trial": "price.set",
    "POST marketplace:product_reach": "product.reach",
    "POST price-list": "price.set",
    "POST marketplace:edition_new": "price.set",
    "POST edition-list": "price.set",
    "PATCH edition-detail": "price.set",
    "DELETE edition-detail": "product.save",
    "POST edition-move": "product.save",
    "POST marketplace:edition_edit": "price.set",
    "POST marketplace:edition_move": "product.save",
    "POST marketplace:edition_retire": "product.save",
    "POST marketplace:picture_add": "picture.add",
    "POST marketplace:picture_delete": "picture.remove",
    "POST marketplace:picture_move": "product.save",
    "POST marketplace:review": "review.write",
    "POST review-list": "review.write",
    "POST marketplace:review_answer": "review.write",
    "POST review-answer": "review.write",
    "POST marketplace:report": "report.make",
    "POST report-list": "report.make",
    "POST marketplace:report_appeal": "report.appeal",
    "POST billing:buy": "buy",
    "POST order-list": "buy",
    "POST billing:order_refund": "refund",
    "POST billing:seller_refund": "refund",
    "POST refund-list": "refund",
    "POST billing:seller_dispute": "write",
    "POST billing:offer": "buy",
    "POST billing:discount_new": "discount.change",
    "POST billing:discount_move": "discount.change",
    "POST discount-list": "discount.change",
    "POST discount-pause": "discount.change",
    "POST discount-resume": "discount.change",
    "POST discount-end": "discount.change",
    "POST billing:offer_new": "offer.make",
    "POST discount-offers": "offer.make",
    "POST marketplace:obtain": "obtain",
    "POST marketplace:updates_choose": "write",
    "POST marketplace:updates_unsubscribe": "write",
    "POST product-obtain": "obtain",
    "GET billing:document_pdf": "document.draw",
    "GET document-pdf": "document.draw",
    "GET billing:documents_zip": "document.archive",
    "POST billing:billing_details": "account.change",
    "POST billing:invoice_correct": "write",
    "POST marketplace:try_product": "trial.start",
    "POST trial-list": "trial.start",
    "POST marketplace:gifts": "gift.give",
    "POST gift-list": "gift.give",
    "POST marketplace:gifts_upload": "gift.upload",
    "POST marketplace:gift_change": "gift.send",
    "POST gift-revoke": "gift.send",
    "POST marketplace:gift": "gift.claim",
    "POST billing:give": "buy",
    "POST billing:gift": "gift.send",
    "POST billing:subscription_renewal": "subscription.change",
    "POST billing:subscription_card": "subscription.change",
    "GET billing:subscription_edition": "subscription.preview",
    "HEAD billing:subscription_edition": "subscription.preview",
    "POST billing:subscription_edition": "subscription.change",
    "POST billing:subscription_keep": "subscription.change",
    "POST billing:price_announce": "price.announce",
    "POST billing:payouts_connect": "payouts",
    "GET billing:payouts_return": "payouts",
    "GET billing:payouts_refresh": "payouts",
    "POST billing:stripe_connect_webhook": UNLIMITED,  # as the next
    "POST billing:stripe_webhook": UNLIMITED,  # nothing is kept of what Stripe has not signed, and Stripe comes from few addresses
}

# Other limits: what, how many, the setting if there is one, and where it is counted.
NUMBERS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("namespaces of a new seller", str(settings.LAYERSTORE_NAMESPACES_PER_SELLER), "LAYERSTORE_NAMESPACES_PER_SELLER", "rows"),
    ("megabytes of a seller's images", str(settings.LAYERSTORE_MEGABYTES_PER_SELLER), "LAYERSTORE_MEGABYTES_PER_SELLER", "rows"),
    ("images of a new namespace", str(settings.LAYERSTORE_IMAGES_PER_NAMESPACE), "LAYERSTORE_IMAGES_PER_NAMESPACE", "rows"),
    ("live access tokens of a user", str(settings.LAYERSTORE_TOKENS_PER_USER), "LAYERSTORE_TOKENS_PER_USER", "rows"),
    ("organisations that one user owns", str(settings.LAYERSTORE_ORGANISATIONS_PER_USER), "LAYERSTORE_ORGANISATIONS_PER_USER", "rows"),
    ("members of an organisation", str(settings.LAYERSTORE_MEMBERS_PER_ORGANISATION), "LAYERSTORE_MEMBERS_PER_ORGANISATION", "rows"),
    ("live robots of an organisation", str(services.MOST_ROBOTS), "", "rows"),
    ("new secrets of an organisation's robots in a day", str(services.NEW_A_DAY), "", "rows"),
    ("changes of roles of an organisation in a day", str(organisations.ROLE_CHANGES_A_DAY), "", "rows"),
    ("sign-ins that are kept of a user", str(sessions.MOST_KEPT), "", "rows"),
    ("mails on sign-ins from new devices to a user in a day", str(sessions.MAILS_A_DAY), "", "rows"),
    ("megabytes of an archive of one's own data", str(export.MOST_BYTES // _MEGABYTE), "", "worker"),
    ("new names of an organisation in a day", str(renaming.NAMES_A_DAY), "", "rows"),
    ("open invitations of an organisation", str(invitations.OPEN_AT_ONCE), "", "rows"),
    ("invitations from an organisation, and from a user, in a day", str(invitations.A_DAY_FROM_ONE), "", "rows"),
    ("invitations to one mailbox in a day", str(invitations.A_DAY_TO_ONE), "", "rows"),
    ("unpaid purchases of a user", str(MOST_PENDING), "", "rows"),
    ("gifts of a seller in a day", str(giving.A_DAY), "", "rows"),
    ("gifts in a day of a seller whom Stripe does not know", str(giving.A_DAY_UNKNOWN), "", "rows"),
    ("gifts to one mailbox in a day", str(giving.A_DAY_TO_ONE), "", "rows"),
    ("gifts in a file", str(uploads.MOST_LINES), "", "request"),
    ("products of a seller", str(limits.PRODUCTS), "", "rows"),
    ("unsaved texts of a seller", str(MOST_UNSAVED), "", "rows"),
    ("pictures of a seller's products", str(limits.PICTURES), "", "rows"),
    ("megabytes of texts of a seller's products", str(limits.TEXT_MEGABYTES), "", "rows"),
    ("pictures of a product", str(MOST_PICTURES), "", "rows"),
    ("edits of a review", str(MOST_EDITS), "", "rows"),
    ("megabytes of an uploaded picture", str(MOST_BYTES // _MEGABYTE), "", "request"),
    ("megabytes of a request without its files", str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE // _MEGABYTE), "", "request"),
    ("kilobytes of a form at the token endpoint", str(LARGEST_FORM // 1024), "", "request"),
    ("requests to the API, by user", settings.LAYERSTORE_API_RATES["user"], "LAYERSTORE_API_RATE", "Redis"),
    (f"attempts with one wrong registry credential in {failures.WINDOW_MINUTES} minutes", str(failures.REPEATS.amount), "", "Redis"),
    (f"wrong registry credentials of one address in {failures.WINDOW_MINUTES} minutes", str(failures.DIFFERENT.amount), "", "Redis"),
    *((f"sign-in pages: {name.replace('_', ' ')}", rate, "", "Redis") for name, rate in settings.ACCOUNT_RATE_LIMITS.items()),
)


def documented() -> Iterator[str]:
    """Yield the lines of the tables in docs/operations.md."""
    for act in ACTS.values():
        most: dict[tuple[Whose, CountedIn], list[str]] = {}
        for limit in act.limits:
            most.setdefault((limit.whose, limit.counted_in), []).append(f"{limit.most} in {spoken(limit.within)}")
        for (whose, counted_in), bounds in most.items():
            yield f"| {act.words} | {whose} | {', '.join(bounds)} | {counted_in} |"
    for what, most_of_it, setting, where in NUMBERS:
        yield f"| {what} | {most_of_it} | {f'`{setting}`' if setting else ''} | {where} |"
