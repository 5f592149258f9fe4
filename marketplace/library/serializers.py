"""A buyer's library in the API."""

from rest_framework import serializers

from marketplace.library.reasons import reason_of
from marketplace.library.selectors import LibraryEntry


class LibraryEntrySerializer(serializers.Serializer[LibraryEntry]):
    """An image that you or an organisation of yours holds, or held."""

    holder = serializers.CharField(source="holder.handle", help_text="Handle of the account that holds it: yours, or an organisation's.")
    image = serializers.UUIDField(source="image.pk")
    repository = serializers.CharField(source="image.repository")
    reference = serializers.CharField(help_text="What docker pulls; empty while nothing is pushed.", allow_blank=True)
    digest = serializers.SerializerMethodField(help_text="What the tag points at now; empty while nothing is pushed.")
    may_pull = serializers.BooleanField(help_text="Whether you can pull it now because of this.")
    state = serializers.CharField()
    reason = serializers.SerializerMethodField(help_text="Why you cannot pull it; empty if you can.")
    since = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Until when it can be pulled; null for good, and if it cannot.")
    order = serializers.UUIDField(source="order_id", allow_null=True)

    def get_reason(self, entry: LibraryEntry) -> str:
        return reason_of(entry)

    def get_digest(self, entry: LibraryEntry) -> str:
        return entry.listing.tag.manifest.digest if entry.listing.tag else ""
