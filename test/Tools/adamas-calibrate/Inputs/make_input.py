# Writes one of the small files that the tests here feed to adamas-calibrate: make_input.py CASE OUT.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import struct
import sys

CODES = {"F32": "f", "I32": "i", "F64": "d", "U8": "B"}


def ramp(count):
    """Numbers without a pattern that a Hadamard transform would turn into zeros."""
    return [((7 * i * i + 3 * i) % 31 - 15) / 4 for i in range(count)]


def tensor(shape, values=None, dtype="F32"):
    count = 1
    for length in shape:
        count *= length
    values = ramp(count) if values is None else values
    return dtype, shape, struct.pack(f"<{len(values)}{CODES[dtype]}", *values)


def pack(tensors):
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


KEY = tensor([1, 2, 8, 32])
QUERY = tensor([3, 4, 32])
LENGTHS = tensor([3], [2, 4, 8], "I32")
NAN = float("nan")

CASES = {
    "good": lambda: pack({"key": KEY, "query": QUERY, "seq_lens": LENGTHS}),
    "truncated": lambda: CASES["good"]()[:-5],
    "trailing": lambda: CASES["good"]() + b"\n",
    "text": lambda: b"this is a text file, not a tensor file\n",
    "empty": lambda: b"",
    "no_key": lambda: pack({"keys": KEY, "query": QUERY}),
    "key_dtype": lambda: pack({"key": tensor([1, 2, 8, 32], [0] * 512, "I32")}),
    "key_f64": lambda: pack({"key": tensor([1, 2, 8, 32], dtype="F64")}),
    "key_bool": lambda: pack({"key": ("BOOL", [1, 2, 8, 32], bytes(512))}),
    "key_unknown": lambda: pack({"key": ("F12", [1, 2, 8, 32], bytes(768))}),
    "key_rank": lambda: pack({"key": tensor([2, 8, 32])}),
    "key_head_dim": lambda: pack({"key": tensor([1, 2, 8, 24])}),
    "key_no_tokens": lambda: pack({"key": tensor([1, 2, 0, 32])}),
    "key_one_token": lambda: pack({"key": tensor([1, 2, 1, 32])}),
    "key_zero": lambda: pack({"key": tensor([1, 2, 8, 32], ramp(256) + [0] * 256)}),
    "key_nan": lambda: pack({"key": tensor([1, 2, 8, 32], [NAN] * 256 + ramp(256)), "query": QUERY, "seq_lens": LENGTHS}),
    "key_some_nan": lambda: pack({"key": tensor([1, 2, 8, 32], [NAN] * 32 + ramp(480))}),
    "no_query": lambda: pack({"key": KEY}),
    "late_query": lambda: pack({"key": KEY, "query": QUERY, "seq_lens": tensor([3], [5, 6, 8], "I32")}),
    "query_heads": lambda: pack({"key": KEY, "query": tensor([3, 5, 32])}),
    "lengths_count": lambda: pack({"key": KEY, "query": QUERY, "seq_lens": tensor([2], [1, 2], "I32")}),
    "lengths_dtype": lambda: pack({"key": KEY, "query": QUERY, "seq_lens": tensor([3])}),
    "lengths_long": lambda: pack({"key": KEY, "query": QUERY, "seq_lens": tensor([3], [1, 2, 9], "I32")}),
    "quantiles": lambda: pack({"key": KEY, "query_quantiles_2": tensor([2, 3], [-1, 0, 1, -2, 0.5, 2])}),
    "quantiles_shape": lambda: pack({"key": KEY, "query_quantiles_2": tensor([3, 3])}),
    "quantiles_order": lambda: pack({"key": KEY, "query_quantiles_2": tensor([2, 3], [-1, 0, 1, -2, 2, 2])}),
}


def main():
    case, path = sys.argv[1:]
    with open(path, "wb") as file:
        file.write(CASES[case]())


if __name__ == "__main__":
    main()
