"""What a shown secret opens: the credential, and the facts of the policy for whoever it speaks for, in one round trip."""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.tokens.selectors import CREDENTIAL_TEXTS, CREDENTIAL_TYPES, Credential, lookup
from common.db.prepared import Prepared, array
from marketplace.entitlements.policy import FACTS_COLUMNS, FACTS_TEXT, Facts, Subject, askable

_CREDENTIAL_COLUMNS = 8  # before those of the facts


@dataclass(frozen=True, slots=True)
class Shown:
    """A live credential, for whom it speaks, and what the policy needs to know of each repository that was asked about.

    Attributes:
        facts: by repository, without where it is sold; names that nobody holds are left out.
    """

    credential: Credential
    subject: Subject
    facts: dict[str, Facts]


def find_shown(secret: str, *, repositories: Collection[str]) -> Shown | None:
    """Return what the secret opens: one prepared query. `access_facts` finds the same facts for the same subject.

    Args:
        secret: an access token, or an identity token, which stands for the access token it was derived from.
    """
    how = lookup(secret)
    rows = _SHOWN[how.by].rows(*how.values, array(askable(repositories)))
    if not rows:
        return None
    credential = Credential.of(rows[0][:_CREDENTIAL_COLUMNS])
    limited_by = credential.pk if credential.limited else None
    found = (row[_CREDENTIAL_COLUMNS:] for row in rows)
    return Shown(
        credential,
        Subject.shown(account_ids=credential.account_ids, is_staff=credential.is_staff, limited_by=limited_by),
        {repository: Facts(*facts) for repository, *facts in found if repository is not None},
    )


_TEXT = """
WITH credential AS MATERIALIZED ({credential}),
     subject AS MATERIALIZED (SELECT account_ids, CASE WHEN limited THEN id END AS limited_by FROM credential)
SELECT credential.*, known.*
  FROM credential LEFT JOIN (SELECT {columns} FROM subject CROSS JOIN LATERAL ({facts}) facts) known ON true
"""


def _statement(by: str) -> Prepared:
    types = CREDENTIAL_TYPES[by]
    facts = FACTS_TEXT.format(names=f"${len(types) + 1}")
    text = _TEXT.format(credential=CREDENTIAL_TEXTS[by], facts=facts, columns=FACTS_COLUMNS)
    return Prepared(f"shown_by_{by}", types=(*types, "text[]"), text=text)


_SHOWN = {by: _statement(by) for by in CREDENTIAL_TEXTS}
