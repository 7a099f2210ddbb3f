"""The libraries that a cross build links: Debian's packages for the other architecture, unpacked in the cache."""

import tempfile
from pathlib import Path

from . import Failure, cache, locked
from .machines import MACHINES
from .packages import Suite

SUITE = "bookworm"  # the release whose cross compilers are used
PACKAGES = ["zlib1g-dev", "libzstd-dev", "liblzma-dev", "nlohmann-json3-dev"]


def ensure(arch):
    """A directory that holds the packages' files for that architecture."""
    if arch not in MACHINES:
        raise Failure(f"no architecture '{arch}': want one of {', '.join(MACHINES)}")
    kept = cache() / f"sysroot-{arch}"
    with locked():
        # The list of what is inside tells whether it is still what is wanted.
        stamp = kept / "packages"
        if not stamp.exists() or stamp.read_text().split() != PACKAGES:
            with tempfile.TemporaryDirectory(dir=cache(), prefix=".new-") as scratch:
                tree = Suite(SUITE, arch).unpack(PACKAGES, Path(scratch))
                (tree / "packages").write_text("\n".join(PACKAGES))
                if kept.exists():
                    kept.rename(Path(scratch) / "old")
                tree.rename(kept)
    return kept
