"""What the search knows of words: which ones the shop's products are called by, and which ones mean the same."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class KnownWord(models.Model):
    """A word in titles, names and summaries of offered products: what a typing error may mean, and what is suggested.

    Attributes:
        word: lower case; sorted by its bytes, so that an index finds what begins with a few letters.
        products: in how many of them; counted every 5 minutes.
    """

    word = models.CharField(max_length=40, primary_key=True, db_collation="C")
    products = models.PositiveIntegerField()

    class Meta:
        indexes = (GinIndex(fields=("word",), opclasses=("gin_trgm_ops",), name="known_word_alike"),)

    def __str__(self) -> str:
        return self.word


class Synonym(models.Model):
    """Words that mean the same: a search for one finds the others. Kept by staff."""

    words = ArrayField(
        models.CharField(
            max_length=40, validators=[RegexValidator(r"\A[a-z0-9]+\Z", gettext_lazy("Small letters and digits, one word each."))]
        ),
        size=10,
        help_text="Separated by commas: postgres, postgresql, pg",
    )

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(words__len__gte=2), name="synonym_of_something"),)
        ordering = ("words",)

    def __str__(self) -> str:
        return ", ".join(self.words)
