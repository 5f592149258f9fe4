"""What is inside an image, in the API: the facts of its product's page."""

from rest_framework import serializers

from marketplace.contents.facts import Entry, ImageFacts
from marketplace.contents.selectors.attachments import Attachment
from marketplace.contents.selectors.bases import Base
from marketplace.contents.selectors.history import Change, Move
from marketplace.contents.selectors.inside import Inside, Platform
from marketplace.images.models import Layer


class PlatformSerializer(serializers.Serializer[Platform]):
    """What runs on one platform. Attestations are none."""

    platform = serializers.CharField(source="name")
    digest = serializers.CharField(source="manifest.digest")
    size = serializers.IntegerField(source="manifest.size", help_text="Bytes that a pull transfers.")


class EntrySerializer(serializers.Serializer[Entry]):
    """A label, or an environment variable with its default."""

    name = serializers.CharField()
    value = serializers.CharField()
    hidden = serializers.BooleanField(help_text="It looks like a secret, so its value is left out.")


class ConfigurationSerializer(serializers.Serializer[ImageFacts]):
    """The beginning of an image's configuration, as whoever built it wrote it."""

    entrypoint = serializers.ListField(child=serializers.CharField())
    command = serializers.ListField(child=serializers.CharField())
    user = serializers.CharField(help_text="Empty for root.")
    runs_as_root = serializers.BooleanField()
    working_directory = serializers.CharField()
    ports = serializers.ListField(child=serializers.CharField())
    volumes = serializers.ListField(child=serializers.CharField())
    environment = EntrySerializer(many=True)
    labels = EntrySerializer(many=True)
    left_out = serializers.DictField(child=serializers.IntegerField(), help_text="How many entries of each list are not here.")


class LayerSerializer(serializers.Serializer[Layer]):
    """A layer, or several small ones beside each other. The whole digest is the registry's to tell, to whoever may pull."""

    digest = serializers.CharField(source="short_digest", help_text="`sha256:` and its first twelve digits; the manifest has it whole.")
    size = serializers.IntegerField(help_text="Compressed bytes.")
    command = serializers.CharField(help_text="The line of the Dockerfile that made it, where the history has as many as there are layers.")
    merged = serializers.IntegerField(help_text="How many layers these are.")


class BaseSerializer(serializers.Serializer[Base]):
    """A free image of this shop, all of whose layers are the lowest ones of this image, digest by digest."""

    repository = serializers.CharField()
    tag = serializers.CharField()
    digest = serializers.CharField()
    reference = serializers.CharField()
    layers = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Compressed bytes of these layers.")


class AttachmentSerializer(serializers.Serializer[Attachment]):
    """An artefact that was seen beside the image. Nothing of it was verified."""

    kind = serializers.ChoiceField(choices=("signature", "sbom", "provenance", "attestation", "artefact"), source="evidence.kind")
    form = serializers.CharField(source="evidence.form")
    digest = serializers.CharField()
    subject = serializers.CharField(help_text="Digest of the manifest that it is about.")
    found_by = serializers.ChoiceField(
        choices=("tag", "subject", "index"), help_text="By cosign's tag, by its own `subject` (a referrer), or by an entry of the index."
    )
    tag = serializers.CharField()
    pushed_at = serializers.DateTimeField()


class ChangeSerializer(serializers.Serializer[Change]):
    """What changed since the digest that the tag pointed at before."""

    grew = serializers.IntegerField(help_text="Bytes that a pull transfers more; negative if it shrank.")
    kept = serializers.IntegerField(help_text="Layers that both have.")
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    largest = LayerSerializer(many=True, help_text="The largest new layers.")


class MoveSerializer(serializers.Serializer[Move]):
    """A tag began to point at a digest, or was removed."""

    tag = serializers.CharField()
    at = serializers.DateTimeField()
    digest = serializers.CharField(help_text="Empty for a removal.")
    previous = serializers.CharField(help_text="Empty for a new tag.")
    size = serializers.IntegerField(allow_null=True)
    change = ChangeSerializer(allow_null=True)


class InsideSerializer(serializers.Serializer[Inside]):
    """What is inside an image: the facts of its product's page."""

    image = serializers.CharField(source="image.repository")
    tag = serializers.CharField(source="tag.name", default="", help_text="The leading one, which the rest is about.")
    digest = serializers.CharField(source="manifest.digest", default="")
    shown_digest = serializers.CharField(source="shown.digest", default="", help_text="The image of an index that the rest is about.")
    platforms = PlatformSerializer(many=True)
    configuration = ConfigurationSerializer(source="facts", allow_null=True)
    layers = LayerSerializer(many=True, help_text="Base first.")
    base = BaseSerializer(allow_null=True)
    attachments = AttachmentSerializer(many=True)
    history = MoveSerializer(many=True, help_text="Newest first.")


class InsideQuerySerializer(serializers.Serializer[Inside]):
    """Which image is asked about."""

    image = serializers.CharField(default="", max_length=255, help_text="`namespace/name` of an image of a bundle; its first if left out.")
    platform = serializers.CharField(default="", max_length=100, help_text="As `linux/arm64`; the first of the index if left out.")
