"""A buyer's library, as the API has it."""

from rest_framework import serializers

from marketplace.library.selectors import LibraryEntry


class LibraryEntrySerializer(serializers.Serializer[LibraryEntry]):
    """An image that you or an organisation of yours holds, or held."""

    holder = serializers.CharField(source="holder.handle", help_text="Handle of who holds it: you, or an organisation of yours.")
    image = serializers.UUIDField(source="image.pk")
    repository = serializers.CharField(source="image.repository")
    reference = serializers.CharField(help_text="What docker pulls; empty while nothing is pushed.", allow_blank=True)
    digest = serializers.SerializerMethodField(help_text="What the tag points at now; empty while nothing is pushed.")
    may_pull = serializers.BooleanField(help_text="Whether docker lets you in at this moment because of it.")
    state = serializers.CharField()
    reason = serializers.CharField(help_text="Why it may not be pulled.", allow_blank=True)
    since = serializers.DateTimeField()
    order = serializers.UUIDField(source="order_id", allow_null=True)

    def get_digest(self, entry: LibraryEntry) -> str:
        return entry.listing.tag.manifest.digest if entry.listing.tag else ""
