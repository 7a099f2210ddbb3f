"""The architectures that guests can have, and how the emulator is told of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """One architecture. Results leave the guest through serial ports: those of a PC, or where a machine has too few, virtio's."""

    flavour: str  # how the names of its kernel packages end
    cpu: str  # what `uname -m` and the names of compilers call it
    emulator: tuple  # the program, and its arguments for this machine
    package: str  # what brings the emulator
    console: str  # the kernel's words for it
    elf_machine: int  # what its programs are marked with
    virtio_bus: str = ""  # the bus of virtio devices, where results leave through those
    byte_order: str = "little"
    threads: str = "multi"  # whether processors are emulated by a thread each (multi) or take turns in one (single)

    @property
    def ports(self):
        """The guest's devices for standard output, standard error and the result."""
        return [f"/dev/vport0p{port}" if self.virtio_bus else f"/dev/ttyS{port}" for port in (1, 2, 3)]

    def port_arguments(self, files):
        """The emulator's arguments that lead the console and the three ports to files."""
        words = []
        for port, file in enumerate(files):
            if port == 0 or not self.virtio_bus:
                words += ["-serial", f"file:{file}"]
            else:
                words += ["-chardev", f"file,id=port{port},path={file}",
                          "-device", f"virtserialport,bus=ports.0,nr={port},chardev=port{port},name=port{port}"]
        bus = ["-device", f"virtio-serial-{self.virtio_bus},id=ports"] if self.virtio_bus else []
        return bus + words


# single: of two emulated processors that really run at once, one can take the breakpoint by which an x86 kernel patches its code after the other has taken
# it away again; the kernel knows nothing of it any more and dies ("Oops: int3"). Processors that take turns are as fast and do not.
# no_timer_check: an emulated timer can be late enough on a busy machine for an old kernel to panic over it ("IO-APIC + timer doesn't work").
MACHINES = {
    "amd64": Machine(
        flavour="cloud-amd64", cpu="x86_64", package="qemu-system-x86",
        emulator=("qemu-system-x86_64", "-cpu", "max"),
        console="console=ttyS0 8250.nr_uarts=4 no_timer_check", elf_machine=62, threads="single"),
    "arm64": Machine(
        flavour="cloud-arm64", cpu="aarch64", package="qemu-system-arm",
        emulator=("qemu-system-aarch64", "-machine", "virt", "-cpu", "max"),
        console="console=ttyAMA0", elf_machine=183, virtio_bus="pci"),
    "s390x": Machine(
        flavour="s390x", cpu="s390x", package="qemu-system-misc",
        emulator=("qemu-system-s390x", "-machine", "s390-ccw-virtio", "-cpu", "max"),
        console="console=ttysclp0", elf_machine=22, virtio_bus="ccw", byte_order="big"),
}
