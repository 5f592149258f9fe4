"""What is missing is data; what to do about it is one sentence for each requirement."""

import pytest
from django.utils import timezone

from marketplace.products.requirements import what_to_do
from marketplace.products.selectors.readiness import Missing, Requirement, missing_for_publication
from tests.factories.marketplace import DraftProductFactory, ImageFactory, NamespaceFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("requirement", Requirement)
def test_each_requirement_has_a_sentence(requirement):
    sentence = what_to_do(Missing(requirement, ("acme/db",) if requirement is Requirement.PUSH else ()))

    assert sentence.endswith(".")
    assert sentence[0].isupper()


def test_all_images_that_cannot_be_sold_are_named_in_one_sentence():
    namespace = NamespaceFactory(name="acme")
    gone = [PushedImageFactory(namespace=namespace, name=name) for name in ("a", "b")]
    product = DraftProductFactory(namespace=namespace, images=[*gone, PushedImageFactory(namespace=namespace, name="c")])
    product.images.filter(name__in="ab").update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    (missing,) = missing_for_publication(product)

    assert missing == Missing(Requirement.IMAGES, ("acme/a", "acme/b"))
    assert what_to_do(missing) == "Remove acme/a and acme/b: they have been released or taken down."


def test_images_to_push_are_named():
    namespace = NamespaceFactory(name="acme")
    product = DraftProductFactory(namespace=namespace, images=[ImageFactory(namespace=namespace, name="db")])

    assert [what_to_do(missing) for missing in missing_for_publication(product)] == ["Push acme/db with a tag."]
