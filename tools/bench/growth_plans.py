"""Prints as JSON how PostgreSQL runs the token process's queries, as that process prepares them."""

import json
import sys
from uuid import UUID

import django

django.setup()

from django.utils import timezone

from marketplace.entitlements import credential_facts, policy

if __name__ == "__main__":
    plans = {
        "with a credential": credential_facts._STATEMENTS["hash"].plan(["x"], timezone.now(), ["a/b"]),  # noqa: SLF001  the statement is what is measured
        "anonymous": policy._FACTS.plan([UUID(int=0)], None, ["a/b"]),  # noqa: SLF001  as above
    }
    json.dump(plans, sys.stdout)
