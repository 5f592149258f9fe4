"""Reports: somebody says that a product, an image, a shop or a review should not be there."""

from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.people.models import Account, User
from common.db.models import UUIDModel
from marketplace.moderation.labels import in_words

LONGEST = 4_000  # characters of a report, an answer or an appeal


class ReportQuerySet(models.QuerySet["Report"]):
    """Plain filters on reports."""

    def waiting(self) -> "ReportQuerySet":
        """Reports for which staff have something to do."""
        return self.filter(state__in=WAITING)


class Report(UUIDModel):
    """One report, what staff decided, and the appeal against it. What it is about is named by kind and UUID: that may be deleted.

    Attributes:
        reporter: who was signed in; empty for a visitor, who left an address.
        concerned: whose product, image, shop or review it is: they are told the decision, and may appeal.
        owner: the member of staff who looks after it.
        answer: to the reporter; `decision` is what the one concerned is told.
    """

    class About(models.TextChoices):
        PRODUCT = "product"
        IMAGE = "image"
        SHOP = "shop"
        REVIEW = "review"

    class Kind(models.TextChoices):
        IMPERSONATION = "impersonation", gettext_lazy("Pretends to be somebody else")
        MALWARE = "malware", gettext_lazy("Malware, or does harm")
        LICENCE = "licence", gettext_lazy("Breaks a licence or a copyright")
        OTHER = "other", gettext_lazy("Something else")

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("open")
        TAKEN = "taken", gettext_lazy("being looked at")
        UPHELD = "upheld", gettext_lazy("upheld")
        DISMISSED = "dismissed", gettext_lazy("dismissed")
        APPEALED = "appealed", gettext_lazy("appealed")
        APPEAL_GRANTED = "granted", gettext_lazy("appeal granted")
        APPEAL_REJECTED = "rejected", gettext_lazy("appeal rejected")

    about = models.CharField(max_length=10, choices=About.choices)
    target_id = models.UUIDField()
    target_label = models.CharField(max_length=300, help_text="What it was called when it was reported.")
    concerned = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reports_about")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    details = models.TextField(max_length=LONGEST, blank=True, validators=[MaxLengthValidator(LONGEST)])
    reporter = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    reporter_email = models.EmailField(max_length=254, null=True, blank=True)  # noqa: DJ001  two without an address are not the same
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(max_length=LONGEST, blank=True)
    decision = models.TextField(max_length=LONGEST, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    appeal = models.TextField(max_length=LONGEST, blank=True)
    appealed_at = models.DateTimeField(null=True, blank=True, editable=False)
    appeal_answer = models.TextField(max_length=LONGEST, blank=True)
    appeal_decided_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Report"]] = ReportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("reporter", "about", "target_id"), condition=Q(decided_at__isnull=True), name="report_one_open_of_a_user"
            ),
            models.UniqueConstraint(
                fields=("reporter_email", "about", "target_id"), condition=Q(decided_at__isnull=True), name="report_one_open_of_an_address"
            ),
            models.CheckConstraint(condition=Q(reporter__isnull=True) | Q(reporter_email__isnull=True), name="report_has_one_reporter"),
            models.CheckConstraint(condition=Q(state="open") | Q(owner__isnull=False), name="report_taken_has_an_owner"),
            models.CheckConstraint(
                condition=Q(state__in=("open", "taken"), decided_at__isnull=True)
                | (~Q(state__in=("open", "taken")) & Q(decided_at__isnull=False)),
                name="report_decided_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("appealed", "granted", "rejected")) | Q(appealed_at__isnull=False), name="report_appeal_has_a_date"
            ),
        )
        indexes = (
            models.Index(fields=("state", "created_at"), name="report_queue"),
            models.Index(fields=("about", "target_id"), name="report_of_target"),
        )
        ordering = ("created_at",)

    def __str__(self) -> str:
        return f"{self.kind}: report about {self.about} {self.target_id}"

    @property
    def translated_label(self) -> str:
        """What it is about, in the reader's language."""
        return in_words(self.target_label)

    @property
    def can_be_appealed(self) -> bool:
        return self.state == self.State.UPHELD


UNDECIDED = (Report.State.OPEN, Report.State.TAKEN)
WAITING = (*UNDECIDED, Report.State.APPEALED)
