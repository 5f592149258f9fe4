"""What the shop holds of a person: each app tells how to export its part, what stands against deleting it, and how to forget it.

An app tells it as `PART` in a module `personal_data` of its own, which is found as Django finds `admin`: imports point one way,
and the accounts know nothing of orders.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.utils.module_loading import module_has_submodule

from accounts.people.models import User


@dataclass(frozen=True, slots=True)
class Part:
    """What one app holds.

    Attributes:
        export: returns it by subject, as JSON can hold it; never secrets, nor what belongs to others.
        obstacles: sentences that say what must be done before the person can be forgotten; none where nothing is in the way.
        forget: removes or blanks it, inside the transaction of the deletion, with the user locked.
    """

    export: Callable[[User], Mapping[str, Any]]
    obstacles: Callable[[User], Iterable[str]]
    forget: Callable[[User], None]


def forgotten_address(user: User) -> str:
    """Return what stands where the person's e-mail address stood; no mail can ever go there (RFC 2606)."""
    return f"{user.pk.hex}@deleted.invalid"


def parts() -> list[Part]:
    """Return the parts: those who rely on accounts first, the accounts themselves last."""
    found = {app.label: import_module(f"{app.name}.personal_data").PART for app in apps.get_app_configs() if _has_part(app)}
    return [found[label] for label in sorted(found, key=lambda label: (label == "accounts", label))]


def _has_part(app: AppConfig) -> bool:
    return module_has_submodule(app.module, "personal_data")
