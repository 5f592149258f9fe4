"""Signing keys: made, rotated and read again without a restart; never half written, never wider readable than meant."""

import json
import stat
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry_auth.keys import leaves
from registry_auth.keys.index import INDEX_FILE, LEAF_FOLDER, KeyState, endings, read_index
from registry_auth.keys.leaves import jwk, key_id, new_private_key, private_pem, signing_key
from registry_auth.keys.ring import KeyRing, NoSigningKey
from registry_auth.keys.store import AUTHORITY_FOLDER, BUNDLE_FILE, JWKS_FILE, KeyChangeRefused, KeyStore, write_whole

NOW = timezone.now()  # when the tests were collected: keys are made up to an hour later


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def states(store: KeyStore) -> list[str]:
    return [leaf.state.value for leaf in store.index.leaves]


@pytest.fixture
def ring(key_store: KeyStore) -> KeyRing:
    return KeyRing(key_store.directory)


class TestMaking:
    def test_the_first_start_makes_an_authority_and_a_key_that_signs(self, key_store):
        index = key_store.index
        assert (len(index.authorities), states(key_store)) == (1, ["active"])
        assert (key_store.directory / BUNDLE_FILE).read_text() == index.bundle()

    def test_a_second_start_changes_nothing(self, key_store):
        before = (key_store.directory / INDEX_FILE).read_bytes()

        assert key_store.init(now=NOW) is False
        assert (key_store.directory / INDEX_FILE).read_bytes() == before

    def test_private_keys_are_for_their_owner_alone(self, key_store):
        for folder in (AUTHORITY_FOLDER, LEAF_FOLDER):
            assert mode(key_store.directory / folder) == 0o700
            assert [mode(file) for file in (key_store.directory / folder).iterdir()] == [0o600]
        assert [mode(key_store.directory / name) for name in (INDEX_FILE, BUNDLE_FILE, JWKS_FILE)] == [0o644, 0o644, 0o644]

    def test_a_shared_leaf_folder_lets_its_group_read_and_never_the_authority(self, key_store):
        (key_store.directory / LEAF_FOLDER).chmod(0o2750)

        leaf = key_store.add(now=NOW)

        assert mode(key_store.directory / LEAF_FOLDER / f"{leaf.kid}.pem") == 0o640
        key_store.add_authority(now=NOW)
        assert {mode(file) for file in (key_store.directory / AUTHORITY_FOLDER).iterdir()} == {0o600}

    def test_certificates_say_what_they_are_for(self, key_store):
        (authority,), (leaf,) = key_store.index.authorities, key_store.index.leaves

        leaf.certificate.verify_directly_issued_by(authority)
        assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
        assert leaf.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(False, None)
        assert leaf.certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
        assert leaf.not_after - leaf.made_at == timedelta(days=90, minutes=5)

    def test_what_everybody_reads_holds_no_private_key(self, key_store):
        for name in (INDEX_FILE, BUNDLE_FILE, JWKS_FILE):
            assert "PRIVATE" not in (key_store.directory / name).read_text()
        assert all("d" not in key for key in json.loads((key_store.directory / JWKS_FILE).read_text())["keys"])

    def test_a_further_start_publishes_what_an_older_version_did_not(self, key_store):
        (key_store.directory / JWKS_FILE).unlink()

        key_store.init(now=NOW)

        assert (key_store.directory / JWKS_FILE).read_text() == key_store.index.jwks()

    def test_a_file_is_replaced_whole(self, tmp_path):
        path = tmp_path / "file"
        (tmp_path / ".file.new").write_text("left behind by a dead command")
        write_whole(path, b"old", mode=0o600)

        with path.open("rb") as reader:
            write_whole(path, b"new", mode=0o644)
            assert reader.read() == b"old"
        assert (path.read_bytes(), mode(path), [file.name for file in tmp_path.iterdir()]) == (b"new", 0o644, ["file"])

    def test_without_keys_there_is_nothing_to_change(self, tmp_path):
        for directory in (tmp_path / "nowhere", tmp_path):
            with pytest.raises(KeyChangeRefused, match="signing_keys init"):
                KeyStore(directory).add(now=NOW)

    def test_an_authority_of_another_kind_signs_nothing(self, key_store):
        (file,) = (key_store.directory / AUTHORITY_FOLDER).iterdir()
        foreign = rsa.generate_private_key(65537, 2048)
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file.write_bytes(foreign.private_bytes(serialization.Encoding.PEM, pkcs8, plain))

        with pytest.raises(KeyChangeRefused, match="restore it from the backup"):
            key_store.add(now=NOW)


class TestRotation:
    def test_a_key_waits_then_signs_then_is_retired(self, key_store):
        waiting = key_store.add(now=NOW)
        assert states(key_store) == ["active", "next"]

        assert key_store.promote(now=NOW).kid == waiting.kid
        assert states(key_store) == ["retired", "active"]

    def test_the_newest_is_promoted_unless_one_is_named(self, key_store):
        first, second, third = (key_store.add(now=NOW) for _ in range(3))

        assert key_store.promote(now=NOW, kid=second.kid).kid == second.kid
        assert key_store.promote(now=NOW).kid == third.kid
        assert states(key_store) == ["retired", "next", "retired", "active"]
        assert key_store.index.leaves[1].kid == first.kid

    def test_only_a_waiting_key_is_promoted(self, key_store):
        with pytest.raises(KeyChangeRefused, match="No such key is waiting"):
            key_store.promote(now=NOW)
        with pytest.raises(KeyChangeRefused, match="No such key is waiting"):
            key_store.promote(now=NOW, kid=key_store.index.leaves[0].kid)

    def test_a_waiting_key_is_retired_and_the_one_that_signs_is_not(self, key_store):
        waiting = key_store.add(now=NOW)

        assert key_store.retire(kid=waiting.kid, now=NOW).state is KeyState.RETIRED
        with pytest.raises(KeyChangeRefused, match="promote another key"):
            key_store.retire(kid=key_store.index.leaves[0].kid, now=NOW)
        with pytest.raises(KeyChangeRefused, match="There is no key"):
            key_store.retire(kid="unknown", now=NOW)
        assert states(key_store) == ["active", "retired"]

    def test_nothing_is_renewed_before_its_time(self, key_store):
        assert key_store.renew(now=NOW + timedelta(days=59)) == []

    @pytest.mark.parametrize("age_of_keys", [timedelta(days=60, hours=2)])
    def test_a_key_of_sixty_days_is_replaced_and_forgotten_a_day_later(self, key_store):
        old = key_store.index.leaves[0]

        (done,) = key_store.renew(now=NOW)
        assert done.endswith("signs now")
        assert states(key_store) == ["retired", "active"]
        assert key_store.renew(now=NOW + timedelta(hours=23)) == []
        assert key_store.renew(now=NOW + timedelta(days=1)) == [f"{old.kid} is forgotten"]
        assert states(key_store) == ["active"]
        assert [file.stem for file in (key_store.directory / LEAF_FOLDER).iterdir()] == [key_store.index.leaves[0].kid]

    @pytest.mark.parametrize("age_of_keys", [timedelta(days=60, hours=2)])
    def test_where_registries_read_each_key_from_a_file_a_renewal_waits_for_people(self, key_store):
        (signs,) = key_store.index.leaves

        (done,) = key_store.renew(now=NOW, promotes=False)
        assert states(key_store) == ["active", "next"]
        waiting = key_store.index.leaves[1].kid
        assert done == f"{waiting} waits: give jwks.json to every registry, restart it, then `signing_keys promote`"
        assert [key["kid"] for key in json.loads((key_store.directory / JWKS_FILE).read_text())["keys"]] == [signs.kid, waiting]

        assert key_store.renew(now=NOW + timedelta(days=1), promotes=False) == [done]
        assert len(key_store.index.leaves) == 2

    @pytest.mark.parametrize("age_of_keys", [timedelta(days=60, hours=2)])
    def test_a_waiting_key_is_taken_first(self, key_store):
        waiting = key_store.add(now=NOW)

        assert key_store.renew(now=NOW) == [f"{waiting.kid} signs now"]
        assert len(key_store.index.leaves) == 2

    @pytest.mark.parametrize("age_of_keys", [timedelta(days=60, hours=2)])
    def test_a_renewal_stays_under_the_authority_that_registries_trust_already(self, key_store):
        (trusted,) = key_store.index.authorities
        key_store.add_authority(now=NOW)
        waiting = key_store.add(now=NOW)

        key_store.renew(now=NOW)

        key_store.index.active.certificate.verify_directly_issued_by(trusted)
        assert waiting.kid in {leaf.kid for leaf in key_store.index.leaves if leaf.state is KeyState.NEXT}

    def test_a_new_authority_takes_over_and_the_old_one_is_dropped(self, key_store):
        (old,) = key_store.index.authorities
        new = key_store.add_authority(now=NOW)
        assert (key_store.directory / BUNDLE_FILE).read_text().count("BEGIN CERTIFICATE") == 2
        with pytest.raises(KeyChangeRefused, match="under an old authority"):
            key_store.drop_authorities()

        leaf = key_store.add(now=NOW)
        leaf.certificate.verify_directly_issued_by(new)
        key_store.promote(now=NOW)

        assert key_store.drop_authorities() == [key_id(old)]
        assert (key_store.index.authorities, [each.kid for each in key_store.index.leaves]) == ((new,), [leaf.kid])
        assert [file.stem for file in (key_store.directory / AUTHORITY_FOLDER).iterdir()] == [key_id(new)]
        assert (key_store.directory / BUNDLE_FILE).read_text() == key_store.index.bundle()


class TestReading:
    def test_the_key_is_parsed_once(self, key_store, ring, monkeypatch):
        first = ring.signing_key(now=NOW)
        monkeypatch.setattr("registry_auth.keys.ring.read_index", None)

        assert ring.signing_key(now=NOW) is first

    def test_a_promoted_key_is_picked_up_at_once(self, key_store, ring):
        before = ring.signing_key(now=NOW).kid
        promoted = [key_store.add(now=NOW), key_store.promote(now=NOW)][1].kid

        assert ring.signing_key(now=NOW).kid == promoted != before

    def test_a_key_that_works_beats_an_index_that_does_not(self, key_store, ring, caplog):
        before = ring.signing_key(now=NOW)
        (key_store.directory / INDEX_FILE).write_text("{ broken")
        assert ring.signing_key(now=NOW) is before
        assert "cannot be read again" in caplog.text

        (key_store.directory / INDEX_FILE).unlink()
        assert ring.signing_key(now=NOW) is before

    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"authorities": [], "leaves": []}'])
    def test_without_a_usable_index_there_is_no_key(self, tmp_path, content):
        (tmp_path / INDEX_FILE).write_text(content)

        with pytest.raises(NoSigningKey):
            KeyRing(tmp_path).signing_key(now=NOW)

    def test_an_expired_key_signs_nothing(self, ring):
        with pytest.raises(NoSigningKey, match="has expired"):
            ring.signing_key(now=NOW + timedelta(days=91))

    def test_a_private_key_of_another_certificate_is_refused(self, key_store):
        certificate = key_store.index.leaves[0].certificate

        with pytest.raises(ValueError, match="not the certificate's"):
            signing_key(certificate=certificate, private_key_pem=private_pem(new_private_key()))

    def test_a_coordinate_keeps_its_leading_zeros(self, key_store):
        authority, now = key_store.index.authorities[0], NOW
        while True:  # one key in 256
            key = new_private_key()
            if key.public_key().public_numbers().x < 2**248:
                break
        certificate = leaves.new_leaf(key=key, authority=authority, authority_key=key, now=now)

        assert len(str(jwk(certificate)["x"])) == 43

    def test_only_ec_keys_are_published(self):
        class Foreign:
            def public_key(self):
                return rsa.generate_private_key(65537, 2048).public_key()

        with pytest.raises(TypeError):
            jwk(Foreign())  # type: ignore[arg-type]  # that is the point


class TestWarning:
    def test_a_key_that_ends_within_a_fortnight_is_warned_of(self, key_store):
        leaf = key_store.index.leaves[0]
        assert endings(key_store.directory, now=leaf.not_after - timedelta(days=15)) == []

        (ending,) = endings(key_store.directory, now=leaf.not_after - timedelta(days=14))
        assert (ending.what, ending.at) == (f"token signing key {leaf.kid}", leaf.not_after)

    def test_retired_keys_warn_of_nothing_and_the_authority_does(self, key_store):
        later = NOW + timedelta(days=3645)
        key_store.add(now=later)
        key_store.promote(now=later)

        assert [ending.what for ending in endings(key_store.directory, now=later)] == ["token authority"]


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("signing_keys", *arguments, stdout=out)
        return out.getvalue().strip()

    def test_a_whole_life(self, settings, tmp_path):
        settings.LAYERSTORE_KEYS_DIR = tmp_path / "keys"
        with pytest.raises(CommandError, match="There are no keys yet"):
            self.run("list")

        assert self.run("init") == "Keys made."
        assert self.run("init") == "There are keys already: nothing changed."
        waiting = self.run("add").split()[0]
        assert self.run("promote", waiting) == f"{waiting} signs now. No registry needs a restart."
        unused = self.run("add").split()[0]
        assert self.run("retire", unused) == f"{unused} is retired."
        with pytest.raises(CommandError, match="No such key is waiting"):
            self.run("promote")
        assert self.run("renew") == "Nothing is due."
        assert f"{waiting}  active     ends " in self.run("list")

    def test_the_bundle_is_printed_or_written(self, key_store, tmp_path):
        assert self.run("bundle") == key_store.index.bundle().strip()
        assert self.run("bundle", "--output", str(tmp_path / "out.pem")) == f"Bundle written to {tmp_path / 'out.pem'}."
        assert (tmp_path / "out.pem").read_text() == key_store.index.bundle()

    def test_the_keys_for_a_jwks_file_are_printed_or_written(self, key_store, tmp_path):
        assert self.run("jwks") == key_store.index.jwks()
        assert self.run("jwks", "--output", str(tmp_path / "out.json")) == f"Keys written to {tmp_path / 'out.json'}."
        assert (tmp_path / "out.json").read_text() == key_store.index.jwks()

    @pytest.mark.parametrize("age_of_keys", [timedelta(days=61)])
    def test_where_registries_have_a_jwks_file_it_is_said_when_to_promote(self, key_store, settings):
        settings.LAYERSTORE_REGISTRY_TRUST = "jwks"

        assert "Give jwks.json to every registry and restart it; then `signing_keys promote`" in self.run("add")
        assert "waits: give jwks.json" in self.run("renew")

    def test_a_leak_is_answered(self, key_store):
        assert "restart it" in self.run("add-authority")
        self.run("add")
        self.run("promote")
        assert self.run("drop-authorities").startswith("No longer trusted: ")
        assert self.run("drop-authorities") == "No longer trusted: none. Restart the registries."

    @pytest.mark.parametrize("age_of_keys", [timedelta(days=80)])
    def test_what_ends_soon_is_said(self, key_store):
        assert "Warning: token signing key" in self.run("list")
        assert "signs now" in self.run("renew")
        assert "Warning" not in self.run("list")


def test_the_index_can_be_read_without_private_keys(key_store):
    (key_store.directory / LEAF_FOLDER).chmod(0)
    try:
        assert read_index(key_store.directory).active is not None
    finally:
        (key_store.directory / LEAF_FOLDER).chmod(0o700)


@pytest.mark.parametrize(
    "module",
    ["token.scopes", "token.authorization", "token.signing", "token.requests", "keys.leaves", "keys.index", "keys.ring", "keys.store"],
)
def test_parser_signer_and_keys_know_no_django(module):
    code = f"import sys, registry_auth.{module}; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3]).returncode == 0
