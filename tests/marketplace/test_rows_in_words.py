"""How rows that no page shows call themselves in the admin and in logs."""

import uuid

import pytest
from django.db.models import Model

from accounts.people.models import User
from marketplace.models import (
    Cover,
    CredentialImage,
    Image,
    LayerList,
    Product,
    ProductPicture,
    ProductUpdates,
    SearchEntry,
    TagMove,
    UncheckedLayers,
    UpdateSubscription,
)

PRODUCT = Product(title="Steady Redis")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (TagMove(image=Image(repository="acme/db"), tag="2.0", new_digest="sha256:4f53"), "2.0 → sha256:4f53"),
        (UncheckedLayers(manifest_id=uuid.UUID(int=1)), "layers of 00000000-0000-0000-0000-000000000001"),
        (SearchEntry(called=["redis", "acme/redis"]), "redis, acme/redis"),
        (Cover(product_id=uuid.UUID(int=2)), "cover of 00000000-0000-0000-0000-000000000002"),
        (CredentialImage(image=Image(repository="acme/db")), "acme/db"),
        (LayerList(rows=[{}, {}]), "2 layers"),
        (ProductPicture(alt="A chart"), "A chart"),
        (UpdateSubscription(user=User(username="mira"), product=PRODUCT), "mira about Steady Redis"),
        (ProductUpdates(product=PRODUCT), "Updates of Steady Redis"),
    ],
)
def test_a_row_says_what_it_is_about(row: Model, words: str) -> None:
    assert str(row) == words
