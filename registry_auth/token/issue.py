"""Issuing registry tokens: reads and signs, and writes nothing; "last used" goes through Redis."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections

from accounts.tokens.lifetimes import SHORTEST_LIFETIME, pull_token_lifetime, push_token_lifetime
from accounts.tokens.secrets import IDENTITY_PREFIX
from accounts.tokens.selectors import Credential, note_token_use
from common.ops.answer_cache import AnswerCache
from common.ops.tracing import span
from common.web.links import absolute_path
from marketplace.entitlements.credential_facts import find_credential_facts
from marketplace.entitlements.policy import Facts, Subject, access_facts, decide
from registry_auth.client.credentials import Credentials
from registry_auth.client.identity import SERVICE_SUBJECT
from registry_auth.keys.leaves import SigningKey
from registry_auth.keys.ring import KeyRing, NoSigningKey
from registry_auth.token.errors import ForeignService, NotBought, TokensUnavailable, TooManyFailures, WrongCredentials
from registry_auth.token.failures import note_failure
from registry_auth.token.grants import ANONYMOUS_USE, grant, lone_refused_pull, repositories_of
from registry_auth.token.requests import TokenRequest
from registry_auth.token.scopes import Scope
from registry_auth.token.service import grant_to_service, is_service
from registry_auth.token.signing import AccessEntry, Claims, sign
from registry_auth.token.writes import reduce_writes

logger = logging.getLogger(__name__)
_SHORTEST_SECONDS = int(SHORTEST_LIFETIME.total_seconds())
TOKENS_PATH, WHY_PATH = "/account/tokens/", "/why/"  # this process knows no views; a test compares
CACHE_SECONDS = 30  # an anonymous answer is given again for so long, and says each time how long it still lives
ANONYMOUS_ANSWERS = AnswerCache["RegistryToken"](most=512)  # of at most 8 KiB each, by the requested scopes


@dataclass(frozen=True, slots=True)
class RegistryToken:
    """A signed token and what the client is told of it.

    Attributes:
        scope: what was granted, as OAuth writes it.
        identity_token: lets the client come back without its password; only if it asked for one and sent credentials.
    """

    token: str = field(repr=False)
    issued_at: datetime
    expires_in: int
    scope: str
    identity_token: str | None = field(repr=False, default=None)


def issue_token(*, request: TokenRequest, address: str | None, now: datetime) -> RegistryToken:
    """Issue a token for what was requested, reduced to what the client may do. At most two queries, no write.

    Raises:
        ForeignService: the token is meant for another service.
        WrongCredentials: whatever was wrong with them.
        TooManyFailures: wrong, and too often.
        NotBought: a lone pull of an image that is for sale and that the client's account does not own.
        PushesHeld: a push while garbage is collected.
        StorageFull: a push by a seller who stores as much as they may.
        TokensUnavailable: the database or the signing key is unavailable, for everybody alike.
    """
    if request.service not in {"", settings.LAYERSTORE_SERVICE}:
        raise ForeignService(ours=settings.LAYERSTORE_SERVICE)
    if request.credentials is None:
        return _issue_anonymous(request.scopes, now)
    if is_service(request.credentials, now=now):
        return _issue_to_service(request.scopes, now)
    return _retried(lambda: _issue(request, address, now))


def _issue_anonymous(scopes: tuple[Scope, ...], now: datetime) -> RegistryToken:
    """Sign, or give again what was signed for these scopes less than `CACHE_SECONDS` ago, also while the database is away."""
    key = (_signing_key(now).kid, scopes)
    cached = ANONYMOUS_ANSWERS.get(key, now=now.timestamp())
    if cached is not None and cached.issued_at <= now:
        return replace(cached, issued_at=now, expires_in=cached.expires_in + int(cached.issued_at.timestamp()) - int(now.timestamp()))
    issued = _retried(lambda: _issue(TokenRequest(None, scopes), None, now))
    # Only what grants all that was requested: a cached answer never withholds what has become free since.
    if len(issued.scope.split()) == len(scopes):
        seconds = min(CACHE_SECONDS, issued.expires_in - _SHORTEST_SECONDS)
        ANONYMOUS_ANSWERS.put(key, issued, until=(now + timedelta(seconds=seconds)).timestamp())
    return issued


def _issue_to_service(scopes: tuple[Scope, ...], now: datetime) -> RegistryToken:
    """Sign for our own worker, without a query. It uses each token at once, so the token lives as briefly as possible."""
    access, seconds = grant_to_service(scopes), _SHORTEST_SECONDS
    token = sign_access(subject=SERVICE_SUBJECT, access=access, now=now, lifetime=seconds)
    return RegistryToken(token=token, issued_at=now, expires_in=seconds, scope=_as_scope(access))


def _retried(issue: Callable[[], RegistryToken]) -> RegistryToken:
    database = connections[DEFAULT_DB_ALIAS]
    if not database.in_atomic_block:
        database.close_if_unusable_or_obsolete()  # as Django does before each request that it handles itself
    try:
        return issue()
    except (OperationalError, InterfaceError):
        # Connections live long and are not tested before use: the server may have closed this one while it was idle.
        connection.close()
    try:
        return issue()
    except (OperationalError, InterfaceError) as error:
        logger.exception("database away")
        raise TokensUnavailable from error


def key_ring() -> KeyRing:
    """Return this process's view of the signing keys."""
    return _key_ring(settings.LAYERSTORE_KEYS_DIR, settings.LAYERSTORE_REGISTRY_TRUST)


@cache
def _key_ring(directory: Path, trust: str) -> KeyRing:
    return KeyRing(directory, shows_certificate=trust == "rootcertbundle")


def _issue(request: TokenRequest, address: str | None, now: datetime) -> RegistryToken:
    with span("look up credential and facts"):
        credential, subject, facts = _look_up(request, address)
    allowed = {name: decide(known, is_staff=subject.is_staff) for name, known in facts.items()}
    use = credential.scopes if credential else ANONYMOUS_USE
    access = reduce_writes(grant(request.scopes, allowed=allowed, use=use, reads_catalogue=subject.is_staff))
    if credential:
        note_token_use(credential)
    if refused := lone_refused_pull(request.scopes, allowed=allowed):
        _refuse_if_for_sale(refused, facts=facts if credential is None else access_facts(subject=subject, repositories=[refused]))
    seconds = _lifetime(access)
    return RegistryToken(
        token=sign_access(subject=credential.username if credential else "", access=access, now=now, lifetime=seconds),
        issued_at=now,
        expires_in=seconds,
        scope=_as_scope(access),
        identity_token=credential.identity_token if credential and request.wants_identity_token else None,
    )


def _as_scope(access: list[AccessEntry]) -> str:
    return " ".join(f"{entry['type']}:{entry['name']}:{','.join(entry['actions'])}" for entry in access)


def _look_up(request: TokenRequest, address: str | None) -> tuple[Credential | None, Subject, Mapping[str, Facts]]:
    """Find the client and what the policy needs to know, in one query; without a database nobody gets an answer.

    Raises:
        WrongCredentials, TooManyFailures: as `refuse_credentials`.
    """
    credentials, names = request.credentials, repositories_of(request.scopes)
    if credentials is None:
        return None, Subject.anonymous(), access_facts(subject=Subject.anonymous(), repositories=names)
    found = find_credential_facts(credentials.secret, repositories=names)
    if found is None or not _belongs_to(found.credential, credentials):
        refuse_credentials(credentials=credentials, address=address)
    return found.credential, found.subject, found.facts


def _belongs_to(found: Credential, credentials: Credentials) -> bool:
    """Whether the credential is that of the user name that was sent with it."""
    if credentials.names_nobody:
        return credentials.secret.startswith(IDENTITY_PREFIX)
    return credentials.username.casefold() in {found.username.casefold(), found.email.casefold()}


def _refuse_if_for_sale(repository: str, *, facts: Mapping[str, Facts]) -> None:
    """Tell somebody whose lone pull is refused where to buy the image, if it is for sale.

    Raises:
        NotBought: it is.
    """
    if repository in facts and (product := facts[repository].sold_at):
        raise NotBought(repository=repository, product_url=absolute_path(product), help_url=absolute_path(WHY_PATH))


def refuse_credentials(*, credentials: Credentials, address: str | None) -> NoReturn:
    """Count the failure and refuse.

    Raises:
        WrongCredentials, TooManyFailures: always one of them.
    """
    wait = note_failure(credentials=credentials, address=address)
    if wait is not None:
        raise TooManyFailures(retry_after=wait)
    raise WrongCredentials(tokens_url=absolute_path(TOKENS_PATH))


def sign_access(*, subject: str, access: list[AccessEntry], now: datetime, lifetime: int) -> str:
    """Return a signed token that grants this access at our registry.

    Args:
        lifetime: in seconds.

    Raises:
        TokensUnavailable: there is no key to sign with.
    """
    claims = Claims(
        issuer=settings.LAYERSTORE_ISSUER,
        audience=settings.LAYERSTORE_SERVICE,
        subject=subject,
        access=access,
        issued_at=int(now.timestamp()),
        lifetime=lifetime,
    )
    return sign(claims, _signing_key(now))


def _signing_key(now: datetime) -> SigningKey:
    try:
        return key_ring().signing_key(now=now)
    except NoSigningKey as error:
        logger.error("no signing key: %s", error)  # noqa: TRY400  one line, for every client gets here until there is one
        raise TokensUnavailable from error


def _lifetime(access: list[AccessEntry]) -> int:
    writes = any(set(entry["actions"]) - {"pull"} for entry in access)
    return int((push_token_lifetime() if writes else pull_token_lifetime()).total_seconds())
