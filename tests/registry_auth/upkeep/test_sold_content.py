"""Is all that was sold in the registry, whole?"""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from marketplace.images.oci import INDEX, LAYER, MANIFEST
from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep.sold_content import SoldContent
from tests.factories.marketplace import ImageFactory, ManifestFactory
from tests.support.registry import OciImage, digest_of, index_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def image():
    return ImageFactory(first_pushed_at=timezone.now(), first_sold_at=timezone.now())


def hold(table, image, pushed: OciImage) -> None:
    table.hold(image.repository, pushed.digest, pushed)
    ManifestFactory(image=image, digest=pushed.digest)


def damages(registry) -> list[str]:
    return [f"{damage.digest} {damage.why}" for damage in SoldContent(registry).damages()]


def test_what_is_whole_is_counted_and_each_blob_is_asked_for_once(registry, table, image):
    one, two = OciImage(["base", "one"]), OciImage(["base", "two"])
    hold(table, image, one)
    hold(table, image, two)
    content = SoldContent(registry)

    assert list(content.damages()) == []

    assert content.checked == 2
    assert len(table.requests) == len(set(table.requests)) == 2 + 5


def test_a_missing_manifest_a_missing_layer_and_one_that_was_cut_off_are_named(registry, table, image):
    gone, holed, cut = OciImage(["gone"]), OciImage(["holed"]), OciImage(["cut"])
    hold(table, image, holed)
    hold(table, image, cut)
    ManifestFactory(image=image, digest=gone.digest)
    del table.blobs[holed.layers[0]["digest"]]
    table.blobs[cut.layers[0]["digest"]] = b"half"

    assert sorted(damages(registry)) == sorted(
        [
            f"{gone.digest} The registry has no such manifest.",
            f"{holed.layers[0]['digest']} The registry has no such blob.",
            f"{cut.layers[0]['digest']} The registry's blob has 4 bytes instead of {cut.layers[0]['size']}.",
        ]
    )


def test_a_registry_that_fails_for_one_manifest_is_asked_for_the_others(registry, table, image):
    failing, other = OciImage(["failing"]), OciImage(["other"])
    hold(table, image, failing)
    hold(table, image, other)
    table.failing[f"{image.repository}:{failing.digest}"] = 500
    content = SoldContent(registry)

    assert [damage.digest for damage in content.damages()] == [failing.digest]
    assert content.checked == 2


def test_an_index_needs_its_children_and_attestations_and_a_cache_its_layers(registry, table, image):
    child, attestation, layer = OciImage(["child"]), OciImage(["attested"]), b"cached"
    index = json.loads(index_of([child], attestation=attestation))
    index["manifests"].append({"mediaType": LAYER, "digest": digest_of(layer), "size": len(layer)})
    content = json.dumps(index).encode()
    table.tags[image.repository] = {}
    table.blobs |= {digest_of(content): content, **child.blobs, child.digest: child.manifest}
    table.types[digest_of(content)] = INDEX
    ManifestFactory(image=image, digest=digest_of(content), media_type=INDEX)

    assert sorted(damages(registry)) == sorted(
        [f"{attestation.digest} The registry has no such manifest.", f"{digest_of(layer)} The registry has no such blob."]
    )


def test_layers_that_lie_elsewhere_are_not_asked_for(registry, table, image):
    document = {
        "mediaType": MANIFEST,
        "layers": [{"mediaType": LAYER, "digest": digest_of(b"far"), "size": 3, "urls": ["https://a.example/"]}],
    }
    content = json.dumps(document).encode()
    table.tags[image.repository] = {}
    table.blobs[digest_of(content)] = content
    ManifestFactory(image=image, digest=digest_of(content))

    assert damages(registry) == []


def test_what_was_not_sold_or_is_erased_or_going_is_not_looked_at(registry, table, image):
    ManifestFactory(image=ImageFactory(first_pushed_at=timezone.now()))
    erased = {"taken_down_at": timezone.now(), "take_down_reason": "malware", "erasure_asked_at": timezone.now()}
    ManifestFactory(image=ImageFactory(first_sold_at=timezone.now(), **erased))
    ManifestFactory(image=image, removal_asked_at=timezone.now())

    assert damages(registry) == []
    assert table.requests == []


class TestCommand:
    @pytest.fixture(autouse=True)
    def _client(self, monkeypatch, registry):
        monkeypatch.setattr("registry_auth.management.commands.check_sold_content.RegistryClient", lambda: registry)

    def test_it_says_how_many_were_checked(self, table, image):
        hold(table, image, OciImage(["whole"]))
        output = io.StringIO()

        call_command("check_sold_content", stdout=output)

        assert output.getvalue() == "1\n"

    def test_it_names_each_damage_and_fails(self, image):
        manifest = ManifestFactory(image=image)
        errors = io.StringIO()

        with pytest.raises(CommandError, match="1 parts of what was sold are missing, damaged or in danger; 1 manifests were checked"):
            call_command("check_sold_content", stderr=errors)

        assert errors.getvalue() == f"{image.repository}@{manifest.digest}: The registry has no such manifest.\n"

    def test_it_names_what_was_sold_and_is_about_to_be_deleted(self, table, image, monkeypatch):
        whole = OciImage(["whole"])
        hold(table, image, whole)
        errors = io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{'sha256:' + '0' * 64}\n{whole.layers[0]['digest']}\n"))

        with pytest.raises(CommandError, match="1 parts"):
            call_command("check_sold_content", "--spare", stderr=errors)

        assert errors.getvalue() == f"{image.repository}@{whole.layers[0]['digest']}: It was sold, and is about to be deleted.\n"

    def test_it_fails_while_the_registry_is_away(self, monkeypatch, image):
        ManifestFactory(image=image)

        def away(*_):
            raise RegistryAway("The registry takes no connection: ConnectError.")

        monkeypatch.setattr(RegistryClient, "manifest", away)

        with pytest.raises(CommandError, match="takes no connection"):
            call_command("check_sold_content")
