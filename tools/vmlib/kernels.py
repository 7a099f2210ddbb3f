"""Debian's cloud kernels: found in the package index of a suite, downloaded once, kept unpacked in the cache.

Packages of other suites come through a private apt configuration (own lists, own sources, signed by Debian's archive keyring);
the system's own is only read, to learn which mirror this machine uses.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import Failure

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

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


def cache():
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "skep"
    folder = Path(os.environ.get("SKEP_CACHE") or default).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cached(series):
    kernel = Kernel(series, cache() / "kernels" / series)
    return kernel if (kernel.folder / "release").exists() else None


def known():
    """Every series in the table or in the cache, with the cached release or None."""
    kept = cache() / "kernels"
    names = set(SUITES) | ({entry.name for entry in kept.iterdir() if cached(entry.name)} if kept.exists() else set())
    for series in sorted(names, key=numbers):
        kernel = cached(series)
        yield series, kernel.release if kernel else None


def numbers(text):
    """A sort key that orders version numbers by value: 6.9 before 6.12, 6.12.90+deb13 before 6.12.90+deb13.1."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|[^\d.]+", text)]


def resolve(series):
    """What a series name stands for. `newest` is 7.3 while that can be had, else the highest series that can."""
    if series != "newest":
        if not re.fullmatch(r"\d+\.\d+", series):
            raise Failure(f"'{series}' is no kernel series: wanted a name such as 6.1, or newest")
        return series
    if cached(NEWEST):
        return NEWEST
    with locked():
        offered = set()
        for suite in ELSEWHERE:
            with contextlib.suppress(Failure):
                for name in Suite(suite).names():
                    found = re.match(r"linux-(?:image|binary)-(\d+\.\d+)\.\d+.*-cloud-amd64$", name)
                    offered |= {found.group(1)} if found else set()
            if NEWEST in offered:
                return NEWEST
    offered |= {name for name, release in known() if release}
    if not offered:
        raise Failure("no kernel can be found: the package mirror does not answer and the cache is empty")
    return max(offered, key=numbers)


def ensure(series):
    """The kernel of that series, downloaded now unless the cache has it."""
    series = resolve(series)
    kernel = cached(series)
    if kernel:
        return kernel
    with locked():
        return cached(series) or download(series)


@contextlib.contextmanager
def locked():
    with open(cache() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def download(series):
    say(f"downloading a {series} kernel (once; it is kept in {cache()})")
    pattern = re.compile(rf"linux-(?:image|binary)-({re.escape(series)}\.\d+.*-cloud-amd64)$")
    troubles = []
    for name in SUITES.get(series, ELSEWHERE):
        try:
            suite = Suite(name)
            names = set(suite.names())
        except Failure as failure:
            troubles.append(str(failure))
            continue
        releases = {found.group(1) for found in map(pattern.match, names) if found}
        if not releases:
            troubles.append(f"{name} has no {series} cloud kernel")
        # An index can name packages that the mirror no longer has, so the next older one is tried, within reason.
        for release in sorted(releases, key=numbers, reverse=True)[:6]:
            wanted = [f"linux-{part}-{release}" for part in ("image", "binary", "modules", "base")]
            try:
                return unpack(series, release, suite, [package for package in wanted if package in names])
            except Failure as failure:
                troubles.append(str(failure))
    raise Failure(f"cannot get a {series} kernel:\n  " + "\n  ".join(troubles or ["no suite to look in"]))


def unpack(series, release, suite, packages):
    """Downloads the packages and moves what a guest needs of them into the cache, all or nothing."""
    home = cache() / "kernels"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".new-") as scratch:
        tree, kept = Path(scratch) / "tree", Path(scratch) / "kept"
        kept.mkdir()
        for archive in suite.download(packages, Path(scratch)):
            run(["dpkg", "-x", str(archive), str(tree)], f"unpack {archive.name}")
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
        kept.rename(home / series)
    return Kernel(series, home / series)


def first(tree, *candidates):
    return next((tree / path for path in candidates if (tree / path).exists()), None)


class Suite:
    """One Debian suite, read through a private apt configuration below the cache."""

    def __init__(self, name):
        self.name = name
        self.folder = cache() / "apt" / name
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.settings = self.folder / "apt.conf"
        (self.folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror(name)} {name} main\n")
        self.settings.write_text(f"""
Dir::State "{self.folder}";
Dir::State::lists "{self.folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{self.folder}/cache";
Dir::Etc::sourcelist "{self.folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::Check-Valid-Until "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
""")
        stamp = self.folder / "updated"
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > 3600:
            self.apt("apt-get", "update", "-q", "--error-on=any")
            stamp.touch()

    def names(self):
        """The names of every kernel package in the suite's index."""
        return self.apt("apt-cache", "pkgnames", "linux-").split()

    def download(self, packages, folder):
        say(f"  {self.name}: {' '.join(packages)}")
        self.apt("apt-get", "download", "-q", *packages, folder=folder)
        return sorted(folder.glob("*.deb"))

    def apt(self, program, *arguments, folder=None):
        attempts = 3
        for attempt in range(1, attempts + 1):
            try:
                return run([program, "-c", str(self.settings), *arguments], f"{program} {arguments[0]} of {self.name}", folder)
            except Failure as failure:
                if attempt == attempts or " 404 " in str(failure):
                    raise
                time.sleep(3 * attempt)


def run(command, what, folder=None):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", LC_ALL="C")
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failure(f"cannot {what}: {command[0]} is not installed (this needs a Debian system)") from None
    if done.returncode != 0:
        last = [line for line in done.stderr.strip().splitlines() if line.strip()][-3:]
        raise Failure(f"cannot {what}: {' / '.join(last) or f'status {done.returncode}'}")
    return done.stdout


def mirror(suite):
    """The address to fetch that suite from: the mirror that this machine's own apt sources name, or SKEP_MIRROR."""
    own, security = os.environ.get("SKEP_MIRROR"), os.environ.get("SKEP_SECURITY_MIRROR")
    for address, name in sources():
        if name.endswith("-security") or name.endswith("/updates"):
            security = security or (address if "debian" in address else None)
        elif re.search(r"/debian$", address):
            own = own or address
    if not own:
        raise Failure("no Debian mirror found in /etc/apt: set SKEP_MIRROR to the address of one")
    if suite.endswith("-security"):
        return security or own + "-security"
    return own


def sources(root=Path("/etc/apt")):
    """(address, suite) of every binary source that apt is set up with, in both of its formats."""
    for listing in [root / "sources.list", *sorted(root.glob("sources.list.d/*.list"))]:
        for line in listing.read_text().splitlines() if listing.exists() else []:
            found = re.match(r"\s*deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)", line)
            if found:
                yield found.group(1).rstrip("/"), found.group(2)
    for listing in sorted(root.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", listing.read_text())):
            fields = {key.lower(): value.split() for key, value in re.findall(r"(?m)^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza)}
            if "deb" in fields.get("types", []):
                for address in fields.get("uris", []):
                    for suite in fields.get("suites", []):
                        yield address.rstrip("/"), suite


def say(text):
    print(text, file=sys.stderr, flush=True)
