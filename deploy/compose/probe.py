"""Ask a process of this container whether it answers: python deploy/compose/probe.py http://127.0.0.1:8000/healthz.

Standard library only, so that a call every few seconds costs little. Exit status 0: it answered with 200.
"""

import sys
from urllib.error import URLError
from urllib.request import urlopen

try:
    with urlopen(sys.argv[1], timeout=4) as answer:  # noqa: S310  the address comes from docker-compose.yml
        sys.exit(answer.status != 200)  # noqa: PLR2004  HTTP's own number
except (URLError, TimeoutError) as error:
    sys.exit(str(error))
