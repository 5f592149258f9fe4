"""What the registry lacks is named in the backup's description."""

import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tools.stack.backups.archive import verify
from tools.stack.backups.layers import blob_file


class TestWhatTheRegistryLacks:
    @pytest.fixture
    def missing(self, take) -> Callable[[], list[str]]:
        return lambda: verify(take()).missing

    def test_sold_manifests_and_layers_that_are_not_there_are_named(self, shop, missing):
        shop.manifests["acme/gone"] = {"0" * 64: True}
        holed = shop.image("acme/holed", b"layer")
        layer = sha256(b"layer").hexdigest()
        blob_file(shop.registry, layer).unlink()

        assert missing() == [f"acme/gone: manifest sha256:{'0' * 64}", f"acme/holed: layer sha256:{layer} of sha256:{holed}"]

    def test_what_was_not_sold_is_no_loss(self, shop, missing):
        shop.manifests["acme/gone"] = {"0" * 64: False}

        assert missing() == []

    def test_a_blob_that_is_damaged_in_the_registry_is_not_taken_for_good(self, shop, missing):
        image = shop.image("acme/db", b"layer")
        layer = sha256(b"layer").hexdigest()
        blob_file(shop.registry, layer).write_bytes(b"LAYER")

        assert missing() == [f"blob sha256:{layer}, which is damaged", f"acme/db: layer sha256:{layer} of sha256:{image}"]

    def test_an_index_needs_its_children_once_each_and_nothing_elsewhere(self, shop, missing):
        child = shop.image("acme/db", b"layer")
        cached = shop.blob(b"cached")
        shop.link("acme/db", "_layers", "sha256", cached, digest=cached)
        entries = [{"digest": f"sha256:{digest}"} for digest in (child, child, cached, "1" * 64)]
        far = {"digest": f"sha256:{'2' * 64}", "urls": ["https://a.example/"]}
        shop.document("acme/db", {"manifests": [*entries, far, {"digest": "sha512:x"}, "odd"], "layers": {"digest": 5}})

        assert missing() == [f"acme/db: manifest sha256:{'1' * 64}"]

    @pytest.mark.parametrize("content", [b"[]", b"{"])
    def test_a_manifest_that_is_no_document_needs_nothing(self, shop, missing, content):
        digest = shop.blob(content)
        shop.link("acme/db", "_manifests", "revisions", "sha256", digest, digest=digest)
        shop.manifests["acme/db"] = {digest: True}

        assert missing() == []

    def test_links_that_are_damaged_are_left_out_and_those_being_written_are_read_again(self, shop, take, monkeypatch):
        shop.image("acme/db", b"layer")
        shop.link("acme/db", "_manifests", "tags", "bad", "current", digest="half").write_text("sha2")
        late = shop.link("acme/db", "_manifests", "tags", "late", "current", digest="1" * 64)
        going = shop.link("acme/db", "_manifests", "tags", "going", "current", digest="1" * 64)
        read = Path.read_bytes
        torn = [late, late]

        def reading(file: Path) -> bytes:
            if file == going:
                raise FileNotFoundError
            return b"sha" if file == late and torn and torn.pop() else read(file)

        monkeypatch.setattr(Path, "read_bytes", reading)
        taken = take()

        with tarfile.open(taken / "links.tar.gz") as archive:
            tags = [Path(name).parts[-3] for name in archive.getnames() if "/tags/" in name]
        assert tags == ["1.0", "late"]
