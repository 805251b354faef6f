# libadamas_runtime through ctypes: its structs, its functions, and errors as exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Thin over runtime/include/adamas/runtime.h: names, order and meaning are the header's."""

import ctypes
import functools
import os
from ctypes import POINTER, c_char, c_char_p, c_float, c_int32, c_int64, c_size_t, c_uint32, c_void_p

from . import errors

ABI_VERSION = 1
FILE_NAME = "libadamas_runtime.so.0"

F16, BF16, F32, I8, I32, U32, U16 = range(7)
L1, WEIGHTED, TWO_PASS = range(3)
PER_QUERY_HEAD, PER_KV_HEAD = range(2)
DECODE, SELECT, DENSE, APPEND, STEP = 1, 2, 4, 8, 16


class Sized(ctypes.Structure):
    """A struct that begins with its own size. Keyword arguments set members; arrays take any sequence."""

    def __init__(self, **members):
        super().__init__()
        self.struct_size = ctypes.sizeof(self)
        for name, value in members.items():
            setattr(self, name, value)


class DeviceProperties(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("ordinal", c_int32), ("compute_major", c_int32), ("compute_minor", c_int32),
        ("multiprocessors", c_int32), ("driver_version", c_int32), ("l2_bytes", c_int64),
        ("shared_bytes_per_block", c_int64), ("memory_bytes", c_int64), ("name", c_char * 128), ("chip", c_char * 16),
    ]


class PlanDesc(Sized):
    _fields_ = [("struct_size", c_size_t)] + [
        (name, c_int32)
        for name in (
            "dtype", "head_dim", "bits", "query_heads", "kv_heads", "query_tokens", "metric", "policy", "budget",
            "candidates", "sink", "recent", "page_size", "max_batch",
        )
    ] + [
        ("max_seq_len", c_int64), ("max_pages_per_sequence", c_int64), ("scale", c_float), ("weight_range", c_int32),
        ("weight_cap", c_int32), ("threshold_sets", c_int32), ("key_offset", c_int32), ("return_lse", c_int32),
        ("return_indices", c_int32), ("validate", c_int32), ("operations", c_uint32),
        ("dense_below_crossover", c_int32),
    ]


class CacheView(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("key", c_void_p), ("value", c_void_p), ("codes", c_void_p), ("key_strides", c_int64 * 3),
        ("value_strides", c_int64 * 3), ("codes_strides", c_int64 * 4), ("pages", c_int64), ("tokens", c_int64),
        ("page_table", c_void_p), ("max_pages", c_int64), ("page_table_stride", c_int64), ("seq_lens", c_void_p),
    ]


class DecodeArgs(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("cache", POINTER(CacheView)), ("batch", c_int64), ("query", c_void_p),
        ("query_strides", c_int64 * 3), ("thresholds", c_void_p), ("output", c_void_p), ("output_strides", c_int64 * 3),
        ("lse", c_void_p), ("indices", c_void_p), ("lengths", c_void_p),
    ]


class SelectArgs(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("cache", POINTER(CacheView)), ("batch", c_int64), ("query", c_void_p),
        ("query_strides", c_int64 * 3), ("thresholds", c_void_p), ("indices", c_void_p), ("lengths", c_void_p),
    ]


class DenseArgs(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("cache", POINTER(CacheView)), ("batch", c_int64), ("query", c_void_p),
        ("query_strides", c_int64 * 3), ("output", c_void_p), ("output_strides", c_int64 * 3), ("lse", c_void_p),
    ]


class AppendArgs(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("cache", POINTER(CacheView)), ("batch", c_int64), ("tokens", c_int64),
        ("new_key", c_void_p), ("new_value", c_void_p), ("new_key_strides", c_int64 * 2), ("new_value_strides", c_int64 * 2),
        ("slots", c_void_p), ("thresholds", c_void_p), ("offset", c_void_p),
    ]


class Extent(Sized):
    _fields_ = [
        ("struct_size", c_size_t), ("batch", c_int64), ("tokens", c_int64), ("pages", c_int64), ("max_pages", c_int64),
        ("append_tokens", c_int64),
    ]


_LAUNCH = [c_void_p, c_size_t, c_void_p]
# Name: arguments. All of these return a status.
_FUNCTIONS = {
    "adamas_device_count": [POINTER(c_int32)],
    "adamas_device_info": [c_int32, POINTER(DeviceProperties)],
    "adamas_context_create": [c_int32, POINTER(c_void_p)],
    "adamas_context_create_cpu": [c_int32, POINTER(c_void_p)],
    "adamas_context_info": [c_void_p, POINTER(DeviceProperties)],
    "adamas_memory_allocate": [c_void_p, c_size_t, POINTER(c_void_p)],
    "adamas_memory_free": [c_void_p, c_void_p],
    "adamas_memory_write": [c_void_p, c_void_p, c_void_p, c_size_t, c_void_p],
    "adamas_memory_read": [c_void_p, c_void_p, c_void_p, c_size_t, c_void_p],
    "adamas_stream_synchronize": [c_void_p, c_void_p],
    "adamas_plan_request": [POINTER(PlanDesc), c_uint32, c_char_p, c_char_p, POINTER(c_size_t)],
    "adamas_request_key": [c_char_p, c_size_t, c_char * 33],
    "adamas_plan_create": [c_void_p, POINTER(PlanDesc), POINTER(c_void_p)],
    "adamas_plan_crossover": [c_void_p, POINTER(c_int64)],
    "adamas_plan_workspace_size": [c_void_p, POINTER(Extent), POINTER(c_size_t)],
    "adamas_plan_run": [c_void_p, POINTER(DecodeArgs), *_LAUNCH],
    "adamas_plan_select": [c_void_p, POINTER(SelectArgs), *_LAUNCH],
    "adamas_plan_dense": [c_void_p, POINTER(DenseArgs), *_LAUNCH],
    "adamas_plan_append": [c_void_p, POINTER(AppendArgs), *_LAUNCH],
    "adamas_plan_step": [c_void_p, POINTER(AppendArgs), POINTER(DecodeArgs), *_LAUNCH],
    "adamas_plan_validate": [c_void_p, POINTER(CacheView), c_int64, c_void_p],
    "adamas_plan_validate_append": [c_void_p, POINTER(AppendArgs), c_void_p],
    "adamas_plan_read_errors": [c_void_p, c_void_p],
}


def library_path():
    """The file that is opened: ADAMAS_RUNTIME, else the one that the wheel brought, else what the loader finds."""
    chosen = os.environ.get("ADAMAS_RUNTIME")
    if chosen:
        return chosen
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", FILE_NAME)
    return beside if os.path.exists(beside) else FILE_NAME


@functools.lru_cache(maxsize=None)
def library():
    """The opened library; every function's types are set. Raises errors.AdamasError where it cannot be opened."""
    path = library_path()
    try:
        opened = ctypes.CDLL(path, mode=ctypes.RTLD_LOCAL)
    except OSError as error:
        raise errors.AdamasError(
            f"{path}: expected libadamas_runtime, but it cannot be opened ({error}): "
            "set ADAMAS_RUNTIME to the file, or install the wheel"
        ) from None
    for name, arguments in _FUNCTIONS.items():
        try:
            function = getattr(opened, name)
        except AttributeError:
            raise errors.AdamasError(f"{path}: expected a library with {name}, but it has none: update it") from None
        function.argtypes, function.restype = arguments, c_int32
    for name in ("adamas_context_destroy", "adamas_plan_destroy"):
        function = getattr(opened, name)
        function.argtypes, function.restype = [c_void_p], None
    for name in ("adamas_last_error", "adamas_version", "adamas_environment_help"):
        getattr(opened, name).restype = c_char_p
    opened.adamas_status_name.argtypes, opened.adamas_status_name.restype = [c_int32], c_char_p
    opened.adamas_plan_desc_init.argtypes, opened.adamas_plan_desc_init.restype = [POINTER(PlanDesc)], None
    if opened.adamas_abi_version() != ABI_VERSION:
        raise errors.AdamasError(
            f"{path}: expected ABI version {ABI_VERSION}, but got {opened.adamas_abi_version()}: "
            "install package and library of one version"
        )
    return opened


def call(name, *arguments):
    """Calls a function of the C interface; anything but ADAMAS_OK becomes an exception with the text of the last error."""
    status = getattr(library(), name)(*arguments)
    if status:
        check(status)


def check(status):
    """Raises the exception of a status that this thread's last call gave, but for ADAMAS_OK."""
    if status:
        opened = library()
        raise errors.make(status, opened.adamas_status_name(status).decode(), opened.adamas_last_error().decode())


def version():
    """The version of the library, such as "0.1.0"."""
    return library().adamas_version().decode()


def abi_version():
    """The version of the library's interface, an integer."""
    return library().adamas_abi_version()


def environment_help():
    """The environment variables that the library reads, as text."""
    return library().adamas_environment_help().decode()
