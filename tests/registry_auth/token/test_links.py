"""The token process knows no views, so it spells two of the shop's addresses itself."""

from django.urls import reverse

from registry_auth.token.issue import TOKENS_PATH, WHY_PATH


def test_the_pages_that_refusals_name_are_where_the_web_process_has_them() -> None:
    assert reverse("marketplace:tokens", urlconf="config.urls") == TOKENS_PATH
    assert reverse("registry_auth:why", urlconf="config.urls") == WHY_PATH
