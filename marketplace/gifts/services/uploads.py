"""Many gifts at once, by a CSV file: read as a whole, with what is wrong by line, before anything is written."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from audit.services import require_reason
from common.db.locking import locked_transaction
from common.text import normal_email
from marketplace.entitlements.selectors import end_of_day
from marketplace.gifts.errors import Fault, InvalidFile
from marketplace.gifts.models import LONGEST_MESSAGE, Gift
from marketplace.gifts.selectors import products_named
from marketplace.gifts.services.giving import Giving, require_room, write_gifts
from marketplace.images.ownership import require_owner
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.editions import editions_by_name

COLUMNS: Final = ("email", "product", "edition", "note", "ends_on")
NEEDED: Final = frozenset({"email", "product"})
MOST_BYTES: Final = 256 * 1024
MOST_LINES: Final = 250
_MOST_FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file: how many gifts it made, and how many of its lines an earlier upload had made."""

    given: int
    known: int


def give_by_file(*, seller_id: UUID, content: bytes, reason: str, actor: User) -> Uploaded:
    """Give what the lines of a CSV file say: all of them, or nothing. The same line again gives nothing, even if it was taken back.

    Raises:
        EmailNotVerified: the actor has no verified address.
        NotYours, RoleNotEnough: the actor does not decide for the seller.
        ReasonMissing: no reason.
        InvalidFile: it is too large or something in it is wrong; says what, by line.
        SellerIsSuspended, NothingToGive, TooManyGifts, TooManyGiftsToAddress: as `give_link`.
    """
    require_verified_email(actor)
    require_owner(actor, seller_id)
    require_reason(reason)
    givings = read_file(content, seller_id=seller_id)
    with locked_transaction():
        seller = lock_seller(account_id=seller_id)
        keys = [giving.upload_key for giving in givings]
        known = set(Gift.objects.filter(giver=seller_id, upload_key__in=keys).values_list("upload_key", flat=True))
        fresh = [giving for giving in givings if giving.upload_key not in known]
        require_room(seller, fresh)
        write_gifts(seller, fresh, reason=reason, actor=actor)
    return Uploaded(given=len(fresh), known=len(known))


def read_file(content: bytes, *, seller_id: UUID) -> list[Giving]:
    """Return what each line gives.

    Args:
        content: CSV (RFC 4180) in UTF-8, with a first line of `COLUMNS` in any order; edition, note and ends_on may be left out. A
            product is written `namespace/name` as in its address, an edition by its name, ends_on as `2027-12-31`: the last day, in UTC.

    Raises:
        InvalidFile: as `give_by_file`.
    """
    lines = _lines_of(_text_of(content))
    products = products_named(seller_id, {values["product"] for _, values in lines})
    editions = editions_by_name({product.pk for product in products.values()})
    givings: list[Giving] = []
    faults: list[Fault] = []
    first: dict[str, int] = {}  # line of each gift
    for number, values in lines:
        edition = _edition_of(values, products, editions)
        found = list(_faults_of_line(values, products, edition))
        if not found:
            giving = _giving(values, products, edition)
            if first.setdefault(giving.upload_key, number) != number:
                found = [gettext("The same as line {line}.").format(line=first[giving.upload_key])]
            givings.append(giving)
        faults += [Fault(number, sentence) for sentence in found]
    if faults:
        raise InvalidFile(faults[:_MOST_FAULTS])
    return givings


def _lines_of(text: str) -> list[tuple[int, dict[str, str]]]:
    """Return each line below the first with its number and its fields by column; `surplus` is what stands beyond the columns."""
    reader = csv.reader(StringIO(text), strict=True)
    try:
        rows = [(reader.line_num, [field.strip() for field in row]) for row in reader if row]
    except csv.Error as error:
        raise InvalidFile([Fault(reader.line_num, gettext("This is not CSV: {why}.").format(why=error))]) from error
    columns = [name.lower() for name in rows[0][1]] if rows else []
    if faults := list(_faults_of_file(columns, len(rows) - 1)):
        raise InvalidFile(faults)
    blanks = [""] * len(columns)
    return [
        (number, dict(zip(columns, [*row, *blanks], strict=False)) | {"surplus": "".join(row[len(columns) :])}) for number, row in rows[1:]
    ]


def _text_of(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise InvalidFile([Fault(0, gettext("The file is larger than {size} kB.").format(size=MOST_BYTES // 1024))])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile([Fault(0, gettext("The file is not UTF-8. Save it as CSV in UTF-8."))]) from error
    if "\0" in text:
        raise InvalidFile([Fault(0, gettext("The file is not CSV: it has binary characters."))])
    return text


def _faults_of_file(names: list[str], count: int) -> Iterator[Fault]:
    if not NEEDED <= set(names) <= set(COLUMNS) or len(names) != len(set(names)):
        sentence = gettext(
            "The first line names the columns email and product, and may name edition, note and ends_on. Nothing else, and none twice."
        )
        yield Fault(1, sentence)
    elif count < 1:
        yield Fault(1, gettext("There is no line below the first."))
    elif count > MOST_LINES:
        yield Fault(0, gettext("A file may have {most} lines; this one has {count}.").format(most=MOST_LINES, count=count))


def _edition_of(values: dict[str, str], products: dict[str, Product], editions: dict[tuple[UUID, str], Edition]) -> Edition | None:
    product, name = products.get(values["product"]), values.get("edition", "")
    return editions.get((product.pk, name.casefold())) if product and name else None


def _faults_of_line(values: dict[str, str], products: dict[str, Product], edition: Edition | None) -> Iterator[str]:
    note, ends_on = values.get("note", ""), values.get("ends_on", "")
    if values["surplus"]:
        yield gettext("It has more fields than there are columns.")
    try:
        validate_email(normal_email(values["email"]))
    except ValidationError:
        yield gettext("“{email}” is no e-mail address.").format(email=values["email"])
    if values["product"] not in products:
        sentence = gettext("You have no product “{product}” that can be given; write namespace/name as in its address.")
        yield sentence.format(product=values["product"])
    elif values.get("edition") and edition is None:
        yield gettext("“{product}” has no edition “{edition}”.").format(product=values["product"], edition=values["edition"])
    if len(note) > LONGEST_MESSAGE or not "".join(note.split()).isprintable():
        sentence = gettext("The note is longer than {most} characters, or has characters that cannot be seen.")
        yield sentence.format(most=LONGEST_MESSAGE)
    end = _end_of(ends_on) if ends_on else None
    if ends_on and end is None:
        yield gettext("“{day}” is no day: write it like 2027-12-31.").format(day=ends_on)
    elif end is not None and end <= timezone.now():
        yield gettext("{day} is over.").format(day=ends_on)


def _giving(values: dict[str, str], products: dict[str, Product], edition: Edition | None) -> Giving:
    email, ends_on, product = normal_email(values["email"]), values.get("ends_on", ""), products[values["product"]]
    parts = (email, str(product.pk), ends_on, *([str(edition.pk)] if edition else []))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return Giving(product, email, values.get("note", ""), _end_of(ends_on) if ends_on else None, upload_key=key, edition=edition)


def _end_of(day: str) -> datetime | None:
    """Return until when access lasts whose last day is written so; None if the text is no day."""
    try:
        return end_of_day(date.fromisoformat(day))
    except ValueError:
        return None
