"""Lighthouse as npm brings it: what tools/bench/lighthouse/package-lock.json names, by its hashes, and nothing that is resolved anew."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tools.stack.instance import ROOT
from tools.stack.packages import find_program
from tools.stack.problems import Problem

LOCK = ROOT / "tools" / "bench" / "lighthouse" / "package-lock.json"
BROWSER = "chromium-headless-shell"


def install(folder: Path) -> Path:
    """Install what the lock names in a folder of its own, unless it is there, and return the program.

    Raises:
        Problem: npm could not, or what came has another hash.
    """
    place = folder / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    program = place / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(LOCK.with_name(name), place)
        result = subprocess.run([str(find_program("npm")), "ci"], cwd=place, capture_output=True, text=True, check=False)
        if result.returncode:
            raise Problem(f"Lighthouse could not be installed: {result.stderr[-600:]}", do="check the network, then start again.")
    return program
