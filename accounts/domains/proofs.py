"""Looking for the proofs of several domains at once, so that one whose servers hang holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from accounts.domains.dns import DnsError, Kind, look_up, text_of
from accounts.domains.faults import Fault
from accounts.domains.website import PATH, FetchError, fetch_file

SECONDS: Final = 12.0  # for one domain; all of a run are looked at meanwhile
RECORD: Final = "_layerstore"

ReadRecords = Callable[[str], Awaitable[list[str]]]
ReadFile = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one domain.

    Attributes:
        seen_by: `dns` or `file`; empty if the proof was not seen.
        fault: why not, in sentences.
    """

    seen_by: str
    fault: str = ""


async def records_of(domain: str) -> list[str]:
    """Return the TXT records in which a domain's proof may stand.

    Raises:
        DnsError: the DNS gave no answer.
    """
    return [text_of(record) for record in await look_up(f"{RECORD}.{domain}", Kind.TXT)]


def look_for(
    proofs: Sequence[tuple[str, str]], *, records: ReadRecords = records_of, file: ReadFile = fetch_file, seconds: float = SECONDS
) -> list[Finding]:
    """Look for the proof of each domain, in the DNS and on its website, all at the same time; return what was found, in this order.

    Args:
        proofs: domains, each with the text that must be there.
        seconds: for each domain, whatever its servers do.
    """

    async def all_of_them() -> list[Finding]:
        return await asyncio.gather(*(_in_time(domain, proof) for domain, proof in proofs))

    async def _in_time(domain: str, proof: str) -> Finding:
        try:
            async with asyncio.timeout(seconds):
                return await _find(domain, proof, records, file)
        except TimeoutError:
            return Finding("", Fault.NOT_IN_TIME.format(domain=domain))

    return asyncio.run(all_of_them())


async def _find(domain: str, proof: str, records: ReadRecords, file: ReadFile) -> Finding:
    faults = []
    try:
        if proof in await records(domain):
            return Finding("dns")
        faults.append(Fault.NO_RECORD.format(record=f"{RECORD}.{domain}"))
    except DnsError as error:
        faults.append(str(error))
    try:
        if proof in (await file(domain)).split():
            return Finding("file")
        faults.append(Fault.OTHER_TEXT.format(address=f"https://{domain}{PATH}"))
    except (DnsError, FetchError) as error:
        faults.append(str(error))
    return Finding("", " ".join(dict.fromkeys(faults)))
