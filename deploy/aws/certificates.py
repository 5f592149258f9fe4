"""Fetch the certificates by which a managed database is known:  python deploy/aws/certificates.py https://… FILE.

Standard library only. The file appears as a whole; if nothing can be fetched, one that is there stays.
"""

import ssl
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_SECONDS = 20


def fetch(address: str, file: Path) -> None:
    """Write what the address holds to the file, if all of it are certificates.

    Raises:
        URLError: nothing could be fetched.
        ssl.SSLError: what came are no certificates.
    """
    with urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310  the address comes from deploy/terraform
        text = answer.read().decode("ascii")
    ssl.create_default_context(cadata=text)
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="ascii")
    aside.chmod(0o644)
    aside.replace(file)


if __name__ == "__main__":
    wanted = Path(sys.argv[2])
    try:
        fetch(sys.argv[1], wanted)
    except URLError as error:
        if not wanted.exists():
            raise
        print(f"certificates: {error}; those of before stay", file=sys.stderr)  # noqa: T201  a command's own output
