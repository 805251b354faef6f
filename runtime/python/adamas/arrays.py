# Arrays of any library as pointers, shapes and strides.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`view` reads NumPy arrays, PyTorch tensors, `__cuda_array_interface__` and `__dlpack__`, in this order, and copies nothing.

PyTorch is never imported: a tensor can only exist where somebody else did that.
"""

import ctypes
import functools
import sys
from collections import namedtuple

import numpy as np

from . import library
from .errors import InvalidArgument
from .reference.floats import BF16

# shape and strides count elements; device is -1 for host memory, else the number of a GPU; keep holds the memory.
View = namedtuple("View", "pointer shape strides dtype device keep")

ELEMENTS = {"f16": library.F16, "bf16": library.BF16, "f32": library.F32}
SIZES = {"f16": 2, "bf16": 2, "f32": 4, "i32": 4, "u32": 4, "i8": 1, "u8": 1, "i64": 8, "f64": 8}
_NAMES = {
    "float16": "f16", "bfloat16": "bf16", "float32": "f32", "int32": "i32", "uint32": "u32", "int8": "i8", "uint8": "u8",
    "int64": "i64", "float64": "f64",
}
_TYPE_CODES = {(2, 16): "f16", (4, 16): "bf16", (2, 32): "f32", (2, 64): "f64", (0, 32): "i32", (1, 32): "u32",
               (0, 8): "i8", (1, 8): "u8", (0, 64): "i64"}
_CPU, _CUDA, _CUDA_HOST, _CUDA_MANAGED = 1, 2, 3, 13


class _DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


def is_torch(array):
    """Whether it is a PyTorch tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, getattr(torch, "Tensor", ()))


def view(name, array):
    """The View of an array; `name` is for errors. Raises InvalidArgument for what is no array."""
    if is_torch(array):
        return _of_torch(name, array)
    if isinstance(array, np.ndarray):
        return _of_numpy(array, array.__array_interface__, -1)
    if hasattr(array, "__cuda_array_interface__"):
        return _of_numpy(array, array.__cuda_array_interface__, _cuda_device(array))
    if hasattr(array, "__dlpack__"):
        return _of_dlpack(name, array)
    raise InvalidArgument(
        f"{name}: expected an array of NumPy or PyTorch, or one with __dlpack__ or __cuda_array_interface__, "
        f"but got {type(array).__name__}"
    )


def _of_torch(name, tensor):
    kind = tensor.device.type
    if kind not in ("cpu", "cuda"):
        raise InvalidArgument(f"{name}: expected a tensor on cpu or cuda, but got one on {tensor.device}: move it")
    dtype = _torch_name(tensor.dtype)
    device = -1 if kind == "cpu" else tensor.device.index or 0
    return View(tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), dtype, device, tensor)


@functools.lru_cache(maxsize=None)
def _torch_name(dtype):
    name = str(dtype).rsplit(".", 1)[-1]
    return _NAMES.get(name, name)


def _of_numpy(array, interface, device):
    typestr, shape, strides = interface["typestr"], tuple(interface["shape"]), interface.get("strides")
    dtype = getattr(array, "dtype", None)
    if isinstance(dtype, np.dtype) and (dtype == BF16 or dtype.name == "bfloat16"):
        name, size = "bf16", 2
    else:
        parsed = np.dtype(typestr)
        name, size = _NAMES.get(parsed.name, parsed.name), parsed.itemsize
    if strides is None:
        strides = _dense(shape)
    elif any(stride % size for stride in strides):
        raise InvalidArgument(f"array: expected strides of whole elements of {size} bytes, but got {strides}: copy it")
    else:
        strides = tuple(stride // size for stride in strides)
    return View(interface["data"][0] or 0, shape, strides, name, device, array)


def _cuda_device(array):
    device = getattr(array, "device", 0)
    return int(getattr(device, "id", device if isinstance(device, int) else 0))


def _of_dlpack(name, array):
    kind, number = array.__dlpack_device__()
    if kind not in (_CPU, _CUDA, _CUDA_HOST, _CUDA_MANAGED):
        raise InvalidArgument(f"{name}: expected an array on the CPU or a CUDA GPU, but got DLPack device type {kind}: move it")
    # -1: no synchronisation; the caller says which stream the work runs on.
    capsule = array.__dlpack__(stream=-1) if kind == _CUDA else array.__dlpack__()
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    tensor = _DLTensor.from_address(get(capsule, b"dltensor"))
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    strides = tuple(tensor.strides[i] for i in range(tensor.ndim)) if tensor.strides else _dense(shape)
    dtype = _TYPE_CODES.get((tensor.code, tensor.bits), f"code {tensor.code} of {tensor.bits} bits")
    # The capsule stays unconsumed: whoever drops it runs the producer's deleter.
    device = number if kind in (_CUDA, _CUDA_MANAGED) else -1
    return View((tensor.data or 0) + tensor.byte_offset, shape, strides, dtype, device, capsule)


def _dense(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def is_dense(found):
    """Whether elements lie row-major without gaps; axes of one element do not count."""
    return all(size == 1 or stride == want for size, stride, want in zip(found.shape, found.strides, _dense(found.shape)))


def check(name, array, dtypes, shape, device):
    """The View of an array of one of `dtypes`, of this shape (None: any size) and on this device.

    Raises InvalidArgument that names the array, what was expected and what came.
    """
    found = view(name, array)
    if found.dtype not in dtypes:
        raise InvalidArgument(f"{name}: expected {' or '.join(dtypes)}, but got {found.dtype}: convert it")
    if len(found.shape) != len(shape) or any(w is not None and w != s for w, s in zip(shape, found.shape)):
        raise InvalidArgument(f"{name}: expected shape {describe(shape)}, but got {describe(found.shape)}")
    if found.device != device:
        raise InvalidArgument(f"{name}: expected it on {place(device)}, but got it on {place(found.device)}: move it")
    return found


def check_rows(name, array, dtypes, shape, device):
    """check, and the innermost axis is contiguous."""
    found = check(name, array, dtypes, shape, device)
    if found.shape[-1] > 1 and found.strides[-1] != 1:
        raise InvalidArgument(f"{name}: expected its last axis to be contiguous, but its stride is {found.strides[-1]}: copy it")
    return found


def check_dense(name, array, dtypes, shape, device):
    """check, and all of it is contiguous."""
    found = check(name, array, dtypes, shape, device)
    if not is_dense(found):
        raise InvalidArgument(f"{name}: expected it to be contiguous, but got strides {found.strides}: copy it")
    return found


def describe(shape):
    """[4, any, 64]."""
    return "[" + ", ".join("any" if size is None else str(size) for size in shape) + "]"


def place(device):
    """"the CPU" or "cuda:0"."""
    return "the CPU" if device < 0 else f"cuda:{device}"


_NUMPY = {"f16": np.float16, "f32": np.float32, "i32": np.int32, "u32": np.uint32, "bf16": BF16}
_TORCH = {"f16": "float16", "f32": "float32", "i32": "int32", "u32": "int32", "bf16": "bfloat16"}


def empty(like, shape, dtype, zero=False):
    """A new array of the library and the device of `like`; dtype as in "f16". PyTorch holds u32 as int32."""
    if is_torch(like):
        torch = sys.modules["torch"]
        make = torch.zeros if zero else torch.empty
        return make(shape, dtype=getattr(torch, _TORCH[dtype]), device=like.device)
    found = view("array", like)
    if found.device >= 0:
        raise InvalidArgument(
            f"result: expected an array of NumPy or PyTorch to make one like it, but got {type(like).__name__}: give `output`, and make "
            "the plan without lse and indices"
        )
    return (np.zeros if zero else np.empty)(shape, _NUMPY[dtype])
