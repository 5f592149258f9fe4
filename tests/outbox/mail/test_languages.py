"""A mail is in its recipient's language, whoever causes it."""

import pytest
from django.conf import settings
from django.utils import translation

from accounts.models import User
from outbox.mail.languages import language_for
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
ENGLISH = settings.LANGUAGE_CODE


@pytest.mark.parametrize(
    ("chosen", "otherwise", "language"),
    [
        pytest.param("de", None, "de", id="the account's"),
        pytest.param("de", ENGLISH, "de", id="the account's before the request's"),
        pytest.param("", "de", "de", id="the request's, if the account says none"),
        pytest.param("", None, ENGLISH, id="English, if nobody says one"),
        pytest.param("tlh", "tlh", ENGLISH, id="English, for one that we do not speak"),
    ],
)
def test_the_account_decides_then_the_request_then_english(chosen: str, otherwise: str | None, language: str) -> None:
    user: User = UserFactory(email="Mira@example.test", language=chosen)

    assert language_for(user.email.swapcase(), otherwise=otherwise) == language


def test_an_address_without_an_account_is_answered_as_the_request() -> None:
    UserFactory(email="mira@example.test", language="de")

    assert (language_for("kim@example.test", otherwise="de"), language_for("kim@example.test", otherwise=None)) == ("de", ENGLISH)


def test_a_mail_to_somebody_else_is_not_in_the_language_of_who_causes_it() -> None:
    UserFactory(email="mira@example.test", language="de")
    with translation.override("de"):
        queue_mail(to="kim@example.test", template="unknown_account", context={}, key="kim")
    with translation.override(ENGLISH):
        queue_mail(to="mira@example.test", template="unknown_account", context={}, key="mira")

    kim, mira = OutgoingMail.objects.order_by("to")
    assert f'<html lang="{ENGLISH}">' in kim.body_html
    assert '<html lang="de">' in mira.body_html


def test_the_language_of_an_account_is_one_row_from_an_index(django_assert_num_queries) -> None:
    with django_assert_num_queries(1) as asked:
        language_for("mira@example.test", otherwise=None)

    assert 'LOWER("accounts_user"."email")' in asked[0]["sql"]
