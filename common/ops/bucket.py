"""Files in a bucket of S3, or of whatever speaks its protocol. Imported only where a setting names a bucket: one machine has none of this.

Region, credentials and endpoint are boto3's own: its environment variables, or the role of the machine.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urljoin

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from common.errors import RetryLater
from common.ops.circuit_breaker import CircuitBreaker

logger = logging.getLogger(__name__)
_CONNECT_SECONDS, _READ_SECONDS = 2, 5
_TIMEOUTS: Final = (ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError)
_MISSING: Final = "NoSuchKey"


class BucketAway(RetryLater):
    """The bucket does not answer, or refuses us. Nothing was changed."""

    code = "bucket_away"

    def __init__(self) -> None:
        super().__init__(gettext("Pictures cannot be stored or fetched at the moment. Try again in a few seconds."))


BUCKETS: Final = CircuitBreaker("bucket", timeouts=_TIMEOUTS, refusal=BucketAway)


class BucketStorage(S3Storage):
    """A private bucket whose files have addresses of the shop: web fetches them, so nobody else needs to reach it."""

    def get_default_settings(self) -> dict[str, Any]:
        patience = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
            signature_version="s3v4",
        )
        defaults: dict[str, Any] = super().get_default_settings()
        return defaults | {"client_config": patience}

    def url(self, name: str, *_: Any, **__: Any) -> str:
        return urljoin(settings.MEDIA_URL, name)

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":  # noqa: ARG002  Django's signature: it is only ever read
        key = self._normalize_name(clean_name(name))
        with self._asking():
            answer = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=key)
            return ContentFile(answer["Body"].read(), name=name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        with self._asking():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with self._asking():
            super().delete(name)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the bucket inside this block.

        Raises:
            FileNotFoundError: it has no such file.
            BucketAway: it does not answer, or refuses us, which the log tells.
        """
        try:
            with BUCKETS.call(self.bucket_name, lost="pictures"):
                yield
        except _TIMEOUTS as error:
            raise BucketAway from error
        except (BotoCoreError, Boto3Error, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == _MISSING:
                raise FileNotFoundError from error
            logger.exception("bucket refuses")
            raise BucketAway from error
