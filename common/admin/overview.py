"""Staff's overview: figures above the list of tables, each panel for those who may look at what it counts.

    @panel("Mail", permission="outbox.view_outgoingmail")
    def mail() -> Iterator[Fact]:
        yield Fact("Waiting", str(waiting), page_of_rows(OutgoingMail, sent_at__isempty=1))

An app's panels lie in `APP/admin/overview.py`, which its `admin` imports, as Django finds its tables.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django import template
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db.models import Model
from django.template import RequestContext
from django.urls import reverse
from django.utils.http import urlencode

register = template.Library()


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure with its name.

    Attributes:
        url: where the rows are that it counts; may be empty.
        alarming: whether staff must do something about it.
    """

    label: str
    value: str
    url: str = ""
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Figures of one kind, and the permission of those who may see them."""

    title: str
    permission: str
    facts: Callable[[], Iterable[Fact]]


PANELS: Final[list[Panel]] = []  # filled by the decorator: complete once Django has found the admin of all apps


def panel(title: str, *, permission: str) -> Callable[[Callable[[], Iterable[Fact]]], Callable[[], Iterable[Fact]]]:
    """Add a function's facts to the overview.

    Args:
        title: a heading of one or two words.
        permission: as Django writes it, `app.codename`; staff without it do not see the panel, and nothing is counted for them.
    """

    def declare(facts: Callable[[], Iterable[Fact]]) -> Callable[[], Iterable[Fact]]:
        PANELS.append(Panel(title, permission, facts))
        return facts

    return declare


def page_of_rows(model: type[Model], **filters: str | int) -> str:
    """Return the admin's list of a model's rows, filtered as the list's own filters do."""
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{page}?{urlencode(filters)}" if filters else page


def panels_for(user: AbstractBaseUser | AnonymousUser) -> list[tuple[str, list[Fact]]]:
    """Return the panels that a member of staff may see, by title, with their facts."""
    may = user.has_perm if isinstance(user, PermissionsMixin) else lambda _: False
    return [(each.title, list(each.facts())) for each in sorted(PANELS, key=lambda each: each.title) if may(each.permission)]


@register.simple_tag(takes_context=True)
def overview(context: RequestContext) -> list[tuple[str, list[Fact]]]:
    """Return the panels of whoever reads the page."""
    return panels_for(context["request"].user)
