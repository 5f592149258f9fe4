"""Who signs in (User), and who owns, buys and holds (Account)."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from common.db.models import SavedByField, UUIDModel
from common.ids import new_id

USERNAME_PATTERN = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"


class UserManager(BaseUserManager["User"]):
    """Makes users together with their person account: one never exists without the other."""

    def create_user(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user and their person account."""
        user = self.model(username=username.lower(), email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff with all permissions."""
        return self.create_user(username, email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=(username or "").lower())


class User(SavedByField, AbstractBaseUser, PermissionsMixin):
    """A person who signs in. `username` is what docker shows, so it follows OCI's grammar for a name component."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(
        max_length=39,
        unique=True,
        validators=[
            RegexValidator(rf"^{USERNAME_PATTERN}\Z", gettext_lazy("Use lower-case letters and digits, with single . _ or - between them."))
        ],
        error_messages={"unique": gettext_lazy("This user name is taken. Choose another one.")},
    )
    email = models.EmailField(
        max_length=254, error_messages={"unique": gettext_lazy("This address has an account. Sign in, or reset the password.")}
    )
    is_staff = models.BooleanField(default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField(default=True, help_text="Switch off instead of deleting: their tokens end with the next request.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The person was forgotten; the row stays because others refer to it."
    )
    # The languages themselves are no part of the schema: a new one needs no migration.
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="Of pages and mails; empty is what the browser asks for."
    )
    mail_language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="Of mails, while pages are in what the browser asks for."
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="Of prices, where a product has several; empty is the browser’s region’s.",
    )
    # Raised by "log out everywhere": sessions and identity tokens of an older generation no longer work.
    credential_generation = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(condition=models.Q(username__regex=rf"^{USERNAME_PATTERN}$"), name="user_username_is_oci_safe"),
        )

    def __str__(self) -> str:
        return self.username

    @property
    def has_all_rights(self) -> bool:
        """Whether they are staff without a role: who may also pull and delete whatever the registry has."""
        return self.is_staff and self.is_superuser

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie every browser session to the password, as Django does, and to the generation: raising it ends them all."""
        salt = "accounts.people.models.User.get_session_auth_hash"
        return salted_hmac(salt, f"{self.password}:{self.credential_generation}", secret=secret, algorithm="sha256").hexdigest()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new user gets their person account in the same transaction, whoever creates them."""
        with transaction.atomic():
            new = self._state.adding
            super().save(*args, **kwargs)
            if new:
                Account.objects.create(kind=Account.Kind.PERSON, user=self, name=self.username, handle=self.username)


class Account(UUIDModel):
    """Who owns namespaces, buys and holds entitlements: a person, or an organisation with members."""

    class Kind(models.TextChoices):
        PERSON = "person"
        ORGANISATION = "organisation"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="account")
    name = models.CharField(max_length=80)
    # People and organisations share one set of names, so that none passes for another. Robots are named after it: acme+build.
    handle = models.CharField(max_length=39, unique=True, help_text="A person's user name, or an organisation's short name.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When its owners closed the organisation, for good.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind="person", user__isnull=False) | models.Q(kind="organisation", user__isnull=True),
                name="account_person_has_a_user",
            ),
            models.CheckConstraint(condition=models.Q(handle__regex=rf"^{USERNAME_PATTERN}$"), name="account_handle_is_oci_safe"),
        )

    def __str__(self) -> str:
        return self.name
