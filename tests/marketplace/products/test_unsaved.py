"""What is typed and not saved is kept tab by tab; whoever saves over a newer text is told."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.images.errors import NotYours
from marketplace.images.models import Namespace
from marketplace.products.errors import EditedMeanwhile, NoMoreRoom, UnsavedElsewhere, UnsavedTooLong
from marketplace.products.models import Product, UnsavedText
from marketplace.products.selectors.unsaved import initial_from, unsaved_texts
from marketplace.products.services import unsaved
from marketplace.products.services.editing import edit_product, set_images
from marketplace.products.services.unsaved import LONGEST, discard_unsaved, keep_unsaved
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import DraftProductFactory, NamespaceFactory, PushedImageFactory
from tests.marketplace.products.conftest import owner, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(namespace: Namespace) -> Product:
    return DraftProductFactory(namespace=namespace)


def keep(product: Product, tab: UUID, seen: int = 0, **more: Any) -> UnsavedText:
    given = {"seller_id": product.seller_id, "product": product, "revision": 0, "actor": owner(product), "typed": {"title": ["A"]}}
    return keep_unsaved(tab=tab, seen=seen, **(given | more))


def texts() -> list[tuple[Any, ...]]:
    return list(UnsavedText.objects.order_by("pk").values_list("tab", "version", "typed"))


def test_a_tab_continues_its_own_text(product: Product) -> None:
    tab = uuid4()
    keep(product, tab)
    kept = keep(product, tab, seen=1, typed={"title": ["AB"], "images": ["1", "2"]}, revision=3)

    assert texts() == [(tab, 2, {"title": ["AB"], "images": ["1", "2"]})]
    assert (kept.version, kept.revision) == (2, 3)
    assert initial_from(kept) == {"title": "AB", "images": ["1", "2"]}
    assert str(kept) == f"unsaved text of {product}"


def test_two_tabs_keep_two_texts(product: Product) -> None:
    first, second = uuid4(), uuid4()
    keep(product, first)
    keep(product, second, typed={"title": ["B"]})

    assert texts() == [(first, 1, {"title": ["A"]}), (second, 1, {"title": ["B"]})]
    assert {text.tab for text in unsaved_texts(product.seller_id, product)} == {first, second}
    assert not unsaved_texts(product.seller_id, None).exists()


def test_a_text_that_is_open_twice_is_not_overwritten(product: Product) -> None:
    tab = uuid4()
    keep(product, tab)
    keep(product, tab, seen=1, typed={"title": ["of the first"]})
    before = texts()

    with pytest.raises(UnsavedElsewhere):
        keep(product, tab, seen=1, typed={"title": ["of the second"]})

    assert texts() == before


def test_what_was_discarded_elsewhere_is_kept_anew(product: Product) -> None:
    tab = uuid4()
    keep(product, tab)
    discard_unsaved(seller_id=product.seller_id, tab=tab, actor=owner(product))
    assert texts() == []

    assert keep(product, tab, seen=1).version == 1


def test_what_no_form_takes_is_not_kept(product: Product) -> None:
    with pytest.raises(UnsavedTooLong):
        keep(product, uuid4(), typed={"description": ["x" * LONGEST]})

    assert texts() == []


def test_what_could_not_be_saved_is_kept_as_well(product: Product) -> None:
    keep(product, uuid4(), typed={"title": ["", "\x00null"], "description": ["y" * 60_000]})

    assert texts()[0][2] == {"title": ["", "null"], "description": ["y" * 60_000]}


def test_a_seller_keeps_so_many_and_no_more(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaved, "MOST_UNSAVED", 1)
    tab = uuid4()
    keep(product, tab)
    keep(product, tab, seen=1)
    keep(DraftProductFactory(), uuid4())  # another seller's
    before = texts()

    with pytest.raises(NoMoreRoom):
        keep(product, uuid4())

    assert texts() == before


def test_nobody_keeps_or_discards_another_sellers(product: Product) -> None:
    tab, stranger = uuid4(), UserFactory()
    keep(product, tab)
    other = NamespaceFactory().owner
    before = texts()

    with pytest.raises(NotYours):
        keep(product, uuid4(), actor=stranger)
    with pytest.raises(NotYours):
        keep(product, uuid4(), seller_id=other.pk, actor=other.user)
    with pytest.raises(NotYours):
        discard_unsaved(seller_id=product.seller_id, tab=tab, actor=stranger)
    discard_unsaved(seller_id=other.pk, tab=tab, actor=other.user)  # the same number is another tab's

    assert texts() == before


def test_each_save_is_a_revision(product: Product) -> None:
    edit_product(product=product, actor=owner(product), title="Another")
    edit_product(product=product, actor=owner(product), revision=1, summary="Another")
    set_images(product=product, images=[PushedImageFactory(namespace=product.namespace)], actor=owner(product))

    product.refresh_from_db()
    assert product.revision == 3


def test_a_save_over_a_newer_text_is_refused(product: Product) -> None:
    edit_product(product=product, actor=owner(product), revision=0, title="Of the first tab")

    error = refused(EditedMeanwhile, edit_product, product=product, actor=owner(product), revision=0, title="Of the second tab")

    assert error.context["revision"] == 1
    edit_product(product=product, actor=owner(product), revision=1, title="Of the second tab")
    product.refresh_from_db()
    assert product.title == "Of the second tab"
