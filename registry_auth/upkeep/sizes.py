"""How large the blobs of a manifest are, as the registry says: one request for each, and not more time than is given.

What was asked for before the time was over is noted in Redis, so that the next attempt goes on; without the notes it begins again.
"""

from collections.abc import Collection
from datetime import timedelta
from time import monotonic
from typing import Final

from redis.exceptions import RedisError

from common.ops.redis import redis_client, redis_key, unless_away
from marketplace.images.models import Manifest
from registry_auth.client.errors import RegistryFailed
from registry_auth.client.registry import RegistryClient

_KEPT: Final = timedelta(days=1)  # longer than a manifest is tried


def ask_sizes(registry: RegistryClient, manifest: Manifest, digests: Collection[str], *, longest: timedelta) -> dict[str, int]:
    """Return the bytes of these blobs of the manifest; 0 of one that the registry does not have. At least one is asked for.

    Raises:
        RegistryFailed: it failed for one of them, or the time was over; what it has told is noted.
    """
    noted = _noted(manifest)
    told: dict[str, int] = {}
    try:
        _ask(registry, manifest.image.repository, [digest for digest in digests if digest not in noted], told, longest)
    except RegistryFailed:
        _note(manifest, told)
        raise
    return {digest: size for digest, size in (noted | told).items() if digest in digests}


def _ask(registry: RegistryClient, repository: str, digests: Collection[str], told: dict[str, int], longest: timedelta) -> None:
    end = monotonic() + longest.total_seconds()
    for digest in digests:
        if told and monotonic() > end:
            raise RegistryFailed("needs too long", request=f"tell the sizes of {len(digests)} blobs in {repository}")
        told[digest] = registry.blob_size(repository, digest) or 0


def _noted(manifest: Manifest) -> dict[str, int]:
    try:
        with unless_away("sizes of blobs not remembered"):
            return {str(digest): int(size) for digest, size in redis_client().hgetall(_key(manifest)).items()}
    except RedisError:
        return {}


def _note(manifest: Manifest, sizes: dict[str, int]) -> None:
    if not sizes:
        return
    try:
        with unless_away("sizes of blobs not noted"), redis_client().pipeline() as pipeline:
            for digest, size in sizes.items():
                pipeline.hset(_key(manifest), digest, str(size))
            pipeline.expire(_key(manifest), _KEPT)
            pipeline.execute()
    except RedisError:
        return


def _key(manifest: Manifest) -> str:
    return redis_key(f"sizes-of-blobs:{manifest.pk}")
