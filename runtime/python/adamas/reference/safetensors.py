# Reads and writes safetensors files with NumPy alone.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A file is: u64 little-endian header size, a JSON header {name: {dtype, shape, data_offsets}}, then the data without holes."""

import json
import math
import os

import numpy as np

from .floats import BF16

_TYPES = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "F16": np.dtype("<f2"),
    "BF16": BF16,
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}
_LARGEST_HEADER = 100_000_000


def save(path, tensors, metadata=None):
    """Writes {name: array} and an optional {str: str} of metadata. The bytes depend on nothing but the arguments.

    Tensors lie by falling element size, so that each is aligned to its element. The file appears whole or not at all.
    Raises TypeError for an element type that the format lacks or metadata that is not text.
    """
    header = {}
    if metadata:
        if not all(isinstance(x, str) for pair in metadata.items() for x in pair):
            raise TypeError("expected metadata of text keys and text values")
        header["__metadata__"] = dict(metadata)
    order = sorted(tensors, key=lambda name: -np.asarray(tensors[name]).dtype.itemsize)
    data, at = [], 0
    for name in order:
        array = np.asarray(tensors[name])
        if array.dtype not in _NAMES:
            raise TypeError(f"expected a type that safetensors knows for tensor '{name}', but got {array.dtype}")
        data.append(array.tobytes())
        header[name] = {"dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [at, at + len(data[-1])]}
        at += len(data[-1])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.{os.getpid()}.part"
    try:
        with open(temporary, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for part in data:
                file.write(part)
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def load(path):
    """Reads a file. Returns ({name: array}, {metadata}); bf16 tensors have type `floats.BF16`.

    Raises ValueError, naming the file, for anything that is not a whole and sound safetensors file.
    """
    with open(path, "rb") as file:
        blob = file.read()
    try:
        return _parse(blob)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _parse(blob):
    if len(blob) < 8:
        raise ValueError(f"expected at least 8 bytes, but got {len(blob)}")
    size = int.from_bytes(blob[:8], "little")
    if size > min(_LARGEST_HEADER, len(blob) - 8):
        raise ValueError(f"expected a header of at most {min(_LARGEST_HEADER, len(blob) - 8)} bytes, but it claims {size}")
    try:
        header = json.loads(blob[8 : 8 + size].decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("expected a header in JSON, but it does not parse") from None
    if not isinstance(header, dict):
        raise ValueError("expected the header to be an object")
    metadata = header.pop("__metadata__", {})
    data = memoryview(blob)[8 + size :]
    tensors, spans = {}, []
    for name, entry in header.items():
        tensors[name], span = _tensor(name, entry, data)
        spans.append(span)
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise ValueError(f"expected data without holes or overlaps, but a tensor begins at {begin}, not {at}")
        at = end
    if at != len(data):
        raise ValueError(f"expected {at} bytes of data, but got {len(data)}")
    return tensors, metadata


def _tensor(name, entry, data):
    def is_size(x):
        return isinstance(x, int) and not isinstance(x, bool) and x >= 0

    if not isinstance(entry, dict) or entry.get("dtype") not in _TYPES:
        raise ValueError(f"tensor '{name}': expected a known dtype")
    dtype, shape, span = _TYPES[entry["dtype"]], entry.get("shape"), entry.get("data_offsets")
    if not isinstance(shape, list) or not all(map(is_size, shape)):
        raise ValueError(f"tensor '{name}': expected a shape of sizes >= 0")
    if not isinstance(span, list) or len(span) != 2 or not all(map(is_size, span)):
        raise ValueError(f"tensor '{name}': expected two data offsets >= 0")
    begin, end = span
    need = math.prod(shape) * dtype.itemsize
    if begin > end or end > len(data) or end - begin != need:
        raise ValueError(f"tensor '{name}': expected {need} bytes inside the {len(data)} of the file, but got offsets {begin} to {end}")
    return np.frombuffer(data[begin:end], dtype).reshape(shape), (begin, end)
