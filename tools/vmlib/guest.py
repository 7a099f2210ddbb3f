"""Starts the emulator, passes the guest's output on as it comes, and reads the result from its status port."""

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from . import Failure, initramfs, kernels
from .machines import MACHINES

TIMED_OUT, DIED = 124, 125


def run(options):
    machine = MACHINES[options.arch]
    emulator = shutil.which(machine.emulator[0])
    if not emulator:
        raise Failure(f"{machine.emulator[0]} is needed: install Debian's package {machine.package}")
    kernel = kernels.ensure(options.kernel, options.arch)
    with tempfile.TemporaryDirectory(prefix="skep-vm-") as scratch:
        folder = Path(scratch)
        initrd = folder / "initrd"
        initramfs.build(initrd, kernel, options.file, options.module, options.env, options.command)
        memory = options.memory or max(1024, 512 + 3 * (initrd.stat().st_size >> 20))
        ports = {name: folder / name for name in ("console", "stdout", "stderr", "status")}
        for port in ports.values():
            port.touch()
        processors = ["-icount", "shift=0,sleep=off", "-smp", "1"] if options.counted else ["-smp", "2"]
        threads = "single" if options.counted else "multi" if options.concurrent else machine.threads
        command = [emulator, *machine.emulator[1:], "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                   "-accel", f"tcg,thread={threads}", *processors, "-m", str(memory), "-kernel", str(kernel.image), "-initrd", str(initrd),
                   "-append", f"{machine.console} rdinit=/init panic=-1 loglevel=4 {options.append}",
                   *machine.port_arguments(ports.values())]
        with open(folder / "emulator", "wb") as said:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            in_time = follow(process, ports, options.timeout)
        finally:
            process.kill()
            process.wait()
        if options.console:
            sys.stderr.write(ports["console"].read_text(errors="replace"))
        return conclude(options, kernel, in_time, ports, (folder / "emulator").read_text(errors="replace"))


def follow(machine, ports, timeout_seconds):
    """Copies the guest's two outputs to ours until it stops; False when the time is up first."""
    ends = time.monotonic() + timeout_seconds
    with open(ports["stdout"], "rb") as stdout, open(ports["stderr"], "rb") as stderr:
        while True:
            stopped = machine.poll() is not None
            for source, sink in ((stdout, sys.stdout.buffer), (stderr, sys.stderr.buffer)):
                sink.write(source.read())
                sink.flush()
            if stopped:
                return True
            if time.monotonic() > ends:
                return False
            time.sleep(0.05)


def conclude(options, kernel, in_time, ports, emulator_said):
    """The exit status of the run, after unpacking the guest's /out."""
    result = ports["status"].read_bytes()
    line, _, rest = result.partition(b"\n")
    words = line.split()
    if len(words) == 3 and words[0] == b"status":
        status, length = int(words[1]), int(words[2])
        if len(rest) >= length and rest[length:].startswith(b"end"):
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                with tarfile.open(fileobj=io.BytesIO(rest[:length])) as bundle:
                    bundle.extractall(options.out)
            return status
    if not in_time:
        print(f"tools/vm: {kernel.release}: time is up after {options.timeout:g} s; the guest was stopped", file=sys.stderr)
        tell_console(ports)
        return TIMED_OUT
    print(f"tools/vm: {kernel.release}: the guest died before it could report a status. {emulator_said.strip()}", file=sys.stderr)
    tell_console(ports)
    return DIED


def tell_console(ports):
    lines = ports["console"].read_text(errors="replace").splitlines()[-25:]
    print("  its console ends with:\n    " + "\n    ".join(lines), file=sys.stderr)
