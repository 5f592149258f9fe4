"""What the search reads of products."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, IntegerField, Value, When
from django.db.models.functions import Cast, Length, Repeat
from django.utils.translation import gettext_lazy


class SearchEntry(models.Model):
    """What the search reads of a product: a narrow row beside the wide one, there for as long as the product is offered.

    `marketplace.products.services.search_entries` writes it: at once when the seller changes the page, the images or the price,
    within a minute when something else changed (a push, a pull, a sale, an act of staff).

    Attributes:
        names: title, names and slug (weight A), and the summary (B): small, because each match is ranked by it.
        document: these and the description (D), by which products are found.
        called: the exact names, in lower case, which come before everything that only speaks of them.
        words: of title, names and summary as they were typed, from which `marketplace.search` makes its list of known words.
        cost: the leading price, comparable across currencies, about US cents; of pay what you want the least. 0 is for nothing.
        platforms: a bit for each of `search_entries.PLATFORMS` on which all of its images run.
        size: which of `search_entries.SIZES` a pull of all its images is, counted from 0.
        licence: a `Licence`.
        verified: whether the seller has a verified domain.
        changed_at: when something was last pushed; at least when it was published.
        age: how many of `search_entries.AGES` that is ago.
        kind: what the filters count of it, beside its category, in one number that is quickly grouped by. Its digits from the right:
            free + 2 verified, age, size, licence, and all further ones platforms.
        indexed_at: the product's `updated_at` when its texts were read.
        room: blanks. PostgreSQL moves long values out of a row where the row is over 2 kB and leaves them in it where it is not: with
            these every row is, so what lies beside each other are the short values alone, which are read of every match.
    """

    class Licence(models.TextChoices):
        PERMISSIVE = "permissive", gettext_lazy("Open source, permissive")
        COPYLEFT = "copyleft", gettext_lazy("Open source, copyleft")
        SOURCE_AVAILABLE = "source-available", gettext_lazy("Source available")
        OTHER = "other", gettext_lazy("Another licence")
        UNNAMED = "unnamed", gettext_lazy("No licence named")

    product = models.OneToOneField("marketplace.Product", on_delete=models.CASCADE, primary_key=True, related_name="search_entry")
    names = SearchVectorField()
    document = SearchVectorField()
    called = ArrayField(models.CharField(max_length=200))
    words = ArrayField(models.CharField(max_length=40))
    category = models.ForeignKey("marketplace.Category", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    cost = models.PositiveBigIntegerField()
    platforms = models.PositiveSmallIntegerField(default=0)
    size = models.PositiveSmallIntegerField(default=0)
    licence = models.CharField(max_length=20, choices=Licence.choices)
    verified = models.BooleanField(default=False, db_default=False)
    changed_at = models.DateTimeField()
    age = models.PositiveSmallIntegerField(default=0, db_default=0)
    kind = models.GeneratedField(
        expression=Case(When(cost=0, then=1), default=0)
        + Case(When(verified=True, then=2), default=0)
        + Cast("age", IntegerField()) * 10
        + Cast("size", IntegerField()) * 100
        + Case(*(When(licence=one, then=1_000 * number) for number, one in enumerate(Licence)), default=9_000)
        + Cast("platforms", IntegerField()) * 10_000,
        output_field=IntegerField(),
        db_persist=True,
    )
    published_at = models.DateTimeField()
    indexed_at = models.DateTimeField()
    pulls = models.PositiveBigIntegerField(default=0)
    sales = models.PositiveIntegerField(default=0)
    room = models.GeneratedField(
        expression=Repeat(Value(" "), Value(2_048) - Length("document")),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        indexes = (
            GinIndex(fields=("document",), name="search_entry_document", fastupdate=False),
            GinIndex(fields=("names",), name="search_entry_names", fastupdate=False),
            GinIndex(fields=("called",), name="search_entry_called", fastupdate=False),
            models.Index(fields=("-published_at", "product"), name="search_entry_newest"),
            models.Index(fields=("-pulls", "-published_at", "product"), name="search_entry_pulls"),
            models.Index(fields=("-sales", "-published_at", "product"), name="search_entry_sales"),
            models.Index(fields=("cost", "-published_at", "product"), name="search_entry_cost"),
            # Everything that the filters count, so that a shop is counted through without reading its rows.
            models.Index(fields=("kind", "category"), name="search_entry_kinds"),
        )

    def __str__(self) -> str:
        return ", ".join(self.called)
