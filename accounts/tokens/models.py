"""Access tokens: what `docker login` and the API take as a password."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.people.models import USERNAME_PATTERN, Account, User
from common.db.models import UUIDModel

_SOON = timedelta(days=14)


class TokenScope(models.TextChoices):
    """What a token may be used for, at most; its user's rights decide the rest."""

    PULL = "registry:pull", gettext_lazy("Pull images")
    PUSH = "registry:push", gettext_lazy("Push images")
    API = "api", gettext_lazy("Use the API")


class AccessToken(UUIDModel):
    """A credential of a user, or of an organisation: then it is a robot, which outlives its maker's membership.

    A robot pulls, and pushes only to images that it is limited to.
    Only a keyed hash of the secret is stored: the secret itself is shown once.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="access_tokens")
    organisation = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="robots")
    name = models.CharField(max_length=80, help_text="Where it is used, e.g. build server.")
    secret_hash = models.CharField(max_length=64, editable=False)  # HMAC-SHA256, hex
    hint = models.CharField(max_length=8, editable=False)  # the last characters, to tell tokens apart
    scopes = ArrayField(models.CharField(max_length=20, choices=TokenScope.choices))
    # Set together with the rows of a higher layer that name the images; those decide, this is for people to read.
    limited_to = models.TextField(blank=True, default="", db_default="", editable=False, help_text="Names of the only images it is for.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How many days before its end its owner was last reminded; null: not yet.
    reminded_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    superseded_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="A robot's newer secret is out since; this one ends."
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("secret_hash",), name="access_token_secret_unique"),
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="access_token_has_a_scope"),
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=[scope.value for scope in TokenScope]),
                name="access_token_scopes_known",
            ),
            models.CheckConstraint(
                condition=models.Q(limited_to="") | models.Q(scopes__contained_by=[TokenScope.PULL.value, TokenScope.PUSH.value]),
                name="access_token_limited_uses_no_api",
            ),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, organisation__isnull=True)
                | models.Q(user__isnull=True, organisation__isnull=False, name__regex=rf"^{USERNAME_PATTERN}$"),
                name="access_token_of_user_or_robot",
            ),
            models.CheckConstraint(
                condition=models.Q(organisation__isnull=True)
                | models.Q(scopes=[TokenScope.PULL.value])
                | models.Q(scopes=[TokenScope.PULL.value, TokenScope.PUSH.value]) & ~models.Q(limited_to=""),
                name="access_token_robot_pushes_if_limited",
            ),
            models.UniqueConstraint(
                fields=("organisation", "name"),
                condition=models.Q(revoked_at__isnull=True, superseded_at__isnull=True),
                name="access_token_robot_name_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(superseded_at__isnull=True) | models.Q(organisation__isnull=False, expires_at__isnull=False),
                name="access_token_superseded_robot_ends",
            ),
        )
        indexes = (
            models.Index(fields=("user", "-created_at"), name="access_token_of_user"),
            models.Index(fields=("expires_at",), condition=models.Q(revoked_at__isnull=True), name="access_token_ending"),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"

    @property
    def username(self) -> str:
        """The user name that `docker login` takes with it, and by which the registry knows its bearer."""
        return self.user.username if self.user else f"{self.organisation.handle if self.organisation else ''}+{self.name}"

    @property
    def generation(self) -> int:
        """The generation that its identity token belongs to; a robot has only one, and is ended by revoking it."""
        return self.user.credential_generation if self.user else 0

    @property
    def limited(self) -> bool:
        """Whether it is for some images only."""
        return bool(self.limited_to)

    @property
    def is_live(self) -> bool:
        """Whether it has neither ended nor been revoked."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def ends_soon(self) -> bool:
        """Whether it is live and ends within 14 days."""
        return self.is_live and self.expires_at is not None and self.expires_at <= timezone.now() + _SOON

    @property
    def days_left(self) -> int:
        """How many whole days are left, if it has an end."""
        return (self.expires_at - timezone.now()).days if self.expires_at else 0
