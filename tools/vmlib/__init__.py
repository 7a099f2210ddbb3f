"""The parts of tools/vm: kernel packages, their type information, the initial file system, and the emulator."""


class Failure(Exception):
    """The guest could not be prepared, started or heard; the text says why."""
