"""A trial begins once for each person, verified address, organisation and known card, and otherwise nothing changes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.utils import timezone

from accounts.organisations.errors import NoSuchOrganisation, RoleDoesNotBuy
from accounts.organisations.models import Role
from accounts.people.errors import EmailNotVerified
from accounts.people.models import User
from accounts.privacy.services.deletion import delete_account
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from common.errors import DomainError
from marketplace.entitlements.errors import OwnProduct
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.entitlements.selectors import buyers_among
from marketplace.images.models import Image, Tag
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Price, Product
from marketplace.trials.errors import NoTrial, TrialNotNeeded, TrialUsed
from marketplace.trials.keys import address_hashes, card_hashes
from marketplace.trials.models import KnownCard, Trial, TrialKey, TrialState
from marketplace.trials.services.purchases import remember_card
from marketplace.trials.services.starting import start_trial
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory

CARD = "Xt5EWLLDS7FJjR1c"


def rows() -> tuple[int, ...]:
    """What a refused start must not change."""
    return tuple(model.objects.count() for model in (Trial, TrialKey, KnownCard, Entitlement, OutgoingMail, AuditEvent))


def test_whoever_begins_a_trial_may_pull_until_its_end(product: Product, kim: User) -> None:
    trial = start_trial(product=product, user=kim)

    image = product.images.get()
    held = kim.account.entitlements.get()
    assert (held.image, held.source_kind, held.source_id, held.ends_at) == (image, "trial", trial.pk, trial.ends_at)
    assert (trial.ends_at - trial.started_at, trial.state, str(trial)) == (timedelta(days=14), TrialState.RUNNING, "kim tries Postgres HA")
    assert Action.PULL in allowed_actions(subject=Subject.of(kim), repositories=[image.repository])[image.repository]
    assert AuditEvent.objects.filter(action="trial.started", actor=kim).count() == 1
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.key) == ("kim@example.test", f"trial-started:{trial.pk}:{kim.pk}")
    assert image.repository in mail.body_text


def test_what_is_tried_is_not_sold(product: Product, kim: User) -> None:
    start_trial(product=product, user=kim)

    assert product.images.get().first_sold_at is None
    assert buyers_among([kim.account.pk], product) == set()


def test_it_is_tried_for_an_organisation_by_who_buys_for_it(product: Product) -> None:
    clerk = MembershipFactory(role=Role.BILLING)

    start_trial(product=product, user=clerk.user, holder=clerk.account)

    assert clerk.account.entitlements.in_force().count() == 1
    assert not clerk.user.account.entitlements.exists()


def test_a_seller_who_changes_the_days_changes_later_trials_only(product: Product, kim: User) -> None:
    first = start_trial(product=product, user=kim)
    Product.objects.filter(pk=product.pk).update(trial_days=3)
    product.refresh_from_db()

    second = start_trial(product=product, user=UserFactory())

    assert [(each.ends_at - each.started_at).days for each in (Trial.objects.get(pk=first.pk), second)] == [14, 3]


def not_verified(user: User, _product: Product) -> None:
    user.emailaddress_set.update(verified=False)


def owns(user: User, product: Product) -> None:
    EntitlementFactory(holder=user.account, image=product.images.get(), source_kind="free")


def joins(user: User, product: Product) -> None:
    MembershipFactory(account=product.seller.account, user=user, role=Role.MEMBER)


def change(**values: object) -> Callable[[User, Product], None]:
    def act(_user: User, product: Product) -> None:
        Product.objects.filter(pk=product.pk).update(**values)

    return act


def costs_nothing(_user: User, product: Product) -> None:
    Price.objects.filter(product=product).delete()
    Price.objects.create(product=product, amount=0, currency="eur")


def cannot_be_paid(_user: User, product: Product) -> None:
    SellerProfile.objects.filter(pk=product.seller_id).update(charges_enabled=False)


def suspended(_user: User, product: Product) -> None:
    SellerProfile.objects.filter(pk=product.seller_id).update(suspended_at=timezone.now(), suspension_reason="Spam.")


def taken_down(_user: User, product: Product) -> None:
    Image.objects.filter(products=product).update(taken_down_at=timezone.now(), take_down_reason="Malware.")


def emptied(_user: User, product: Product) -> None:
    Tag.objects.filter(image__products=product).delete()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param(not_verified, EmailNotVerified, id="no verified address"),
        pytest.param(owns, TrialNotNeeded, id="owned"),
        pytest.param(joins, OwnProduct, id="their own"),
        pytest.param(change(trial_days=0), NoTrial, id="no trial"),
        pytest.param(costs_nothing, NoTrial, id="free"),
        pytest.param(cannot_be_paid, NoTrial, id="a seller who cannot be paid"),
        pytest.param(change(state="withdrawn"), ProductNotOffered, id="withdrawn"),
        pytest.param(change(state="suspended", suspension_reason="Reported."), ProductNotOffered, id="suspended"),
        pytest.param(suspended, ProductNotOffered, id="its seller suspended"),
        pytest.param(taken_down, ProductNotOffered, id="an image taken down"),
        pytest.param(emptied, ProductNotOffered, id="nothing left to pull"),
    ],
)
def test_what_cannot_be_bought_or_offers_no_trial_cannot_be_tried(
    product: Product, kim: User, change: Callable[[User, Product], None], refusal: type[DomainError]
) -> None:
    change(kim, product)
    before = rows()

    with pytest.raises(refusal):
        start_trial(product=product, user=kim)

    assert rows() == before


def test_a_trial_is_not_begun_for_who_one_does_not_buy_for(product: Product, kim: User) -> None:
    member = MembershipFactory(role=Role.MEMBER, user=kim)
    before = rows()

    for holder, refusal in ((member.account, RoleDoesNotBuy), (OrganisationFactory(), NoSuchOrganisation)):
        with pytest.raises(refusal):
            start_trial(product=product, user=kim, holder=holder)

    assert rows() == before


def test_what_an_organisation_has_for_good_is_said_by_its_name(product: Product, kim: User) -> None:
    firm = MembershipFactory(role=Role.OWNER, user=kim).account
    EntitlementFactory(holder=firm, image=product.images.get())

    with pytest.raises(TrialNotNeeded, match=firm.name):
        start_trial(product=product, user=kim, holder=firm)


def test_a_product_that_was_handed_over_while_it_waited_is_not_tried(product: Product, kim: User) -> None:
    stale = Product.objects.get(pk=product.pk)
    stale.seller_id = ProductFactory().seller_id

    with pytest.raises(ProductNotOffered):
        start_trial(product=stale, user=kim)

    assert not Trial.objects.exists()


def again(product: Product, kim: User) -> tuple[User, None]:
    """The same person."""
    return kim, None


def with_another_address(product: Product, kim: User) -> tuple[User, None]:
    """The same person, whose address is another one by now."""
    EmailAddress.objects.filter(user=kim).update(email="new@example.test")
    return kim, None


def for_an_organisation(product: Product, kim: User) -> tuple[User, object]:
    """The same person, for an organisation."""
    return kim, MembershipFactory(role=Role.OWNER, user=kim).account


def with_their_address(product: Product, kim: User) -> tuple[User, None]:
    """Another account with an address that has been theirs, in other letters."""
    EmailAddress.objects.filter(user=kim).delete()
    somebody = UserFactory()
    EmailAddress.objects.create(user=somebody, email="KIM@example.test", verified=True)
    return somebody, None


def with_their_card(product: Product, kim: User) -> tuple[User, None]:
    """Another account, both of which have been seen with one card since."""
    somebody = UserFactory()
    for account in (kim.account, somebody.account):
        remember_card(account=account, fingerprint=CARD)
    return somebody, None


def for_a_firm_with_their_card(product: Product, kim: User) -> tuple[User, object]:
    """Another account for an organisation, which has paid with the card."""
    owner = MembershipFactory(role=Role.OWNER)
    for account in (kim.account, owner.account):
        remember_card(account=account, fingerprint=CARD)
    return owner.user, owner.account


@pytest.mark.parametrize(
    ("whose", "words"),
    [
        (again, "You have tried"),
        (with_another_address, "You have tried"),
        (for_an_organisation, "You have tried"),
        (with_their_address, "Your e-mail address was used"),
        (with_their_card, "A card that you have paid with"),
        (for_a_firm_with_their_card, "A card that you have paid with"),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_there_is_no_second_trial(product: Product, kim: User, whose: Callable[[Product, User], tuple[User, None]], words: str) -> None:
    start_trial(product=product, user=kim)
    user, holder = whose(product, kim)
    before = rows()

    with pytest.raises(TrialUsed, match=words):
        start_trial(product=product, user=user, holder=holder)

    assert rows() == before
    assert start_trial(product=ProductFactory(trial_days=3), user=user, holder=holder).days == 3, "another product can be tried"


def test_an_organisation_has_one_trial_whoever_begins_it(product: Product) -> None:
    firm = OrganisationFactory(name="Acme")
    first, second = (MembershipFactory(account=firm, role=Role.OWNER).user for _ in range(2))
    start_trial(product=product, user=first, holder=firm)

    with pytest.raises(TrialUsed, match="Acme has tried"):
        start_trial(product=product, user=second, holder=firm)

    assert start_trial(product=product, user=second).holder == second.account


def test_a_card_that_was_known_before_the_trial_has_had_it(product: Product, kim: User) -> None:
    somebody = UserFactory()
    for account in (kim.account, somebody.account):
        remember_card(account=account, fingerprint=CARD)
    start_trial(product=product, user=kim)

    with pytest.raises(TrialUsed, match="A card"):
        start_trial(product=product, user=somebody)


def test_a_card_that_is_seen_after_both_have_tried_takes_no_trial_back(product: Product, kim: User) -> None:
    somebody = UserFactory()
    for user in (kim, somebody):
        start_trial(product=product, user=user)
        remember_card(account=user.account, fingerprint=CARD)

    assert Trial.objects.running().count() == 2
    assert {key.trial.holder for key in TrialKey.objects.filter(kind="card")} == {kim.account}


def test_an_account_that_is_made_anew_has_no_second_trial(product: Product, kim: User) -> None:
    trial = start_trial(product=product, user=kim)
    remember_card(account=kim.account, fingerprint=CARD)
    EmailAddress.objects.create(user=kim, email="later@example.test", verified=True)
    delete_account(user=kim, reason="I go.", actor=kim)

    for address in ("kim@example.test", "later@example.test"):
        with pytest.raises(TrialUsed, match="Your e-mail address"):
            start_trial(product=product, user=UserFactory(email=address))
    trial.refresh_from_db()
    assert (trial.state, trial.end_reason) == (TrialState.OVER, "The account was deleted.")
    assert not Entitlement.objects.in_force().exists()
    assert not KnownCard.objects.exists()
    assert not TrialKey.objects.filter(key_hash__contains="example").exists()


def test_an_address_is_known_by_an_older_key_too(product: Product, kim: User, settings: LazySettings) -> None:
    start_trial(product=product, user=kim)
    remember_card(account=kim.account, fingerprint=CARD)
    settings.LAYERSTORE_TOKEN_KEYS = ["a new key of many letters and signs", *settings.LAYERSTORE_TOKEN_KEYS]
    EmailAddress.objects.filter(user=kim).delete()
    User.objects.filter(pk=kim.pk).update(email="new@example.test")
    for number, somebody in enumerate((UserFactory(email="kim@example.test"), UserFactory())):
        if number:
            remember_card(account=somebody.account, fingerprint=CARD)

        with pytest.raises(TrialUsed):
            start_trial(product=product, user=somebody)

    assert len(set(address_hashes("kim@example.test"))) == len(settings.LAYERSTORE_TOKEN_KEYS)


def test_only_hashes_of_addresses_and_cards_are_stored(product: Product, kim: User) -> None:
    remember_card(account=kim.account, fingerprint=CARD)
    start_trial(product=product, user=kim)

    keys, cards = TrialKey.objects.all(), KnownCard.objects.all()
    assert all(len(key.key_hash) == 64 for key in keys)
    assert {key.key_hash for key in keys if key.kind == "card"} == {card.card_hash for card in cards} == set(card_hashes(CARD))
    assert {str(row) for row in (*keys, *cards)} == {"address of a trial", "card of a trial", "a card of kim"}
