# The Python package: token-sparse attention decode over NumPy, PyTorch and anything with DLPack.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Token-sparse attention decode with Hadamard codes, on NVIDIA GPUs and x86-64 CPUs.

    import adamas
    plan = adamas.Plan(query_heads=9, kv_heads=3, head_dim=64, dtype="f32", budget=128, device="cpu")
    cache = plan.new_cache(batch=1, tokens=4096)
    thresholds = adamas.calibrate(keys, bits=2)                  # keys [1, 3, N, 64]
    plan.append(cache, new_key, new_value, slots, thresholds)    # [T, 3, 64]; slots int32 [T]
    cache.seq_lens[:] = N
    output = plan.decode(cache, query)                           # query [1, 9, 64]

Arrays may be NumPy's, PyTorch's, or anything else with `__dlpack__` or `__cuda_array_interface__`; they are used where they
lie, never copied. Errors are the exceptions of `adamas.errors`. Neither PyTorch nor Transformers is imported by this module:
`adamas.torch` registers `torch.ops.adamas`, `adamas.transformers` the attention function "adamas".
"""

from .calibration import Thresholds, calibrate, load_thresholds, save_thresholds
from .errors import (
    AdamasError, CacheError, CompileError, CompilerError, CorruptError, DeviceError, DriverError, InvalidArgument,
    OutOfMemory, UnsupportedError, ValidationError, WorkspaceError,
)
from .library import abi_version, environment_help, library_path, version
from .plan import Cache, Context, Plan, device_count, device_info

__version__ = "0.1.0"

__all__ = [
    "AdamasError", "Cache", "CacheError", "CompileError", "CompilerError", "Context", "CorruptError", "DeviceError",
    "DriverError", "InvalidArgument", "OutOfMemory", "Plan", "Thresholds", "UnsupportedError", "ValidationError",
    "WorkspaceError", "abi_version", "calibrate", "device_count", "device_info", "environment_help", "library_path",
    "load_thresholds", "save_thresholds", "version",
]
