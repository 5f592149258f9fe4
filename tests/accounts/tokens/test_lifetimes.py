"""How long registry tokens live and may still work: computed once, whatever asks."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from accounts.tokens import lifetimes

ROOT = Path(django_settings.BASE_DIR)
APPS = ("config", "billing", "registry_auth", "marketplace", "accounts", "outbox", "audit", "common")
SETTINGS = ("LAYERSTORE_PULL_TOKEN_LIFETIME", "LAYERSTORE_PUSH_TOKEN_LIFETIME", "LAYERSTORE_TOKEN_LEEWAY")


def test_the_leeway_comes_on_top_and_minutes_are_rounded_up(settings):
    settings.LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=301)
    settings.LAYERSTORE_PUSH_TOKEN_LIFETIME = timedelta(seconds=1800)
    settings.LAYERSTORE_TOKEN_LEEWAY = timedelta(seconds=60)

    assert (lifetimes.pull_ends_after_minutes(), lifetimes.push_ends_after_minutes()) == (7, 31)
    assert lifetimes.push_ends_after() == timedelta(seconds=1860)


def test_a_lifetime_that_clients_would_not_understand_counts_as_the_shortest_everywhere(settings):
    settings.LAYERSTORE_PULL_TOKEN_LIFETIME = settings.LAYERSTORE_PUSH_TOKEN_LIFETIME = timedelta(seconds=5)
    settings.LAYERSTORE_TOKEN_LEEWAY = timedelta(seconds=90)

    assert lifetimes.pull_token_lifetime() == lifetimes.push_token_lifetime() == timedelta(seconds=60)
    assert lifetimes.push_ends_after() == timedelta(seconds=150)
    assert (lifetimes.pull_ends_after_minutes(), lifetimes.push_ends_after_minutes()) == (3, 3)


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_other_module_reads_the_settings(setting):
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    reading = {str(path.relative_to(ROOT)) for path in sources if setting in path.read_text(encoding="utf-8")}

    assert reading == {"config/settings/base.py", "accounts/tokens/lifetimes.py"}
