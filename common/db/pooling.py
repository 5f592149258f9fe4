"""Whether sessions of PostgreSQL are ours, or a pooler's that hands each out for one transaction and gives it to somebody else afterwards.

A shared session keeps nothing between two transactions that we may rely on: no prepared statement, no setting, no advisory lock, no cursor.
"""

from django.conf import settings


def sessions_are_shared() -> bool:
    """Tell whether a pooler in transaction mode stands between us and PostgreSQL."""
    return bool(settings.LAYERSTORE_DATABASE_POOLING == "transaction")
