"""The admin speaks English: its apps and models have names that people say, and its numbers have units."""

import re
from datetime import UTC, datetime

import pytest
from django.apps import AppConfig, apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import IntegerField, Model
from django.test import RequestFactory
from django.utils import formats, translation

from tests.factories.accounts import UserFactory

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
APPS = sorted({model._meta.app_label for model in MODELS})
PROPER = ("stripe",)


@pytest.mark.parametrize("label", APPS)
def test_an_app_has_a_name_of_words(label: str) -> None:
    config: AppConfig = apps.get_app_config(label)

    assert "verbose_name" in vars(type(config))
    assert re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*", str(config.verbose_name))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_model_has_a_name_and_a_plural_of_words(model: type[Model]) -> None:
    one, many = str(model._meta.verbose_name), str(model._meta.verbose_name_plural)

    assert "_" not in one
    assert many != f"{one}s" or not re.search(r"(ch|sh|s|x|z|[^aeiou]y)$", one)
    assert not one.startswith(PROPER)


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_amount_is_shown_without_its_currency(model: type[Model], rf: RequestFactory) -> None:
    shown, request = admin.site._registry[model], rf.get("/")
    request.user = UserFactory(staff=True)

    assert [name for name in (*shown.get_list_display(request), *shown.get_fields(request, model())) if is_amount(model, name)] == []


def is_amount(model: type[Model], name: object) -> bool:
    """Whether it is the bare number of a field that holds minor units."""
    try:
        field = model._meta.get_field(str(name))
    except FieldDoesNotExist:
        return False
    return isinstance(field, IntegerField) and (
        "minor units" in field.help_text.lower() or bool(re.search(r"amount|fee|paid|refunded", field.name))
    )


@pytest.mark.parametrize(
    ("hour", "minute", "written"), [(12, 0, "29 Nov 2026, 12:00"), (0, 0, "29 Nov 2026, 00:00"), (15, 5, "29 Nov 2026, 15:05")]
)
def test_times_are_written_so_that_a_column_of_them_can_be_compared(hour: int, minute: int, written: str) -> None:
    with translation.override("en-gb"):
        assert formats.localize(datetime(2026, 11, 29, hour, minute, tzinfo=UTC)) == written
