"""Where people signed in with a browser: their open sessions, and the devices that are known."""

from django.db import models
from django.utils import timezone

from accounts.people.models import User
from accounts.sessions.browsers import in_words
from common.db.models import UUIDModel


class SignIn(UUIDModel):
    """One sign-in with a browser. While its session is open, its user can end it; afterwards it says that the device is known.

    Attributes:
        session_key: of Django's session; it changes with the password.
        browser: kind of browser and system, as people call them in English.
        device: keyed hash of user, browser and network, by which the same device is recognised without a cookie of its own.
        address: network address, as its user is shown it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    browser = models.CharField(max_length=60)
    device = models.CharField(max_length=64, editable=False)
    address = models.GenericIPAddressField(null=True, blank=True)
    signed_in_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=("user", "-signed_in_at"), name="sign_in_of_user"),
            models.Index(fields=("signed_in_at",), name="sign_in_oldest"),
        )
        ordering = ("-signed_in_at",)
        verbose_name = "sign-in"

    def __str__(self) -> str:
        return f"{self.browser}, {self.signed_in_at:%Y-%m-%d %H:%M} UTC"

    @property
    def browser_words(self) -> str:
        """The same in the reader's language."""
        return in_words(self.browser)
