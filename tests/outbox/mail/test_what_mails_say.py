"""What each mail of the shop must say, in text and HTML, and in its subject."""

import re

import pytest

from accounts.organisations.models import Role
from config.gallery.examples import EXAMPLES, KEY_LINK, LINK
from tests.outbox.mail.reading import KINDS, rendered

NAME = "Harbour <& Sons>"
PRODUCT = "Postgres <slim>"
WHEN = "23 November 2026, 09:05 UTC"
SAID: list[tuple[str, str, list[str]]] = [
    ("access_ending", "", [WHEN, "layerstore.test:8080/acme/db", "/library/"]),
    ("access_ending", "of an organisation", ["R&D Team", WHEN, "you are an owner"]),
    ("edition_planned", "", [f"{PRODUCT}, Standard", "€24.00 each period", "23 November 2026"]),
    ("edition_planned", "with a code", ["Your code AUTUMN", "you pay €19.20"]),
    ("upgrade_failed", "", [f"No change to {PRODUCT}, Pro", "was not confirmed in time", "€19.00 as before"]),
    (
        "subscription_ending",
        "",
        [f"The subscription to {PRODUCT} ends on 23 November 2026", "Its buyer asked for it by mail.", "pulled until"],
    ),
    (
        "gift",
        "paid for",
        [NAME, "has paid for", PRODUCT, "Happy <birthday> & so on.", KEY_LINK, WHEN, "for whoever claims it first", "for good"],
    ),
    ("gift", "paid for, no message", ["has paid for"]),
    ("gift", "of the seller, for a time", ["its seller", f"until {WHEN}"]),
    ("gift", "put into a library", ["nothing to claim", "/library/"]),
    ("gift_ended", "", [NAME, PRODUCT, "The payment for this gift was refunded.", "within 6 minutes", "/acme/db"]),
    ("gift_ended", "a minute", ["within 1 minute."]),
    (
        "gift_to_pass_on",
        "",
        ["whoever claims it first has it", PRODUCT, KEY_LINK, WHEN, "/orders/00000000-0000-0000-0000-000000000001/gift"],
    ),
    ("gift_unclaimed", "by mail", [PRODUCT, "kim@harbour.example", WHEN, "claim it yourself", "refund"]),
    ("gift_unclaimed", "to pass on", ["that you got"]),
    ("receipt", "a gift", ["as a gift", "kim@harbour.example"]),
    ("receipt", "a gift to pass on", ["in another mail"]),
    ("refund", "a gift", ["whoever claimed it can pull for at most 6 more minutes"]),
    ("refund", "a gift, a minute", ["at most 1 more minute."]),
    ("refund", "a gift, in part", ["It was a gift, which stays."]),
    ("sales_stopped", "", ["Acme & Co", "You may connect another.", LINK]),
    ("email_confirmation_signup", "", ["Welcome, mira-k", KEY_LINK]),
    ("email_confirmation", "", ["mira-k", KEY_LINK]),
    ("password_reset_key", "", ["mira-k", KEY_LINK]),
    ("unknown_account", "", [LINK]),
    ("account_already_exists", "", [KEY_LINK]),
    ("account_changed", "", ["Your password was changed.", WHEN, "203.0.113.9", "<Mozilla/5.0>", "/account/password/reset/"]),
    ("token_created", "", ["R&D laptop", "lsp_…x9Yz", "registry:pull, api", WHEN, "/account/tokens/"]),
    ("token_created", "for some images, for good", ["you revoke it", "acme/db, acme/db-backup"]),
    (
        "token_created",
        "a robot",
        ["A robot was created for Acme & Co by mira-k", "acme+ci", "all of them", "/account/organisations/acme/robots/"],
    ),
    ("token_created", "a robot's new secret", ["A new secret was created for Acme & Co by mira-k"]),
    ("token_ending", "never used", ["R&D laptop", "lsp_…x9Yz", WHEN, "never", "/account/tokens/"]),
    ("token_ending", "in use", [WHEN, "replace this one wherever it is used"]),
    ("token_ending", "a robot", ["A robot of Acme & Co ends soon", "acme+ci", WHEN, "/account/organisations/acme/robots/"]),
    (
        "receipt",
        "",
        [
            "docker pull layerstore.test:8080/acme/db",
            "docker pull layerstore.test:8080/acme/db-backup",
            "1A2B3C",
            "€19.00",
            "Acme & Co",
            "4242",
            LINK,
        ],
    ),
    ("receipt", "of an organisation", [f"R&D Team has {PRODUCT}", "Everything that R&D Team owns", "mira-k", LINK]),
    ("receipt", "with a code", ["€25.00", "Discount AUTUMN", "−€6.00", "€19.00"]),
    ("receipt", "a period", ["Period", "1 May 2026 to 31 May 2026"]),
    ("receipt", "by an offer", ["Offer to you", "−€6.00"]),
    ("offer", "", ["Acme & Co offers it to you", PRODUCT, "€19.00", "€15.00", WHEN, "kim@harbour.example", LINK]),
    ("offer", "to an account", ["for this account"]),
    ("offer", "to an organisation", ["Acme & Co offers it to R&D Team"]),
    ("price_change", "", ["The price of", "instead of €19.00", "€24.00", "cancel before"]),
    ("price_change", "of an organisation", ["the subscription of R&D Team costs €24.00 instead of €19.00", "cancel before"]),
    ("price_change", "taken back", ["stays as it is", "each period still costs €19.00."]),
    ("subscription_failed", "", ["€19.00", "until 23 November", LINK]),
    ("subscription_failed", "access is over", ["cannot be pulled any more", LINK]),
    ("subscription_failed", "seller without an account", ["so nothing was charged", "until 23 November", LINK]),
    ("subscription_failed", "seller without an account, access is over", ["so nothing was charged", "cannot be pulled by it any more"]),
    ("subscription_failed", "of an organisation", ["the subscription of R&D Team"]),
    ("trial_started", "", [PRODUCT, WHEN, "docker pull layerstore.test:8080/acme/db", "no card", "/library/"]),
    ("trial_started", "of an organisation", ["R&D Team is trying", "one of its robots", "you are an owner"]),
    ("trial_ending", "", [PRODUCT, WHEN, "acme/db", "It costs €19.00, once", "nothing is charged", "/acme/db"]),
    ("trial_ending", "of a subscription", ["It costs €19.00 each month", "days left are added"]),
    ("trial_ending", "of an organisation, no longer sold", ["R&D Team", "not for sale at the moment"]),
    ("trial_ended", "", [PRODUCT, WHEN, "acme/db", "You owe nothing", "it costs €19.00", "/acme/db"]),
    ("trial_ended", "of an organisation", ["The trial of R&D Team ended"]),
    ("trial_ended", "early, no longer sold", ["before its time: It was a second account.", "not for sale"]),
    ("subscription_ended", "", ["not charged for it any more", "failed several times", "cannot be pulled by it any more", LINK]),
    ("subscription_ended", "paid for a while", ["until 23 November"]),
    ("subscription_ended", "by the shop", ["Why it ended: A period of it was given back.", "until 23 November"]),
    ("subscription_ended", "of an organisation", ["R&D Team is not charged"]),
    ("refund", "", ["€5.00", "your order 1A2B3C", "6 more minutes", LINK]),
    ("refund", "a minute", ["at most 1 more minute,"]),
    ("refund", "by the shop", ["Its seller had been suspended.", "This payment added nothing to your library"]),
    ("refund", "of an organisation", ["€5.00", "the order 1A2B3C of R&D Team", "unless R&D Team owns them in another way", LINK]),
    (
        "refund",
        "of an organisation, by the shop",
        ["Paid too late. Its seller had been suspended.", "This payment added nothing to the library of R&D Team"],
    ),
    ("dispute", "", ["€19.00", "1A2B3C", "fraudulent", "needs_response", WHEN, "dp_1Q8", "€5.00 of it refunded", LINK]),
    ("dispute", "reminder", ["has no answer yet"]),
    ("dispute", "final and unknown", ["The bank accepts no answer", "does not know that state"]),
    ("dispute_of_purchase", "disputed", ["The bank of the card or account that paid order 1A2B3C", PRODUCT, LINK]),
    ("dispute_of_purchase", "charged_back", ["Pull access has ended", "You can buy it again at any time."]),
    ("dispute_of_purchase", "paid", ["Pull access is back", "can be pulled again"]),
    ("dispute_of_sale", "", ["A dispute over €19.00", "order 1A2B3C", "We answer the bank for you", WHEN, "Acme & Co", LINK]),
    ("dispute_of_sale", "inquiry", ["It has taken nothing so far", "The bank accepts no answer."]),
    ("dispute_of_sale", "lost", ["is lost", "taken back from your balance at Stripe", "The bank’s fee for the dispute is ours."]),
    ("dispute_of_sale", "won", ["The money stays with you."]),
    ("debit", "pending", ["€19.00", "1A2B3C", PRODUCT, "do not pay a second time", LINK]),
    ("debit", "failed", ["You owe nothing", "with a card for example", LINK]),
    ("payout_returned", "", ["€441.00", "The bank account <DE00> has been closed.", "nothing is lost", LINK]),
    ("payout_returned", "a debit", ["€441.00", "The bank account <DE00> has been closed.", "from your next sales", LINK]),
    ("refund_failed", "", ["€5.00", "1A2B3C", "owe it to you", LINK]),
    ("refund_of_sale", "", ["€5.00", "1A2B3C", PRODUCT, "You have given it back.", "Your balance has paid it", LINK]),
    ("refund_of_sale", "in part, by staff", ["Our staff have given it back.", "pull access is as it was"]),
    ("refund_of_sale", "by the buyer", ["nothing had been pulled"]),
    ("refund_of_sale", "after one that failed", ["Your balance has paid nothing for it this time."]),
    ("refund_of_sale_failed", "", ["€5.00", "nothing is taken from it a second time", LINK]),
    ("refund_refused", "", [f"You keep {PRODUCT}", "€5.00", "pull access goes on", "Acme & Co may give you the money back", LINK]),
    (
        "invitation",
        "member",
        ["olu", NAME, "harbour", "Member", Role.MEMBER.meaning, KEY_LINK, WHEN, "kim@harbour.example"],
    ),
    ("invitation_accepted", "", ["mira-k", NAME, "olu", "kim@harbour.example", Role.BILLING.meaning, LINK]),
    ("membership_changed", "by a member", ["olu gave you", NAME, "Owner", Role.OWNER.meaning, LINK]),
    ("membership_changed", "by staff", ["The staff of Layerstore gave you"]),
    ("membership_ended", "", [NAME, "harbour", "at most 6 more minutes", "stays with it"]),
    ("membership_ended", "pulled nothing", ["You were removed"]),
    ("owner_added", "by a member", ["olu made", "mira-k", NAME, LINK]),
    ("owner_added", "by staff", ["The staff of Layerstore made"]),
    (
        "robots_known",
        "",
        ["mira-k", "is no longer an owner of", NAME, "harbour+ci", "lsp_…x9Yz", f"replaced, ends {WHEN}", "/organisations/harbour/robots/"],
    ),
    ("report_answer", "upheld", [f"the product {PRODUCT}", "We agree with you.", "Thank you & well done.", LINK]),
    ("report_answer", "dismissed, no account", ["leave it as it is", "It is what its page says."]),
    ("report_answer", "after an appeal", [f"the product {PRODUCT}", "decided otherwise", LINK]),
    (
        "report_decision",
        "upheld",
        [f"The product {PRODUCT} was reported to us: Malware, or does harm.", "We agree with the report.", "It mines coins & more.", LINK],
    ),
    ("report_decision", "dismissed", ["leave it as it is", "You need not do anything."]),
    ("report_decision", "appeal granted", ["We have changed it.", "You were right & we were not.", LINK]),
    ("report_decision", "appeal rejected", ["We stand by it."]),
    ("namespace_handed_over", "", ["mira-k", "acme", NAME, "Buyers keep what they have", LINK]),
    ("organisation_renamed", "", ["mira-k", "Harbour <& Son>", NAME, "harbour", LINK]),
    ("organisation_closed", "by a member", ["olu closed", NAME, "harbour", "robots are revoked"]),
    ("organisation_closed", "by staff", ["The staff of Layerstore closed"]),
    ("new_device", "203.0.113.9", ["mira-k", "Firefox on Linux", "203.0.113.9", WHEN, LINK, KEY_LINK]),
    ("new_device", "no address", ["unknown"]),
    ("export_ready", "", ["for 7 days", LINK]),
    ("export_ready", "a day", ["for 1 day,"]),
    ("reservation_expiring", "", ["acme/db", "23 November 2026", "docker push layerstore.test:8080/acme/db", LINK]),
    (
        "new_versions",
        "",
        [
            PRODUCT,
            "docker pull layerstore.test:8080/acme/db:17.2",
            "17.2, latest (moved: latest)",
            "sha256:4f53cda",
            "sha256:abab",
            "no longer arm64",
            "9.5 MB, before 8.0 MB",
            "And 3 more.",
            f"{LINK}&stop=1",
        ],
    ),
    ("new_versions", "a new tag, withdrawn", ["acme/db-backup:1.0", "none named", "Unsubscribe"]),
    (
        "product_grown",
        "",
        [PRODUCT, "docker pull layerstore.test:8080/acme/db", "Acme & Co gives you the new image too", LINK, "Unsubscribe"],
    ),
    ("product_grown", "withdrawn", [PRODUCT, "Unsubscribe"]),
    ("receipt", "with a credit", ["€25.00", "Credit for what was bought before", "−€6.00", "€19.00"]),
    ("reservation_ended", "", ["acme/db", "/selling/reserve/"]),
]
SUBJECTS = [
    ("dispute", "", "Answer by 23 November: dispute over €19.00, order 1A2B3C"),
    ("dispute", "reminder", "Reminder: answer by 23 November: dispute over €19.00, order 1A2B3C"),
    ("dispute", "final and unknown", "Dispute over €19.00, order 1A2B3C"),
    ("dispute", "final, reminder", "Reminder: dispute over €19.00, order 1A2B3C"),
    ("offer", "", f"Acme & Co offers you {PRODUCT} for €15.00"),
    ("new_versions", "", f"New versions of {PRODUCT}"),
    ("product_grown", "", f"{PRODUCT} now contains acme/db"),
    ("new_versions", "a moved tag", f"{PRODUCT}: 17.2, latest moved"),
    ("new_versions", "a new tag, withdrawn", f"{PRODUCT}: 1.0 is new"),
    ("token_created", "", "New access token: R&D laptop"),
    ("token_created", "a robot", "New robot acme+ci"),
    ("token_created", "a robot's new secret", "New secret for the robot acme+ci"),
    ("token_ending", "in use", "The access token R&D laptop ends on 23 November"),
    ("token_ending", "a robot", "The robot acme+ci ends on 23 November"),
    ("report_answer", "after an appeal", "Your report: we have changed our decision"),
    ("report_decision", "appeal granted", f"Your appeal about the product {PRODUCT}"),
]


def test_every_mail_has_an_example_and_every_example_a_mail() -> None:
    assert sorted(EXAMPLES) == KINDS
    assert {name for name, _, _ in SAID} == set(KINDS)


@pytest.mark.parametrize(("kind", "case", "said"), SAID, ids=[f"{kind}-{case}" for kind, case, _ in SAID])
def test_a_mail_says_in_text_and_html_what_it_must(kind: str, case: str, said: list[str]) -> None:
    mail = rendered(kind, case)

    for words in [*said, "mira@example.test"]:
        assert words in mail.text
        assert words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in re.sub(r"</?b( style=\"[^\"]*\")?>", "", mail.html)


@pytest.mark.parametrize(("kind", "case", "subject"), SUBJECTS)
def test_a_subject_is_one_sentence(kind: str, case: str, subject: str) -> None:
    assert rendered(kind, case).subject == subject


def test_whoever_can_stop_a_mail_reads_there_how() -> None:
    foot = rendered("new_versions", "").text.partition("\n-- \n")[2]

    assert f"Unsubscribe\n{LINK}&stop=1\n" in foot
