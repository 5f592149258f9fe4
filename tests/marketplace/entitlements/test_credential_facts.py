"""One round trip for credential and facts: it finds what the two would find that ask one after the other."""

from dataclasses import replace

from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import identity_token_for
from marketplace.credentials.models import CredentialImage
from marketplace.entitlements.credential_facts import find_credential_facts
from marketplace.entitlements.policy import Subject, access_facts
from tests.factories.accounts import AccessTokenFactory, RobotFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory, ProductFactory

booleans = st.booleans()


def token_of(*, robot, staff, role, limited):
    if robot:
        return RobotFactory()
    limits = {"limited_to": "order:1", "scopes": [TokenScope.PULL.value]} if limited else {}
    return AccessTokenFactory(user=UserFactory(is_staff=staff or role, is_superuser=staff), **limits)


class SameFactsTest(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.fixed_dictionaries(dict.fromkeys(("robot", "staff", "role", "limited"), booleans)), st.tuples(*[booleans] * 5))
    def test_the_facts_of_a_secret_are_those_of_its_subject(self, whose, world):
        token, (owned, held, free, ended, revoked) = token_of(**whose), world
        account = token.user.account if token.user else token.organisation
        image = ImageFactory(**({"ended_at": timezone.now(), "end_kind": "expired"} if ended else {}))
        if owned and token.user:
            image = ProductFactory(namespace__seller__account=account).images.get()
        if held:
            EntitlementFactory(holder=account, image=image, revoked=revoked)
        other = (FreeProductFactory if free else ProductFactory)().images.get()
        if token.limited:
            CredentialImage.objects.create(credential=token, image=other)
        names = [image.repository, other.repository, "nobody/nothing", "\0"]

        subject = Subject.by_token(AccessToken.objects.get(pk=token.pk))
        expected = {name: replace(facts, sold_at="") for name, facts in access_facts(subject=subject, repositories=names).items()}

        assert set(expected) == {image.repository, other.repository}
        for secret in (token.secret, identity_token_for(token)):
            found = find_credential_facts(secret, repositories=names)
            assert found is not None
            assert (found.credential.pk, found.subject, found.facts) == (token.pk, subject, expected)
