"""Debian's kernels: found in the package index of a suite, downloaded once, kept unpacked in the cache."""

import contextlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import Failure, cache, locked
from .machines import MACHINES
from .packages import Suite, say

# Where each series is looked for, in this order. Series not named here are looked for in ELSEWHERE.
SUITES = {
    "5.10": ["bullseye-security", "bullseye"],
    "6.1": ["bookworm-security", "bookworm"],
    "6.12": ["trixie-security", "trixie", "bookworm-backports"],
    "6.16": ["trixie-backports"],
    "6.17": ["trixie-backports"],
    "6.18": ["trixie-backports"],
    "6.19": ["trixie-backports"],
    "7.0": ["trixie-backports"],
    "7.1": ["trixie-backports"],
    "7.2": ["trixie-backports", "sid"],
    "7.3": ["trixie-backports", "sid"],
}
ELSEWHERE = ["trixie-backports", "sid"]
NEWEST = "7.3"  # what `newest` means while a mirror has it; see resolve()


@dataclass
class Kernel:
    """One unpacked kernel in the cache."""

    series: str
    arch: str
    folder: Path

    @property
    def release(self):
        return (self.folder / "release").read_text().strip()

    @property
    def image(self):
        return self.folder / "vmlinuz"

    @property
    def config(self):
        return self.folder / "config"

    @property
    def modules(self):
        return self.folder / "modules"


def home(arch):
    """Where the unpacked kernels of an architecture are."""
    return cache() / ("kernels" if arch == "amd64" else f"kernels-{arch}")


def cached(series, arch):
    kernel = Kernel(series, arch, home(arch) / series)
    return kernel if (kernel.folder / "release").exists() else None


def known(arch):
    """Every series in the table or in the cache, with the cached release or None."""
    kept = home(arch)
    names = set(SUITES) | ({entry.name for entry in kept.iterdir() if cached(entry.name, arch)} if kept.exists() else set())
    for series in sorted(names, key=numbers):
        kernel = cached(series, arch)
        yield series, kernel.release if kernel else None


def numbers(text):
    """A sort key that orders version numbers by value: 6.9 before 6.12, 6.12.90+deb13 before 6.12.90+deb13.1."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|[^\d.]+", text)]


def packaged(series, arch):
    """A pattern for the names of kernel packages; its first group is the series, its second what follows `linux-image-`."""
    return re.compile(rf"linux-(?:image|binary)-(?=({series})\.)(\d\S*-{re.escape(MACHINES[arch].flavour)})$")


def resolve(series, arch="amd64"):
    """What a series name stands for. `newest` is 7.3 while that can be had, else the highest series that can."""
    if series != "newest":
        if not re.fullmatch(r"\d+\.\d+", series):
            raise Failure(f"'{series}' is no kernel series: wanted a name such as 6.1, or newest")
        return series
    if cached(NEWEST, arch):
        return NEWEST
    offered = set()
    with locked():
        for suite in ELSEWHERE:
            with contextlib.suppress(Failure):
                found = map(packaged(r"\d+\.\d+", arch).match, Suite(suite, arch).names("linux-"))
                offered |= {match.group(1) for match in found if match}
            if NEWEST in offered:
                return NEWEST
    offered |= {name for name, release in known(arch) if release}
    if not offered:
        raise Failure("no kernel can be found: the package mirror does not answer and the cache is empty")
    return max(offered, key=numbers)


def ensure(series, arch="amd64"):
    """The kernel of that series, downloaded now unless the cache has it."""
    series = resolve(series, arch)
    kernel = cached(series, arch)
    if kernel:
        return kernel
    with locked():
        return cached(series, arch) or download(series, arch)


def download(series, arch):
    say(f"downloading a {series} kernel for {arch} (once; it is kept in {cache()})")
    pattern = packaged(re.escape(series), arch)
    troubles = []
    for name in SUITES.get(series, ELSEWHERE):
        try:
            suite = Suite(name, arch)
            names = set(suite.names("linux-"))
        except Failure as failure:
            troubles.append(str(failure))
            continue
        releases = {found.group(2) for found in map(pattern.match, names) if found}
        if not releases:
            troubles.append(f"{name} has no {series} kernel for {arch}")
        # An index can name packages that the mirror no longer has, so the next older one is tried, within reason.
        for release in sorted(releases, key=numbers, reverse=True)[:6]:
            wanted = [f"linux-{part}-{release}" for part in ("image", "binary", "modules", "base")]
            try:
                return unpack(series, arch, release, suite, [package for package in wanted if package in names])
            except Failure as failure:
                troubles.append(str(failure))
    raise Failure(f"cannot get a {series} kernel for {arch}:\n  " + "\n  ".join(troubles or ["no suite to look in"]))


def unpack(series, arch, release, suite, packages):
    """Downloads the packages and moves what a guest needs of them into the cache, all or nothing."""
    home(arch).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home(arch), prefix=".new-") as scratch:
        kept = Path(scratch) / "kept"
        kept.mkdir()
        tree = suite.unpack(packages, Path(scratch))
        image = first(tree, f"boot/vmlinuz-{release}", f"usr/lib/modules/{release}/vmlinuz", f"lib/modules/{release}/vmlinuz")
        if not image:
            raise Failure(f"{release} in {suite.name}: its packages hold no vmlinuz")
        shutil.copyfile(image, kept / "vmlinuz")
        config = first(tree, f"boot/config-{release}", f"usr/lib/modules/{release}/config", f"lib/modules/{release}/config")
        if config:
            shutil.copyfile(config, kept / "config")
        modules = first(tree, f"lib/modules/{release}/kernel", f"usr/lib/modules/{release}/kernel")
        if modules:
            shutil.move(modules, kept / "modules")
        (kept / "release").write_text(release + "\n")
        kept.rename(home(arch) / series)
    return Kernel(series, arch, home(arch) / series)


def first(tree, *candidates):
    return next((tree / path for path in candidates if (tree / path).exists()), None)
