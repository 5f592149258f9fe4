"""Where a proof is looked for, and that a domain whose servers hang holds up no other."""

import asyncio

import pytest

from accounts.domains import proofs
from accounts.domains.dns import DnsError, Kind
from accounts.domains.proofs import Finding, look_for, records_of
from accounts.domains.website import FetchError

PROOF = "layerstore-verification=1"


async def no_records(domain: str) -> list[str]:
    return ["v=spf1 -all"]


async def no_file(domain: str) -> str:
    raise FetchError(f"{domain} has no address.")


def test_a_record_is_enough() -> None:
    async def records(domain: str) -> list[str]:
        return ["something else", PROOF]

    assert look_for([("acme.com", PROOF)], records=records, file=no_file) == [Finding("dns")]


def test_a_line_of_the_file_is_enough_even_without_the_dns() -> None:
    async def records(domain: str) -> list[str]:
        raise DnsError("The DNS did not answer.")

    async def file(domain: str) -> str:
        return f"another=2\r\n{PROOF}\r\n"

    assert look_for([("acme.com", PROOF)], records=records, file=file) == [Finding("file")]


def test_a_part_of_the_proof_is_none() -> None:
    async def records(domain: str) -> list[str]:
        return [f"{PROOF}0", PROOF[:-1]]

    async def file(domain: str) -> str:
        return f"x{PROOF}"

    (found,) = look_for([("acme.com", PROOF)], records=records, file=file)

    assert found.seen_by == ""
    assert found.fault == (
        "_layerstore.acme.com has no TXT record with this text. https://acme.com/.well-known/layerstore.txt does not hold this text."
    )


def test_the_same_fault_is_said_once() -> None:
    async def fails(domain: str) -> list[str]:
        raise DnsError("The DNS did not answer.")

    async def file(domain: str) -> str:
        raise DnsError("The DNS did not answer.")

    assert look_for([("acme.com", PROOF)], records=fails, file=file) == [Finding("", "The DNS did not answer.")]


def test_a_domain_that_hangs_holds_up_no_other() -> None:
    """The one that hangs is asked first, and ends only by its time: the other was found while it hung."""
    found_meanwhile = []

    async def records(domain: str) -> list[str]:
        if domain == "hangs.com":
            await asyncio.Event().wait()
        found_meanwhile.append(domain)
        return [PROOF]

    found = look_for([("hangs.com", PROOF), ("acme.com", PROOF)], records=records, file=no_file, seconds=0.2)

    assert found == [Finding("", "hangs.com did not answer in time."), Finding("dns")]
    assert found_meanwhile == ["acme.com"]


def test_nothing_to_look_for_is_nothing_found() -> None:
    assert look_for([]) == []


def test_the_record_is_that_of_a_name_below_the_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def look_up(name: str, kind: Kind) -> list[bytes]:
        asked.append((name, kind))
        return [bytes([len(PROOF)]) + PROOF.encode()]

    monkeypatch.setattr(proofs, "look_up", look_up)

    assert asyncio.run(records_of("acme.com")) == [PROOF]
    assert asked == [("_layerstore.acme.com", Kind.TXT)]
