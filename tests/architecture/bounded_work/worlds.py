"""Somebody who sells, buys and belongs to an organisation, with a row of each kind and whoever asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Model
from django.test import Client

from accounts.people.models import User

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class World:
    """Somebody who sells, buys and belongs to an organisation, and their rows by the name of the parameter.

    Attributes:
        page: the person's browser.
        program: what asks the API with their token.
        staff: somebody else, who sees everything.
        today: when the test began, which is PostgreSQL's `current_date` to its end, also past midnight.
    """

    user: User
    rows: Mapping[str, Model]
    page: Client
    program: Client
    staff: Client
    today: date

    def row(self, name: str, kind: type[M]) -> M:
        """Return the row with this name."""
        found = self.rows[name]
        assert isinstance(found, kind)
        return found
