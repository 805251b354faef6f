# Writes the seeds of SafetensorsFuzzer: small files that reach every branch of the reader and of calibration.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import pathlib
import struct
import sys

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U32": 4, "U16": 2, "U8": 1}


def pack(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entries(**tensors):
    """A valid file; each tensor is (dtype, shape, bytes)."""
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return pack(header, data)


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def seeds():
    ramp = [0.5 * i - 3 for i in range(32)]
    key = ("F32", [1, 2, 8, 2], floats(*ramp))
    query = ("F32", [2, 2, 2], floats(*ramp[:8]))
    thresholds = ("F32", [2, 3], floats(-1, 0, 1, -2, 0, 2))
    yield "empty", pack({})
    yield "padded", pack(b"{}      ")
    yield "metadata", pack({"__metadata__": {"a": "b"}})
    yield "dtypes", entries(**{dtype: (dtype, [2], bytes(2 * size)) for dtype, size in SIZES.items()})
    yield "foreign", entries(mask=("BOOL", [3], b"\1\0\1"), f4=("F4", [2], b"x"))
    yield "scalar_and_empty", entries(a=("U8", [], b"x"), b=("F32", [0, 4], b""))
    yield "calibration", entries(key=key, query=query, seq_lens=("I32", [2], struct.pack("<2i", 3, 8)))
    yield "tokens", entries(key=key, query=("F32", [1, 2, 2, 2], floats(*ramp[:8])), seq_lens=("I64", [1], bytes(8)))
    yield "quantiles", entries(key=key, query_quantiles_2=thresholds)
    yield "half", entries(key=("F16", [1, 1, 4, 2], bytes(range(16))))
    yield "thresholds", entries(thresholds=thresholds, query_thresholds=thresholds, offset=("F32", [2, 2], bytes(16)))
    yield "shared", entries(thresholds=("F32", [1], floats(0.5)))
    yield "escape", pack(rb'{"\u0061\n":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', b"x")
    yield "truncated", entries(key=key)[:40]
    yield "nested", pack(b"[" * 20)
    yield "overflow", pack({"a": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 2**64 - 1]}})


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in seeds():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
