"""statsmodels, which judges our statistics, and the series that it brings.

Loaded when a test first asks for it: each process that collects tests would else wait a second for it, and load scipy and pandas.
"""

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

REAL = ("co2", "el nino", "nile", "sunspots")


@cache
def judge() -> Any:
    """Return `statsmodels.api`."""
    return import_module("statsmodels.api")


@cache
def real_series(name: str) -> np.ndarray:
    """Return one of the REAL series; nobody writes to it."""
    data = getattr(judge().datasets, name.replace(" ", "")).load().data
    if name == "el nino":
        values = data.to_numpy(dtype=float)[:, 1:].ravel()
    else:
        column = {"co2": "co2", "nile": "volume", "sunspots": "SUNACTIVITY"}[name]
        values = data[column].interpolate().to_numpy(dtype=float)[-730:].copy()
    made: np.ndarray = values
    made.flags.writeable = False
    return made
