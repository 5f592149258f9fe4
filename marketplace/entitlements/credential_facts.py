"""What a secret opens: the credential, and the policy's facts for whoever it speaks for, found in one round trip."""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.organisations.models import EDITING_ROLES, PULLING_ROLES, Role
from accounts.tokens.selectors import CREDENTIAL_TEXTS, CREDENTIAL_TYPES, Credential, lookup
from common.db.prepared_statements import PreparedStatement, array_literal
from marketplace.entitlements.policy import FACTS_COLUMNS, FACTS_TEXT, Facts, Subject, askable

_CREDENTIAL_COLUMNS = 9  # before those of the facts


@dataclass(frozen=True, slots=True)
class CredentialFacts:
    """A live credential, for whom it speaks, and what the policy needs to know of each repository that was asked about.

    Attributes:
        facts: by repository, without `sold_at`; names that nobody holds are left out.
    """

    credential: Credential
    subject: Subject
    facts: dict[str, Facts]


def find_credential_facts(secret: str, *, repositories: Collection[str]) -> CredentialFacts | None:
    """Return what the secret opens, or None. One prepared query; `access_facts` finds the same facts for the same subject.

    Args:
        secret: an access token, or an identity token, which stands for the access token it was derived from.
    """
    how = lookup(secret)
    rows = _STATEMENTS[how.by].rows(*how.values, array_literal(askable(repositories)))
    if not rows:
        return None
    credential = Credential.of(rows[0][:_CREDENTIAL_COLUMNS])
    limited_by = credential.pk if credential.limited else None
    found = (row[_CREDENTIAL_COLUMNS:] for row in rows)
    return CredentialFacts(
        credential,
        Subject.by_credential(
            account_ids=credential.account_ids, editing_ids=credential.editing_ids, is_staff=credential.is_staff, limited_by=limited_by
        ),
        {repository: Facts(*facts) for repository, *facts in found if repository is not None},
    )


_TEXT = """
WITH credential AS MATERIALIZED ({credential}),
     subject AS MATERIALIZED (SELECT account_ids, editing_ids, CASE WHEN limited THEN id END AS limited_by FROM credential)
SELECT credential.*, known.*
  FROM credential LEFT JOIN (SELECT {columns} FROM subject CROSS JOIN LATERAL ({facts}) facts) known ON true
"""


def _quoted(roles: Collection[Role]) -> str:
    return ", ".join(f"'{role.value}'" for role in roles)


def _statement(by: str) -> PreparedStatement:
    types = CREDENTIAL_TYPES[by]
    facts = FACTS_TEXT.format(names=f"${len(types) + 1}")
    credential = CREDENTIAL_TEXTS[by].format(pulling_roles=_quoted(PULLING_ROLES), editing_roles=_quoted(EDITING_ROLES))
    text = _TEXT.format(credential=credential, facts=facts, columns=FACTS_COLUMNS)
    return PreparedStatement(f"credential_facts_by_{by}", types=(*types, "text[]"), text=text)


_STATEMENTS = {by: _statement(by) for by in CREDENTIAL_TEXTS}
