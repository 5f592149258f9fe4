import pytest

from accounts.people.selectors import accounts_of_subjects
from tests.factories.accounts import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_users_subject_is_theirs_and_a_robots_its_organisations() -> None:
    mira, acme = UserFactory(username="mira"), OrganisationFactory(handle="acme")

    found = accounts_of_subjects(["mira", "acme+ci", "acme+gone", "nobody", "nobody+ci", ""])

    assert found == {"mira": mira.account.pk, "acme+ci": acme.pk, "acme+gone": acme.pk}


def test_without_robots_one_question_is_enough(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert accounts_of_subjects(["mira"]) == {}
