"""Takes a compressed x86 kernel image apart: the ELF file inside, and the type information (BTF) inside that."""

import lzma
import os
import struct
import subprocess
import zlib

from . import Failure

# What each compressed payload starts with, and how it is opened.
PACKERS = [
    (b"\xfd7zXZ\0", lambda data: lzma.LZMADecompressor().decompress(data)),
    (b"\x1f\x8b", lambda data: zlib.decompressobj(31).decompress(data)),
    (b"\x28\xb5\x2f\xfd", lambda data: piped(["zstd", "-dcq"], data)),
    (b"\x02\x21\x4c\x18", lambda data: piped(["lz4", "-dcq"], data)),
    (b"\x5d\0\0", lambda data: lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(data)),
    (b"\x7fELF", lambda data: data),
]


def piped(command, data):
    """The part that could be unpacked: the kernel's build appends the unpacked size, which the tools reject as trailing bytes."""
    try:
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    except FileNotFoundError:
        raise Failure(f"{command[0]} is needed to unpack this kernel image: install it with tools/setup --group vm") from None


def unpack(image):
    """The ELF file in a bzImage. The boot header says where the payload is: set-up sectors, then an offset and a length."""
    if image[0x202:0x206] != b"HdrS":
        raise Failure("not an x86 boot image: want 'HdrS' at offset 0x202, have " + repr(image[0x202:0x206]))
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start : start + length]
    for magic, opener in PACKERS:
        if payload.startswith(magic):
            elf = opener(payload)
            if elf.startswith(b"\x7fELF"):
                return elf
    raise Failure(f"cannot unpack the boot image's payload, which starts with {payload[:6].hex()}")


def section(elf, wanted, byte_order="little"):
    """The contents of a named section of an ELF64 file, or None."""
    order = "<" if byte_order == "little" else ">"
    table, = struct.unpack_from(order + "Q", elf, 0x28)
    size, count, names = struct.unpack_from(order + "HHH", elf, 0x3A)
    headers = [struct.unpack_from(order + "IIQQQQ", elf, table + index * size) for index in range(count)]
    strings = headers[names][4]
    for header in headers:
        start = strings + header[0]
        if elf[start : elf.index(b"\0", start)].decode() == wanted:
            return elf[header[4] : header[4] + header[5]]
    return None


def btf_of(kernel):
    """The path of the kernel's raw BTF in the cache, extracted the first time."""
    path = kernel.folder / "vmlinux.btf"
    if not path.exists():
        types = section(unpack(kernel.image.read_bytes()), ".BTF")
        if not types:
            raise Failure(f"{kernel.release} carries no .BTF section")
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(types)
        partial.rename(path)
    return path
