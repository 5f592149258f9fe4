"""The admin speaks English: its apps and models have names that people say."""

import re

import pytest
from django.apps import AppConfig, apps
from django.contrib import admin
from django.db.models import Model

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
