# The exceptions of the package, one for each kind of status of the C interface.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every exception derives from AdamasError and from the built-in one that a Python program would expect."""


class AdamasError(RuntimeError):
    """What the runtime refuses. `status` is the number of adamas_status, `name` its name; str() names the operand, what was
    expected and what came."""

    status = 0
    name = ""


class InvalidArgument(AdamasError, ValueError):
    """An argument that is wrong by itself or does not fit another."""


class UnsupportedError(AdamasError, NotImplementedError):
    """Legal, but not on this device or not in this version."""


class DriverError(AdamasError):
    """The CUDA driver is missing, too old, or one of its calls failed."""


class DeviceError(AdamasError):
    """There is no GPU, or none of that number."""


class OutOfMemory(AdamasError, MemoryError):
    """On the device or on the host."""


class WorkspaceError(AdamasError, ValueError):
    """A workspace that is too small."""


class CorruptError(AdamasError):
    """A bundle is damaged or contradicts itself."""


class CacheError(AdamasError, OSError):
    """A bundle file cannot be read."""


class CompilerError(AdamasError):
    """libadamas_compiler is needed, but not found, not loadable or disabled."""


class CompileError(AdamasError):
    """The compiler refused a request."""


class ValidationError(AdamasError, ValueError):
    """Lengths, slots, page tables or pointers are out of range."""


# By adamas_status of runtime.h.
KINDS = {
    1: InvalidArgument, 2: UnsupportedError, 3: DriverError, 4: DriverError, 5: DeviceError, 6: DriverError, 7: OutOfMemory,
    8: WorkspaceError, 9: CorruptError, 10: CacheError, 11: CompilerError, 12: CompileError, 13: ValidationError,
}


def make(status, name, text):
    """The exception for a status of the C interface."""
    error = KINDS.get(status, AdamasError)(text)
    error.status, error.name = status, name
    return error
