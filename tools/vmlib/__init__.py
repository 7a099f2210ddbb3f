"""The parts of tools/vm: packages, kernels, their type information, the architectures, the initial file system, and the emulator."""

import contextlib
import fcntl
import os
from pathlib import Path


class Failure(Exception):
    """The guest could not be prepared, started or heard; the text says why."""


def cache():
    """Where downloads are kept: ${SKEP_CACHE:-~/.cache/skep}."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "skep"
    folder = Path(os.environ.get("SKEP_CACHE") or default).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked():
    """One process at a time changes the cache."""
    with open(cache() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
