"""Builds the guest's initial file system: busybox, the given files with the libraries they need, kernel modules, and /init."""

import lzma
import os
import re
import shlex
import shutil
import stat
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from . import Failure, cache, locked
from .machines import MACHINES
from .packages import Suite
from .vmlinux import piped, section

# Runs as process 1 in the guest. Standard output, standard error and the result each have a port of their own, named in /ports; those that are terminals
# are set raw so that bytes pass unchanged, and the command writes into pipes so that it does not take the port for a terminal.
INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /out /root /var/tmp /etc /boot /usr/bin /usr/sbin /sbin
/bin/busybox --install -s /bin
export PATH=/given:/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=dumb LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
chmod 1777 /tmp
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
hostname guest
. /ports
for port in $stdout $stderr $result; do [ ! -e /sys/class/tty/${port#/dev/} ] || stty -F $port raw -echo; done
[ -e /boot/config ] && ln -s config /boot/config-$(uname -r)
while read -r module; do insmod "$module"; done </modules
mkfifo /run/stdout /run/stderr
cat /run/stdout >$stdout & readers=$!
cat /run/stderr >$stderr & readers="$readers $!"
cd /given
sh /command </dev/null >/run/stdout 2>/run/stderr
status=$?
wait $readers
tar -C /out -cf /run/out.tar .
echo "status $status $(wc -c </run/out.tar)" >$result
cat /run/out.tar >$result
echo end >$result
sync
poweroff -f
"""

PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
GROUP = "root:x:0:\nnogroup:x:65534:\n"


class Archive:
    """A cpio archive ("newc" form) in memory; parents of each path are added as they are needed."""

    def __init__(self):
        self.parts = []
        self.paths = set()

    def __contains__(self, path):
        return self.tidy(path) in self.paths

    @staticmethod
    def tidy(path):
        return os.path.normpath("/" + str(path)).lstrip("/")

    def directory(self, path):
        path = self.tidy(path)
        if path and path not in self.paths:
            self.directory(os.path.dirname(path))
            self.entry(path, stat.S_IFDIR | 0o755, b"")

    def file(self, path, data, mode=0o644):
        path = self.tidy(path)
        if path not in self.paths:
            self.directory(os.path.dirname(path))
            self.entry(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        path = self.tidy(path)
        if path not in self.paths:
            self.directory(os.path.dirname(path))
            self.entry(path, stat.S_IFLNK | 0o777, target.encode())

    def entry(self, path, mode, data, device=(0, 0)):
        self.paths.add(path)
        name = path.encode() + b"\0"
        fields = [len(self.paths), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]

    def write(self, path):
        self.entry("TRAILER!!!", 0, b"")
        with open(path, "wb") as out:
            out.writelines(self.parts)


def build(path, kernel, files, modules, environment, command):
    """Writes the archive for one run. `files` are HOST or HOST:GUEST; `modules` are names of kernel modules."""
    archive = Archive()
    machine = MACHINES[kernel.arch]
    archive.file("bin/busybox", busybox(kernel.arch).read_bytes(), 0o755)
    archive.file("init", INIT.encode(), 0o755)
    archive.file("ports", "stdout={} stderr={} result={}\n".format(*machine.ports).encode())
    archive.file("etc/passwd", PASSWD.encode())
    archive.file("etc/group", GROUP.encode())
    archive.directory("dev")
    archive.entry("dev/console", stat.S_IFCHR | 0o600, b"", device=(5, 1))
    archive.directory("given")
    if kernel.config.exists():
        archive.file("boot/config", kernel.config.read_bytes())
    for spec in files:
        host, _, guest = spec.partition(":")
        add(archive, machine, Path(host), guest or f"/given/{Path(host).resolve().name}")
    archive.file("modules", "".join(f"{place}\n" for place in add_modules(archive, kernel, modules)).encode())
    settings = "".join(f"export {shlex.quote(setting)}\n" for setting in environment)
    if f"/given/{command[0]}" in archive:  # else busybox would prefer its own program of that name
        command = [f"/given/{command[0]}", *command[1:]]
    archive.file("command", (settings + "exec " + shlex.join(command) + "\n").encode())
    archive.write(path)


def busybox(arch):
    """A static busybox: this machine's own, or for another architecture that of Debian, downloaded once."""
    if os.uname().machine == MACHINES[arch].cpu:
        found = shutil.which("busybox", path="/bin:/usr/bin") or ""
        if not found or libraries(found):
            raise Failure("a static busybox is needed: install it with tools/setup --group vm")
        return Path(found)
    kept = cache() / f"busybox-{arch}"
    with locked():
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=cache(), prefix=".new-") as scratch:
                tree = Suite("bookworm", arch).unpack(["busybox-static"], Path(scratch))
                (tree / "bin/busybox").rename(kept)
    return kept


def add(archive, machine, host, guest):
    """Adds a file, or a directory with all below it, and the shared libraries of every program among them."""
    if not host.exists():
        raise Failure(f"no such file: {host}")
    if host.is_dir():
        archive.directory(guest)
        for entry in sorted(host.iterdir()):
            if entry.exists():
                add(archive, machine, entry, f"{guest}/{entry.name}")
        return
    data = host.read_bytes()
    archive.file(guest, data, 0o755 if os.access(host, os.X_OK) else 0o644)
    if data.startswith(b"\x7fELF") and os.access(host, os.X_OK) and int.from_bytes(data[18:20], machine.byte_order) == machine.elf_machine:
        if os.uname().machine != machine.cpu:
            require_static(host, data, machine.byte_order)
            return
        for library in libraries(host):
            archive.file(library, Path(library).read_bytes(), 0o755)


def require_static(path, program, byte_order):
    """A program for another architecture must bring everything: its libraries are not on this machine."""
    order = "<" if byte_order == "little" else ">"
    table, = struct.unpack_from(order + "Q", program, 0x20)
    size, count = struct.unpack_from(order + "HH", program, 0x36)
    interpreter = 3
    if any(struct.unpack_from(order + "I", program, table + index * size)[0] == interpreter for index in range(count)):
        raise Failure(f"{path} is linked dynamically: in a guest of another architecture only static programs run")


def libraries(program):
    """The shared libraries and the loader that a program needs, by absolute path; none for a static one."""
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True)
    if "not a dynamic executable" in told.stderr + told.stdout or "statically linked" in told.stdout:
        return []
    missing = re.findall(r"(\S+) => not found", told.stdout)
    if missing:
        raise Failure(f"{program} needs {', '.join(missing)}, which this machine does not have")
    return re.findall(r"(?:=> |^\s*)(/\S+)", told.stdout, re.MULTILINE)


def add_modules(archive, kernel, names):
    """Adds modules with what they depend on; returns their places in the guest in loading order."""
    if not names:
        return []
    if not kernel.modules.exists():
        raise Failure(f"the packages of {kernel.release} have no modules")
    built = {re.sub(r"\.ko.*", "", path.name).replace("-", "_"): path for path in kernel.modules.rglob("*.ko*")}
    order = []

    def visit(name):
        name = name.replace("-", "_")
        place = f"/lib/modules/{name}.ko"
        if place in order:
            return
        if name not in built:
            raise Failure(f"{kernel.release} has no module {name}")
        data = module_bytes(built[name])
        for fact in (section(data, ".modinfo", MACHINES[kernel.arch].byte_order) or b"").split(b"\0"):
            if fact.startswith(b"depends="):
                for needed in filter(None, fact[8:].decode().split(",")):
                    visit(needed)
        archive.file(place, data)
        order.append(place)

    for name in names:
        visit(name)
    return order


def module_bytes(path):
    data = path.read_bytes()
    match path.suffix:
        case ".xz":
            return lzma.decompress(data)
        case ".gz":
            return zlib.decompress(data, 31)
        case ".zst":
            return piped(["zstd", "-dcq"], data)
    return data
