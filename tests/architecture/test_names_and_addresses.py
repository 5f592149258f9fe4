"""One rule for names that people read and one for e-mail addresses, wherever either is typed.

The fields come from the forms and serializers themselves. A new field of text fails until it is a name, or is said below to be none.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.forms import ChangeEmailForm, RequestLoginCodeForm, UserForm
from django import forms
from django.core.exceptions import ValidationError
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from accounts.organisations.forms import InvitationForm
from accounts.people.models import User
from accounts.sign_in.adapter import AccountAdapter
from common.api.fields import NameField as ApiNameField
from common.text import NOT_PLAIN, UNREADABLE
from common.web.forms import NameField
from tests.factories.accounts import UserFactory

OURS = ("accounts.", "marketplace.", "billing.", "registry_auth.", "common.")
# In a grammar of their own, long texts, what is looked up, secrets, numbers.
NO_NAMES = {
    "domain",
    "handle",
    "slug",
    "q",
    "username",
    "buyer",
    "seller",
    "code",
    "product",
    "products",
    "image",
    "images",
    "secret",
    "amount",
    "suggested",
    "description",
    "licence_text",
    "holder",
    "reason",
    "featured_tag",
    "text",
    "answer",
    "details",
    "decision",
    "appeal",
    "message",
    "account",
}
# In the grammar of images, of user names and of tax offices.
NO_NAMES_OF = {
    "BillingDetailsForm.vat_id",
    "BillingDetailsForm.tax_id",
    "OfferForm.email",  # or a handle
    "NewOfferSerializer.email",  # the same
    "RefundForm.left",  # hidden, and made by the page itself
    "StartForm.name",
    "HandOverForm.typed",
    "ReserveForm.name",
    "RobotForm.name",
    "NewNamespaceSerializer.name",
    "NewImageSerializer.name",
    "NewRobotSerializer.name",
}
HIDDEN = ["\u200b", "\u202elive", "a\u0007b", "\u3164", "\u0301", "a\u200fb", "\ufeff", "a\u2028b", "\u00ad", "a\U000e0001b"]
LONG = "a" * 64 + "@" + "b." * 95 + "example.test"
STRANGE = ["ſam@example.test", "İnci@example.test", "a@exämple.test", "\u212a@example.test", LONG]


def below(kind: type) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


def taken_by_the_api() -> set[str]:
    """The names of the serializers that the API reads requests with, as its own description calls them."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"].values()
    bodies = [operation["requestBody"] for operations in paths for operation in operations.values() if "requestBody" in operation]
    names = [
        re.sub(r".*/(Patched)?|Request$", "", content["schema"].get("$ref", "")) for body in bodies for content in body["content"].values()
    ]
    return {f"{name}Serializer" for name in names}


def fields_of_text() -> dict[str, Any]:
    """Every field of ours that takes text, by its class's name and its own."""
    get_resolver().url_patterns  # noqa: B018  every form and serializer is loaded with its view
    found: dict[str, Any] = {}
    for form in below(forms.Form):
        if form.__module__.startswith(OURS):
            found |= {
                f"{form.__name__}.{name}": field for name, field in form.base_fields.items() if type(field) in {forms.CharField, NameField}
            }
    taken = taken_by_the_api()
    for serializer in below(serializers.Serializer):
        if serializer.__name__ in taken and serializer.__module__.startswith(OURS):
            declared = serializer._declared_fields.items()
            found |= {
                f"{serializer.__name__}.{name}": field for name, field in declared if type(field) in {serializers.CharField, ApiNameField}
            }
    return found


def is_name(where: str) -> bool:
    return where not in NO_NAMES_OF and where.partition(".")[2] not in NO_NAMES


FIELDS = fields_of_text()
NAMES = sorted(where for where in FIELDS if is_name(where))


def take(field: Any, value: str) -> str:
    """What becomes of a text that is typed into the field, in a form or in the API.

    Raises:
        ValidationError: it is refused.
    """
    try:
        return str(field.clean(value) if isinstance(field, forms.Field) else field.run_validation(value))
    except serializers.ValidationError as refused:
        raise ValidationError(str(next(iter(refused.detail)))) from refused


@pytest.mark.parametrize("where", NAMES)
def test_a_name_can_be_seen_as_it_is(where: str) -> None:
    field = FIELDS[where]

    assert isinstance(field, NameField | ApiNameField)
    for hidden in HIDDEN:
        with pytest.raises(ValidationError, match=re.escape(UNREADABLE)):
            take(field, hidden)


@pytest.mark.parametrize("where", NAMES)
def test_a_name_is_kept_in_one_form(where: str) -> None:
    assert take(FIELDS[where], " A\u0308rger\u00a0№\u2009東京 🐳 ") == "Ärger № 東京 🐳"


def test_names_are_where_names_are() -> None:
    assert len(NAMES) >= 12
    assert {where for where in FIELDS if not is_name(where) and isinstance(FIELDS[where], NameField | ApiNameField)} == set()
    assert set(FIELDS) >= NO_NAMES_OF


def addresses() -> list[tuple[str, Any]]:
    """Every form with an e-mail field, ours and allauth's."""
    found = [form for form in below(forms.Form) if form.__module__.startswith((*OURS, "allauth.account."))]
    # Signing in, and confirming an address, by a code in a mail are off.
    found = [form for form in found if not issubclass(form, RequestLoginCodeForm | ChangeEmailForm)]
    return [(f"{form.__module__}.{form.__name__}", form) for form in found if isinstance(form.base_fields.get("email"), forms.EmailField)]


@pytest.mark.parametrize("address", STRANGE)
def test_an_address_is_plain_whoever_reads_it(address: str) -> None:
    invitation = InvitationForm({"email": address, "role": "member"})

    with pytest.raises(ValidationError):
        AccountAdapter().clean_email(address)
    assert not invitation.is_valid()


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "form"), addresses(), ids=lambda one: one if isinstance(one, str) else "")
def test_each_form_of_an_address_has_the_rule(name: str, form: Any) -> None:
    whose = {"user": UserFactory()} if issubclass(form, UserForm) else {}

    asked = form(data={"email": "ſam@example.test"}, **whose)

    assert asked.errors["email"] == [NOT_PLAIN]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/account/signup/", "/account/password/reset/"])
def test_a_page_refuses_an_address_that_is_not_plain(client, address: str) -> None:
    given = {"email": "ſam@example.test", "username": "sam", "password1": "a sentence that opens the door"}

    answer = client.post(address, given)

    assert NOT_PLAIN.replace("'", "&#x27;") in answer.content.decode()
    assert not User.objects.exists()
