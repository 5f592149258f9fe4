"""Handlers of personal data: each app says how to export what it holds of a person, what prevents deletion, and how to forget it.

An app declares its `HANDLER` in a module `personal_data`, which is discovered as Django discovers `admin`: imports point one way, and
accounts know nothing of orders.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from django.apps import AppConfig, apps
from django.db.models import QuerySet
from django.utils.module_loading import module_has_submodule

from accounts.people.models import Account, User


@dataclass(frozen=True, slots=True)
class PersonalDataHandler:
    """Handles what one app holds of a person.

    Attributes:
        export: returns it by subject, in types that JSON can hold; never secrets, nor what belongs to others.
        obstacles: sentences that say what must be done before the account can end; none if nothing prevents it.
        forget: removes or blanks what it holds of the account, in the transaction of its end. The account is a person's, or an
            organisation's that is closed.
    """

    export: Callable[[User], Mapping[str, Any]]
    obstacles: Callable[[Account], Iterable[str]]
    forget: Callable[[Account], None]


MOST_ROWS: Final = 50_000  # of one subject: a worker makes an archive in memory


def rows(found: "QuerySet[Any, Any]") -> list[Any]:
    """Return the rows of a subject, at most `MOST_ROWS`."""
    return list(found[:MOST_ROWS])


def forgotten_address(user: User) -> str:
    """Return what replaces the person's e-mail address; no mail can ever go there (RFC 2606)."""
    return f"{user.pk.hex}@deleted.invalid"


def handlers() -> list[PersonalDataHandler]:
    """Return the handlers of all apps: those that rely on accounts first, accounts last."""
    found = {app.label: import_module(f"{app.name}.personal_data").HANDLER for app in apps.get_app_configs() if _has_handler(app)}
    return [found[label] for label in sorted(found, key=lambda label: (label == "accounts", label))]


def _has_handler(app: AppConfig) -> bool:
    return module_has_submodule(app.module, "personal_data")
