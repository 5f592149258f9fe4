"""Staff say which words mean the same, with a reason, and it is written down."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.images.errors import NotYours
from marketplace.search.errors import InvalidSynonym
from marketplace.search.models import KnownWord, Synonym
from marketplace.search.services import add_synonym, change_synonym, count_known_words, remove_synonym
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return UserFactory(staff=True)


@pytest.fixture
def synonym() -> Synonym:
    made: Synonym = Synonym.objects.create(words=["valkey", "redis"])
    return made


ACTS: list[Callable[[Synonym, str, str, User], object]] = [
    lambda _, words, reason, actor: add_synonym(words=words, reason=reason, actor=actor),
    lambda synonym, words, reason, actor: change_synonym(synonym=synonym, words=words, reason=reason, actor=actor),
]


def test_words_are_added_changed_and_removed(staff: User) -> None:
    synonym = add_synonym(words="Valkey, redis redis", reason="A fork.", actor=staff)
    assert Synonym.objects.get(pk=synonym.pk).words == ["valkey", "redis"]

    change_synonym(synonym=synonym, words="valkey redis keydb", reason="Another one.", actor=staff)
    assert Synonym.objects.get(pk=synonym.pk).words == ["valkey", "redis", "keydb"]

    pk = synonym.pk
    remove_synonym(synonym=synonym, reason="They differ.", actor=staff)
    assert not Synonym.objects.filter(pk=pk).exists()
    assert list(AuditEvent.objects.order_by("at").values_list("action", "reason")) == [
        ("synonym.added", "A fork."),
        ("synonym.changed", "Another one."),
        ("synonym.removed", "They differ."),
    ]


@pytest.mark.parametrize("act", ACTS, ids=["add", "change"])
@pytest.mark.parametrize(
    "words", ["redis", "redis, redis", "redis, no-hyphen", "a, " + "b" * 41, " ".join(map(str, range(11))), "", "redis, größe"]
)
def test_what_are_no_words_is_refused(synonym: Synonym, staff: User, act: Callable[..., object], words: str) -> None:
    before = list(Synonym.objects.values_list("words", flat=True))

    with pytest.raises(InvalidSynonym):
        act(synonym, words, "Because.", staff)

    assert list(Synonym.objects.values_list("words", flat=True)) == before
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("act", [*ACTS, lambda synonym, _, reason, actor: remove_synonym(synonym=synonym, reason=reason, actor=actor)])
def test_only_staff_act_and_only_with_a_reason(synonym: Synonym, staff: User, act: Callable[..., object]) -> None:
    before = list(Synonym.objects.values_list("words", flat=True))

    with pytest.raises(NotYours):
        act(synonym, "a, b", "Because.", UserFactory())
    with pytest.raises(ReasonMissing):
        act(synonym, "a, b", " ", staff)

    assert list(Synonym.objects.values_list("words", flat=True)) == before
    assert not AuditEvent.objects.exists()


def test_the_admin_begins_at_a_known_word(client: Client, staff: User, synonym: Synonym) -> None:
    client.force_login(staff)
    KnownWord.objects.create(word="memcached", products=3)
    confirmed = {"act_confirmed": "yes", "reason": "People type it."}

    given = {"action": "give_synonyms", "_selected_action": "memcached", "words": "memcache", **confirmed}
    client.post(reverse("admin:marketplace_knownword_changelist"), given)
    changed = {"action": "change_words", "_selected_action": synonym.pk, "words": "valkey keydb", **confirmed}
    client.post(reverse("admin:marketplace_synonym_changelist"), changed)

    assert Synonym.objects.filter(words=["memcached", "memcache"]).exists()
    assert Synonym.objects.get(pk=synonym.pk).words == ["valkey", "keydb"]

    client.post(reverse("admin:marketplace_synonym_changelist"), {"action": "remove", "_selected_action": synonym.pk, **confirmed})
    assert not Synonym.objects.filter(pk=synonym.pk).exists()


def test_words_are_known_for_as_long_as_products_are_called_so() -> None:
    first = ProductFactory(title="The Postgres box", slug="a", summary="")
    ProductFactory(title="Postgres", slug="b", summary="")

    assert count_known_words() > 0
    assert dict(KnownWord.objects.filter(word__in=["postgres", "box", "the"]).values_list("word", "products")) == {"postgres": 2, "box": 1}
    assert count_known_words() == 0

    first.search_entry.delete()
    count_known_words()
    assert dict(KnownWord.objects.filter(word__in=["postgres", "box"]).values_list("word", "products")) == {"postgres": 1}
