"""Naming a domain, and what becomes of it from month to month."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.domains import services, tasks
from accounts.domains.errors import InvalidDomain, NoDomain
from accounts.domains.models import AGAIN, GRACE, PATIENCE, ShopDomain
from accounts.domains.proofs import Finding
from accounts.domains.selectors import domains_to_check, verified_domain_of, verified_domains
from accounts.domains.services import check_domain_again, check_due_domains, name_domain, remove_domain
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from tests.factories.accounts import SellerFactory

pytestmark = pytest.mark.django_db

MISSING = Finding("", "acme.com has no TXT record with this text.")


@pytest.fixture
def seller() -> SellerProfile:
    return SellerFactory()


@pytest.fixture
def actor(seller: SellerProfile) -> User:
    assert seller.account.user
    return seller.account.user


@pytest.fixture
def named(seller: SellerProfile, actor: User) -> ShopDomain:
    return name_domain(seller_id=seller.pk, domain="acme.com", actor=actor)


class World:
    """What the outside would show, by domain; and which were asked for."""

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self.asked: list[tuple[str, str]] = []

    def look_for(self, proofs: list[tuple[str, str]]) -> list[Finding]:
        self.asked += proofs
        return [self.findings.get(domain, MISSING) for domain, _ in proofs]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(services, "look_for", world.look_for)
    return world


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def acts() -> list[str]:
    return list(AuditEvent.objects.filter(action__startswith="domain.").order_by("pk").values_list("action", flat=True))


def later(clock: time_machine.Traveller, span: timedelta) -> datetime:
    clock.shift(span)
    return timezone.now()


def test_a_seller_gets_a_code_of_their_own_for_a_domain(named: ShopDomain, actor: User) -> None:
    other = SellerFactory()
    theirs = name_domain(seller_id=other.pk, domain="acme.com", actor=other.account.user)

    assert named.proof.startswith("layerstore-verification=")
    assert named.proof != theirs.proof
    assert acts() == ["domain.named", "domain.named"]


def test_naming_the_same_domain_again_keeps_the_code(named: ShopDomain, seller: SellerProfile, actor: User) -> None:
    again = name_domain(seller_id=seller.pk, domain="ACME.com", actor=actor)

    assert again.token == named.token
    assert acts() == ["domain.named"]


def test_another_domain_begins_anew(named: ShopDomain, seller: SellerProfile, actor: User) -> None:
    ShopDomain.objects.update(seen_at=timezone.now(), seen_by="dns")

    other = name_domain(seller_id=seller.pk, domain="acme.org", actor=actor)

    stored = ShopDomain.objects.get()
    assert (stored.domain, stored.seen_at, stored.seen_by) == ("acme.org", None, "")
    assert other.token != named.token


def test_what_is_no_domain_changes_nothing(named: ShopDomain, seller: SellerProfile, actor: User) -> None:
    with pytest.raises(InvalidDomain):
        name_domain(seller_id=seller.pk, domain="127.0.0.1", actor=actor)

    assert ShopDomain.objects.get().token == named.token


def test_a_proof_that_is_seen_makes_the_badge(named: ShopDomain, outside: World, clock: time_machine.Traveller) -> None:
    outside.findings["acme.com"] = Finding("file")
    now = timezone.now()

    assert tasks.check_domains() == 1

    stored = ShopDomain.objects.get()
    assert outside.asked == [("acme.com", named.proof)]
    assert (stored.seen_at, stored.seen_by, stored.checked_at, stored.due_at, stored.last_error) == (now, "file", now, now + AGAIN, "")
    assert verified_domain_of(named.seller_id, now) == stored
    assert stored.is_verified(now)
    assert acts() == ["domain.named", "domain.verified"]
    assert check_due_domains() == 0  # it is due in a month


def test_a_proof_that_is_missing_says_why_and_is_looked_for_less_and_less_often(
    clock: time_machine.Traveller, named: ShopDomain, outside: World
) -> None:
    assert check_due_domains() == 0
    first = ShopDomain.objects.get()
    later(clock, timedelta(minutes=5))
    check_due_domains()
    second = ShopDomain.objects.get()

    assert first.last_error == MISSING.fault
    assert first.due_at == named.asked_at + timedelta(minutes=5)
    assert second.due_at == named.asked_at + timedelta(minutes=15)
    assert verified_domain_of(named.seller_id, timezone.now()) is None
    assert not second.is_verified(timezone.now())


def test_a_verified_domain_is_looked_at_every_month_and_its_badge_outlives_a_week_of_failures(
    named: ShopDomain, outside: World, clock: time_machine.Traveller
) -> None:
    outside.findings["acme.com"] = Finding("dns")
    check_due_domains()
    outside.findings.clear()

    now = later(clock, AGAIN)
    check_due_domains()
    assert len(outside.asked) == 2
    assert ShopDomain.objects.get().last_error == MISSING.fault
    assert verified_domain_of(named.seller_id, now) is not None

    now = later(clock, GRACE)
    assert verified_domain_of(named.seller_id, now) is not None
    now = later(clock, timedelta(seconds=1))
    assert verified_domain_of(named.seller_id, now) is None
    assert [one.is_verified(now) for one in ShopDomain.objects.all()] == [False]

    outside.findings["acme.com"] = Finding("dns")
    check_due_domains()
    assert list(verified_domains(now)) == list(ShopDomain.objects.all())
    assert acts() == ["domain.named", "domain.verified", "domain.verified"]


def test_what_is_not_there_is_given_up_until_its_seller_asks(
    named: ShopDomain, outside: World, seller: SellerProfile, actor: User, clock: time_machine.Traveller
) -> None:
    now = later(clock, PATIENCE + timedelta(seconds=1))
    assert list(domains_to_check(now)) == []

    check_domain_again(seller_id=seller.pk, actor=actor)

    assert [one.pk for one in domains_to_check(now)] == [seller.pk]
    outside.findings["acme.com"] = Finding("dns")
    assert check_due_domains() == 1


def test_asking_for_a_check_makes_it_due_now(named: ShopDomain, outside: World, seller: SellerProfile, actor: User) -> None:
    check_due_domains()
    outside.findings["acme.com"] = Finding("dns")
    assert check_due_domains() == 0

    check_domain_again(seller_id=seller.pk, actor=actor)

    assert check_due_domains() == 1
    assert acts() == ["domain.named", "domain.check_asked", "domain.verified"]


def test_there_is_nothing_to_check_without_a_domain(seller: SellerProfile, actor: User) -> None:
    with pytest.raises(NoDomain):
        check_domain_again(seller_id=seller.pk, actor=actor)

    assert acts() == []


def test_a_domain_that_is_removed_has_no_badge(named: ShopDomain, seller: SellerProfile, actor: User) -> None:
    remove_domain(seller_id=seller.pk, actor=actor)
    remove_domain(seller_id=seller.pk, actor=actor)

    assert not ShopDomain.objects.exists()
    assert acts() == ["domain.named", "domain.removed"]


@pytest.mark.parametrize("finding", [Finding("dns"), MISSING])
def test_what_was_found_of_a_domain_that_was_replaced_meanwhile_is_nobodys(
    named: ShopDomain, seller: SellerProfile, actor: User, monkeypatch: pytest.MonkeyPatch, finding: Finding
) -> None:
    def replaced(proofs: list[tuple[str, str]]) -> list[Finding]:
        name_domain(seller_id=seller.pk, domain="acme.org", actor=actor)
        return [finding]

    monkeypatch.setattr(services, "look_for", replaced)

    assert check_due_domains() == 0
    stored = ShopDomain.objects.get()
    assert (stored.domain, stored.seen_at, stored.checked_at, stored.last_error) == ("acme.org", None, None, "")


def test_what_was_found_of_a_domain_that_was_removed_meanwhile_is_nothing(
    named: ShopDomain, seller: SellerProfile, actor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(proofs: list[tuple[str, str]]) -> list[Finding]:
        remove_domain(seller_id=seller.pk, actor=actor)
        return [Finding("dns")]

    monkeypatch.setattr(services, "look_for", removed)

    assert check_due_domains() == 0
    assert not ShopDomain.objects.exists()


def test_two_sellers_of_one_domain_are_both_looked_at(named: ShopDomain, outside: World) -> None:
    other = SellerFactory()
    name_domain(seller_id=other.pk, domain="acme.com", actor=other.account.user)
    outside.findings["acme.com"] = Finding("dns")

    assert check_due_domains() == 2
    assert len({proof for _, proof in outside.asked}) == 2


def test_a_suspended_sellers_domain_is_not_looked_at(named: ShopDomain, outside: World) -> None:
    SellerProfile.objects.update(suspended_at=timezone.now(), suspension_reason="Fraud.")

    assert check_due_domains() == 0
    assert outside.asked == []


def test_a_domain_is_called_by_its_name(named: ShopDomain) -> None:
    assert str(named) == "acme.com"


def test_a_domain_that_is_seen_again_is_verified_once(named: ShopDomain, outside: World) -> None:
    outside.findings["acme.com"] = Finding("dns", "")
    for months in range(2):
        with time_machine.travel(timezone.now() + months * AGAIN + timedelta(hours=1), tick=False):
            assert check_due_domains() == 1

    assert AuditEvent.objects.filter(action="domain.verified").count() == 1
