"""What the shop holds of a person: each app tells how to export its part, what stands against deleting it, and how to forget it.

An app registers its part when Django starts (`AppConfig.ready`), for imports point one way and the accounts know nothing of orders.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User

_parts: dict[str, "Part"] = {}


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


def register_part(name: str, part: Part) -> None:
    """Add an app's part; `name` is the app's label."""
    _parts[name] = part


def forgotten_address(user: User) -> str:
    """Return what stands where the person's e-mail address stood; no mail can ever go there (RFC 2606)."""
    return f"{user.pk.hex}@deleted.invalid"


def parts() -> list[Part]:
    """Return the parts: those who rely on accounts in the order of their names, the accounts themselves last."""
    return [_parts[name] for name in sorted(_parts, key=lambda name: (name == "accounts", name))]
