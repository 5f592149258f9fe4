"""A file of gifts: read as a whole, all of it or nothing, and once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.people.models import User
from audit.errors import ReasonMissing
from marketplace.gifts.errors import InvalidFile, TooManyGifts, TooManyGiftsToAddress
from marketplace.gifts.models import Gift
from marketplace.gifts.services import giving, uploads
from marketplace.gifts.services.ending import revoke_gift
from marketplace.gifts.services.uploads import Uploaded, give_by_file, read_file
from marketplace.images.errors import NotYours
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.marketplace import EditionFactory, ProductFactory

GOOD = b"email,product,note,ends_on\nkim@example.test,acme/db,Try it,2090-12-31\nolu@example.test,acme/db,,\n"


def upload(product: Product, actor: User, content: bytes = GOOD) -> Uploaded:
    return give_by_file(seller_id=product.seller_id, content=content, reason="The beta.", actor=actor)


def faults_of(product: Product, content: bytes) -> list[tuple[int, str]]:
    with pytest.raises(InvalidFile) as invalid:
        read_file(content, seller_id=product.seller_id)
    return [(fault.line, fault.sentence) for fault in invalid.value.faults]


def test_each_line_is_a_gift_that_is_mailed(product: Product, seller: User) -> None:
    assert upload(product, seller) == Uploaded(given=2, known=0)

    kim, olu = Gift.objects.order_by("email")
    assert (kim.email, kim.message, kim.access_ends_at) == ("kim@example.test", "Try it", datetime(2090, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert (olu.email, olu.message, olu.access_ends_at, olu.reason) == ("olu@example.test", "", None, "The beta.")
    assert {mail.to for mail in OutgoingMail.objects.all()} == {"kim@example.test", "olu@example.test"}
    assert {mail.origin for mail in OutgoingMail.objects.all()} == {str(product.seller_id)}


def test_the_same_file_again_gives_nothing_even_what_was_taken_back_and_a_longer_one_only_what_is_new(
    product: Product, seller: User
) -> None:
    upload(product, seller)
    revoke_gift(gift=Gift.objects.order_by("email")[0], reason="Left.", actor=seller)
    before = list(Gift.objects.order_by("pk").values())

    assert upload(product, seller) == Uploaded(given=0, known=2)
    assert list(Gift.objects.order_by("pk").values()) == before
    assert upload(product, seller, GOOD + b"KIM@example.test,acme/db,,\n") == Uploaded(given=1, known=2)
    assert OutgoingMail.objects.count() == 3


def test_columns_come_in_any_order_with_a_mark_of_utf_8_quotes_and_empty_lines(product: Product) -> None:
    content = '\ufeffProduct, EMAIL,note\r\nacme/db,kim@example.test,"Grüße,\nvon uns"\r\n\r\nacme/db,olu@example.test\r\n'

    kim, olu = read_file(content.encode(), seller_id=product.seller_id)

    assert (kim.email, kim.message, kim.access_ends_at) == ("kim@example.test", "Grüße,\nvon uns", None)
    assert (olu.email, olu.message) == ("olu@example.test", "")


def test_everything_that_is_wrong_is_said_by_line_and_nothing_is_given(product: Product, seller: User) -> None:
    ProductFactory(slug="foreign")
    yesterday = f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"
    lines = [
        "kim@example.test,acme/db,,",
        "kim,acme/db,,",
        "kim@example.test,acme/nothing,,",
        f"olu@example.test,acme/db,{'x' * 501},",
        "olu@example.test,acme/db,a\u202eb,",
        "olu@example.test,acme/db,,tomorrow",
        "olu@example.test,acme/db,,2027-02-30",
        f"olu@example.test,acme/db,,{yesterday}",
        "Kim@Example.test,acme/db,another note,",
        "olu@example.test,acme/db,,,more",
        ",,,",
    ]
    content = ("email,product,note,ends_on\n" + "\n".join(lines)).encode()

    found = faults_of(product, content)

    assert found == [
        (3, "“kim” is no e-mail address."),
        (4, "You have no product “acme/nothing” that can be given; write namespace/name as in its address."),
        (5, "The note is longer than 500 characters, or has characters that cannot be seen."),
        (6, "The note is longer than 500 characters, or has characters that cannot be seen."),
        (7, "“tomorrow” is no day: write it like 2027-12-31."),
        (8, "“2027-02-30” is no day: write it like 2027-12-31."),
        (9, f"{yesterday} is over."),
        (10, "The same as line 2."),
        (11, "It has more fields than there are columns."),
        (12, "“” is no e-mail address."),
        (12, "You have no product “” that can be given; write namespace/name as in its address."),
    ]
    with pytest.raises(InvalidFile):
        upload(product, seller, content)
    assert (Gift.objects.count(), OutgoingMail.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (b"", 1, "The first line names"),
        (b"email\n", 1, "The first line names"),
        (b"email,product,email\n", 1, "The first line names"),
        (b"email,product,price\n", 1, "The first line names"),
        (b"email,product\n\n", 1, "There is no line below"),
        (b"email,product\n\xff\xfe,x\n", 0, "The file is not UTF-8"),
        (b"email,product\n\0,x\n", 0, "The file is not CSV: it has binary"),
        (b'email,product\n"kim"x,y\n', 2, "This is not CSV"),
        (b"email,product\n" + b"kim@example.test,acme/db\n" * 251, 0, "A file may have 250 lines; this one has 251."),
        (b"x" * (uploads.MOST_BYTES + 1), 0, "The file is larger than 256 kB."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_none_says_why(product: Product, content: bytes, line: int, sentence: str) -> None:
    ((found, said),) = faults_of(product, content)

    assert found == line
    assert sentence in said


def test_a_file_of_faults_alone_is_cut(product: Product) -> None:
    assert len(faults_of(product, b"email,product\n" + b"x,acme/db\n" * 200)) == 50


def test_limits_and_roles_hold_for_files_too(product: Product, seller: User, friend: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotYours):
        upload(product, friend)
    with pytest.raises(ReasonMissing):
        give_by_file(seller_id=product.seller_id, content=GOOD, reason="", actor=seller)
    monkeypatch.setattr(giving, "A_DAY_TO_ONE", 1)
    with pytest.raises(TooManyGiftsToAddress):
        upload(product, seller, b"email,product,ends_on\nkim@example.test,acme/db,\nkim@example.test,acme/db,2090-01-01\n")
    monkeypatch.setattr(giving, "A_DAY", 1)
    with pytest.raises(TooManyGifts):
        upload(product, seller)
    assert (Gift.objects.count(), OutgoingMail.objects.count()) == (0, 0)


def test_a_line_may_name_an_edition(product: Product, seller: User) -> None:
    EditionFactory(product=product, name="Pro")
    content = b"email,product,edition\nkim@example.test,acme/db,pro\nkim@example.test,acme/db,\nolu@example.test,acme/no,Pro\n"
    assert faults_of(product, content + b"olu@example.test,acme/db,Ultra\n") == [
        (4, "You have no product “acme/no” that can be given; write namespace/name as in its address."),
        (5, "“acme/db” has no edition “Ultra”."),
    ]
    good = b"".join(line for line in content.splitlines(keepends=True) if b"/no" not in line)

    assert upload(product, seller, good) == Uploaded(given=2, known=0)
    assert upload(product, seller, good) == Uploaded(given=0, known=2)

    assert sorted(gift.called for gift in Gift.objects.all()) == [product.title, f"{product.title}, Pro"]
