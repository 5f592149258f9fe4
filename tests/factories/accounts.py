"""People, sellers and tokens."""

from datetime import timedelta

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from factory.django import DjangoModelFactory

from accounts.organisations.models import Invitation, Membership, Role
from accounts.people.models import Account, User
from accounts.privacy.models import DataExport
from accounts.sellers.models import SellerProfile
from accounts.sessions.models import SignIn
from accounts.tokens import secrets
from accounts.tokens.models import AccessToken, TokenScope

PASSWORD = "a sentence that opens the door"


class OnlyIfAsked(factory.SubFactory):
    """A parameter that is made once a field asks for it: a plain one is made also where nothing needs it."""

    def evaluate(self, instance, step, extra):
        return SimpleLazyObject(lambda: super(OnlyIfAsked, self).evaluate(instance, step, extra))


class UserFactory(DjangoModelFactory):
    """A user with their person account, the password `PASSWORD` and (unless `verified=False`) a verified address."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        staff = factory.Trait(is_staff=True, is_superuser=True)

    username = factory.Sequence(lambda n: f"person-{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.test")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **kwargs)

    @factory.post_generation
    def verified(self, create, extracted, **kwargs):
        if create:
            EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=extracted is not False)


class SellerFactory(DjangoModelFactory):
    """A seller whose account is a person's; Stripe accepts payments unless `charges_enabled=False`."""

    class Meta:
        model = SellerProfile

    class Params:
        user = OnlyIfAsked(UserFactory)

    account = factory.LazyAttribute(lambda seller: seller.user.account)
    display_name = factory.LazyAttribute(lambda seller: seller.account.name.title())
    namespace_quota = 1
    stripe_account_id = factory.Sequence(lambda n: f"acct_{n:016}")
    charges_enabled = True
    payouts_enabled = True
    details_submitted = True


class AccessTokenFactory(DjangoModelFactory):
    """A token with all scopes; the made row carries its `secret`, as no row from the database does."""

    class Meta:
        model = AccessToken

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"token {n}")
    scopes = factory.LazyFunction(lambda: [scope.value for scope in TokenScope])
    secret = factory.LazyFunction(secrets.new_secret)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        secret = kwargs.pop("secret")
        kwargs.setdefault("secret_hash", secrets.secret_hash(secret))
        kwargs.setdefault("hint", secret[-secrets.HINT_LENGTH :])
        token = super()._create(model_class, *args, **kwargs)
        token.secret = secret
        return token


class OrganisationFactory(DjangoModelFactory):
    """An organisation's account; it has no members unless they are made."""

    class Meta:
        model = Account

    kind = Account.Kind.ORGANISATION
    handle = factory.Sequence(lambda n: f"firm-{n}")
    name = factory.LazyAttribute(lambda account: account.handle.title())


class MembershipFactory(DjangoModelFactory):
    """Somebody's membership in an organisation, as its owner unless said otherwise."""

    class Meta:
        model = Membership

    account = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.OWNER


class OrganisationSellerFactory(SellerFactory):
    """A seller that is an organisation, without members unless they are made."""

    class Params:
        user = None

    account = factory.SubFactory(OrganisationFactory)


class InvitationFactory(DjangoModelFactory):
    """An open invitation as a member; the made row carries its `secret`, as no row from the database does."""

    class Meta:
        model = Invitation

    account = factory.SubFactory(OrganisationFactory)
    email = factory.Sequence(lambda n: f"invited-{n}@example.test")
    role = Role.MEMBER
    invited_by = factory.SubFactory(UserFactory)
    secret = factory.LazyFunction(secrets.new_invitation_secret)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        secret = kwargs.pop("secret")
        invitation = super()._create(model_class, *args, secret_hash=secrets.secret_hash(secret), **kwargs)
        invitation.secret = secret
        return invitation


class SignInFactory(DjangoModelFactory):
    """A sign-in with a browser whose session is over."""

    class Meta:
        model = SignIn

    user = factory.SubFactory(UserFactory)
    session_key = factory.Sequence(lambda n: f"session-{n}")
    browser = "Firefox on Linux"
    device = factory.Sequence(str)


class DataExportFactory(DjangoModelFactory):
    """An archive that can be downloaded."""

    class Meta:
        model = DataExport

    user = factory.SubFactory(UserFactory)
    content = b"an archive"
    made_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class RobotFactory(AccessTokenFactory):
    """An organisation's robot, with its `secret`."""

    user = None
    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"robot-{n}")
    scopes = factory.LazyFunction(lambda: [TokenScope.PULL.value])
