"""The one policy: what a subject may do with an image. The token service, pages and the API all ask it. The default is to deny."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from accounts.organisations.selectors import AccountIds, pulling_and_editing_ids_of
from accounts.people.models import User
from accounts.tokens.models import AccessToken
from common.db.prepared_statements import PreparedStatement, array_literal
from marketplace.images.oci import LONGEST_NAME


class Action(StrEnum):
    """What can be done with a repository, in the registry's words (distribution, spec/auth/scope.md)."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks.

    Attributes:
        account_ids: the accounts whose images they pull: their own, and organisations in which their role pulls.
        editing_ids: the accounts to whose images they push: their own, and organisations in which their role edits. For a robot that is
            limited to images its organisation, for any other robot none.
        limited_by: the access token that they use, if it is for some images only. Then nothing is granted on others, not even on free ones.
    """

    account_ids: tuple[UUID, ...] = ()
    is_staff: bool = False
    limited_by: UUID | None = None
    editing_ids: tuple[UUID, ...] = ()

    @classmethod
    def anonymous(cls) -> Self:
        return cls()

    @classmethod
    def of(cls, user: User | AnonymousUser, ids: AccountIds | None = None) -> Self:
        """Return the subject of a user in person; somebody who is not signed in or is disabled is anonymous.

        Args:
            ids: what `pulling_and_editing_ids_of` returns, from whoever has asked already.
        """
        if isinstance(user, AnonymousUser) or not user.is_active:
            return cls.anonymous()
        pulling, editing = ids or pulling_and_editing_ids_of(user)
        return cls(pulling, is_staff=user.has_all_rights, editing_ids=editing)

    @classmethod
    def by_token(cls, token: AccessToken, ids: AccountIds | None = None) -> Self:
        """Return the subject that the token belongs to: a user, whose `ids` may be known as for `of`, or the organisation of a robot."""
        limited_by = token.pk if token.limited else None
        whose = cls.of(token.user, ids) if token.user else cls.robot(token.organisation_id, limited=token.limited)
        return cls.by_credential(
            account_ids=whose.account_ids, editing_ids=whose.editing_ids, is_staff=whose.is_staff, limited_by=limited_by
        )

    @classmethod
    def robot(cls, organisation_id: UUID | None, *, limited: bool) -> Self:
        """Return what a robot of the organisation can be at most: it pulls, and pushes only if it is limited to images."""
        whose = tuple(filter(None, [organisation_id]))
        return cls(whose, editing_ids=whose if limited else ())

    @classmethod
    def by_credential(
        cls, *, account_ids: tuple[UUID, ...], editing_ids: tuple[UUID, ...], is_staff: bool, limited_by: UUID | None
    ) -> Self:
        """Return the subject of a credential for these accounts. One that is limited to images gives nobody the rights of staff."""
        return cls(account_ids, is_staff=is_staff and limited_by is None, limited_by=limited_by, editing_ids=editing_ids)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one subject and one image that the policy considers.

    Attributes:
        owned: the image belongs to an account for which the subject pulls.
        edited: it belongs to an account for which the subject pushes, too.
        held: one of these accounts has an entitlement that is neither revoked nor suspended, and whose end, if it has one, is to come.
        given_away: a published product that is free contains the image (`Price.is_free`: pay what you want from 0 is not).
        sold: somebody has got the image, by an order, for free or from staff; true for good.
        within_limits: the credential is not limited to images, or this is one of them.
        sold_at: path of a product that sells the image now, for somebody who neither owns nor holds it. It decides nothing and is only
            told to those who are refused.
    """

    owned: bool
    edited: bool
    held: bool
    given_away: bool
    ended: bool
    taken_down: bool
    seller_suspended: bool
    sold: bool
    within_limits: bool
    sold_at: str = ""


def allowed_actions(*, subject: Subject, repositories: Collection[str]) -> dict[str, frozenset[Action]]:
    """Return what the subject may do with each repository. One query for any number; every name that was asked for is a key.

    This is the whole policy. A subject who matches several rows has everything that they grant:

    | subject                                           | image as it should be | its seller suspended | ended        | taken down   |
    |---------------------------------------------------|-----------------------|----------------------|--------------|--------------|
    | the person who owns it                            | pull, push            | pull                 | pull         | –            |
    | owners and editors of the organisation that does  | pull, push            | pull                 | pull         | –            |
    | members of that organisation                      | pull                  | pull                 | pull         | –            |
    | its robots that are limited to images             | pull, push            | pull                 | pull         | –            |
    | its other robots                                  | pull                  | pull                 | pull         | –            |
    | holder of an entitlement in force                 | pull                  | pull                 | pull         | –            |
    | anybody, while it is given away                   | pull                  | –                    | pull         | –            |
    | staff                                             | pull, delete          | pull, delete         | pull, delete | pull, delete |
    | everybody else, billing people of the owner too   | –                     | –                    | –            | –            |

    What was sold is deleted by nobody: from an image's first sale on, staff only pull (ADR 0042).

    A credential that is limited to images grants nothing on any other image, whoever uses it.

    A name that nobody holds (never reserved, or freed) grants nothing to anybody: grants belong to the image, never to its name.
    """
    facts = access_facts(subject=subject, repositories=repositories)
    return {name: decide(facts[name], is_staff=subject.is_staff) if name in facts else frozenset() for name in repositories}


def decide(facts: Facts, *, is_staff: bool) -> frozenset[Action]:
    """Turn facts into actions: the table of `allowed_actions`, row by row."""
    if not facts.within_limits:
        return frozenset()
    granted = {Action.PULL} if is_staff else set()
    if is_staff and not facts.sold:
        granted.add(Action.DELETE)
    if facts.taken_down:
        return frozenset(granted)
    if facts.owned or facts.held or (facts.given_away and not facts.seller_suspended):
        granted.add(Action.PULL)
    if facts.owned and facts.edited and not facts.ended and not facts.seller_suspended:
        granted.add(Action.PUSH)
    return frozenset(granted)


def access_facts(*, subject: Subject, repositories: Collection[str]) -> dict[str, Facts]:
    """Look up what the policy needs, by repository; names that nobody holds are left out. One query."""
    rows = _FACTS.rows(
        array_literal(subject.account_ids), array_literal(subject.editing_ids), subject.limited_by, array_literal(askable(repositories))
    )
    return {repository: Facts(*facts) for repository, *facts in rows}


def askable(repositories: Collection[str]) -> list[str]:
    """Leave out texts that cannot be names: PostgreSQL refuses NUL and lone surrogates."""
    return [name for name in repositories if len(name) <= LONGEST_NAME and name.isascii() and name.isprintable()]


# Text instead of a QuerySet, and prepared: the token service runs it for every pull, and building and planning it costs more than running.
# `subject` is a row with account_ids, editing_ids and limited_by; {names} is an array of repositories, joined with unnest() rather than
# compared with = ANY(): there PostgreSQL assumes ten items, and then that no index is needed. For the same reason there is no EXISTS,
# which PostgreSQL might evaluate for all images at once.
FACTS_TEXT = """
SELECT image.id AS image_id,
       image.repository,
       image.owner_id = ANY(subject.account_ids) AS owned,
       image.owner_id = ANY(subject.editing_ids) AS edited,
       (SELECT true FROM marketplace_entitlement entitlement
         WHERE entitlement.holder_id = ANY(subject.account_ids) AND entitlement.image_id = image.id
           AND entitlement.revoked_at IS NULL AND entitlement.suspended_at IS NULL
           AND (entitlement.ends_at IS NULL OR entitlement.ends_at > statement_timestamp()) LIMIT 1) IS NOT NULL AS held,
       (SELECT true FROM marketplace_productimage part
          JOIN marketplace_product product ON product.id = part.product_id AND product.state = 'published'
          JOIN marketplace_price price ON price.product_id = product.id AND price.retired_at IS NULL AND price.amount = 0
               AND price.kind = 'one_off'
         WHERE part.image_id = image.id LIMIT 1) IS NOT NULL AS given_away,
       image.ended_at IS NOT NULL AS ended,
       image.taken_down_at IS NOT NULL AS taken_down,
       seller.suspended_at IS NOT NULL AS seller_suspended,
       image.first_sold_at IS NOT NULL AS sold,
       subject.limited_by IS NULL
         OR (SELECT true FROM marketplace_credentialimage part
              WHERE part.credential_id = subject.limited_by AND part.image_id = image.id) IS NOT NULL AS within_limits
  FROM unnest({names}) asked (repository)
  JOIN marketplace_image image ON image.repository = asked.repository AND image.freed_at IS NULL
  LEFT JOIN accounts_sellerprofile seller ON seller.account_id = image.owner_id
"""
FACTS_COLUMNS = "repository, owned, edited, held, given_away, ended, taken_down, seller_suspended, sold, within_limits"
# Where the image is sold is looked up inside CASE, so only for those who are refused: whoever may pull does not wait for it.
# OFFSET 0: each fact is computed once, however often it is used.
_FACTS_AND_SHOP = """
WITH subject AS (SELECT $1 AS account_ids, $2 AS editing_ids, $3 AS limited_by)
SELECT {columns}, CASE WHEN owned OR held OR given_away THEN '' ELSE coalesce((
           SELECT '/' || space.name || '/' || product.slug
             FROM marketplace_productimage part
             JOIN marketplace_product product ON product.id = part.product_id AND product.state = 'published'
             JOIN marketplace_price price ON price.product_id = product.id AND price.retired_at IS NULL AND price.leading
             JOIN marketplace_namespace space ON space.id = product.namespace_id
             JOIN accounts_sellerprofile paid ON paid.account_id = product.seller_id AND paid.suspended_at IS NULL
                  AND paid.charges_enabled AND paid.payouts_enabled AND paid.stripe_account_id <> ''
            WHERE part.image_id = facts.image_id
              AND NOT EXISTS (SELECT FROM marketplace_productimage beside JOIN marketplace_image stopped ON stopped.id = beside.image_id
                               WHERE beside.product_id = product.id AND (stopped.ended_at IS NOT NULL OR stopped.taken_down_at IS NOT NULL
                                                                         OR stopped.leading_tag_id IS NULL))
            ORDER BY price.amount, product.id LIMIT 1), '') END
  FROM subject CROSS JOIN LATERAL ({facts} OFFSET 0) facts
"""
_FACTS = PreparedStatement(
    "access_facts",
    types=("uuid[]", "uuid[]", "uuid", "text[]"),
    text=_FACTS_AND_SHOP.format(facts=FACTS_TEXT.format(names="$4"), columns=FACTS_COLUMNS),
)
