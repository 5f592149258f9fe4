"""A stack on one machine's loopback, with the Stripe sandbox: what script/demo and script/server run."""

from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False
