"""An archive of kernels' type information, DIR/RELEASE.btf.zst, and configurations, DIR/config-RELEASE: what `skep check --btf DIR` and `skep load --btf DIR` read."""

import os
import subprocess

from . import Failure, vmlinux


def add(kernel, folder):
    """Makes sure that the archive has this kernel; what is there and whole is left alone. Gives (series, release, kept or added, bytes)."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / f"config-{kernel.release}"
    if kernel.config.exists() and not config.exists():
        keep(config, kernel.config.read_bytes())
    place = folder / f"{kernel.release}.btf.zst"
    if place.exists() and is_types(zstd(["-dcq"], place.read_bytes())):
        return kernel.series, kernel.release, "kept", place.stat().st_size
    types = vmlinux.btf_of(kernel).read_bytes()
    if not is_types(types):
        raise Failure(f"{kernel.release}: what its image holds as .BTF is not type information")
    packed = zstd(["-19", "-cq"], types)
    if zstd(["-dcq"], packed) != types:
        raise Failure(f"{kernel.release}: zstd does not give back what it was given")
    keep(place, packed)
    return kernel.series, kernel.release, "added", len(packed)


def keep(place, data):
    """Writes a file that appears whole or not at all."""
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with open(partial, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(place)
    finally:
        partial.unlink(missing_ok=True)


def is_types(data):
    """Whether this can be BTF: its header says how long each part is, and the parts end where the data does."""
    if len(data) < 24 or data[:3] not in (b"\x9f\xeb\x01", b"\xeb\x9f\x01"):
        return False
    order = "little" if data[0] == 0x9F else "big"
    header, _, _, strings, length = (int.from_bytes(data[at : at + 4], order) for at in (4, 8, 12, 16, 20))
    return header + strings + length <= len(data)


def zstd(options, data):
    try:
        return subprocess.run(["zstd", *options], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    except FileNotFoundError:
        raise Failure("zstd is needed for the archive: install Debian's package zstd") from None
