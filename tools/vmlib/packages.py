"""Debian packages of any suite and architecture: looked up, downloaded and unpacked without touching what this system is set up for.

Packages come through a private apt configuration (own lists, own sources, signed by Debian's archive keyring); the system's own is only read, to learn which
mirror this machine uses.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from . import Failure, cache

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Suite:
    """One Debian suite for one architecture, read through a private apt configuration below the cache."""

    def __init__(self, name, architecture="amd64"):
        self.name = name
        self.folder = cache() / "apt" / (name if architecture == "amd64" else f"{name}-{architecture}")
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
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
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

    def names(self, prefix):
        """The names of every package in the suite's index that begin so."""
        return self.apt("apt-cache", "pkgnames", prefix).split()

    def download(self, packages, folder):
        say(f"  {self.name}: {' '.join(packages)}")
        self.apt("apt-get", "download", "-q", *packages, folder=folder)
        return sorted(folder.glob("*.deb"))

    def unpack(self, packages, folder):
        """Downloads packages and unpacks them into `folder`/tree, which is returned."""
        for archive in self.download(packages, folder):
            run(["dpkg", "-x", str(archive), str(folder / "tree")], f"unpack {archive.name}")
        return folder / "tree"

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
