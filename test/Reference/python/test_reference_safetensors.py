# Tests of the safetensors reader and writer: round trips, and one clear error for each kind of damage.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import tempfile
import unittest

import support  # noqa: F401  (sets the import path)
import numpy as np
from adamas.reference import BF16, safetensors, to_bf16


class SafetensorsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "x.safetensors")

    def write(self, header, data=b""):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        with open(self.path, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text + data)

    def rejects(self, message):
        with self.assertRaisesRegex(ValueError, f"x.safetensors: .*{message}"):
            safetensors.load(self.path)

    def test_round_trip_of_every_type(self):
        tensors = {name: np.arange(6).astype(name).reshape(2, 3) for name in "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8 ?".split()}
        tensors["bf16"] = to_bf16(np.arange(6, dtype=np.float32).reshape(3, 2))
        tensors["scalar"], tensors["empty"] = np.float32(7), np.zeros((0, 4), np.int32)
        safetensors.save(self.path, tensors, {"made by": "a test"})
        back, metadata = safetensors.load(self.path)
        self.assertEqual(metadata, {"made by": "a test"})
        self.assertEqual(set(back), set(tensors))
        for name, array in tensors.items():
            self.assertEqual(back[name].dtype, array.dtype)
            np.testing.assert_array_equal(back[name], array)
        self.assertEqual(back["bf16"].dtype, BF16)

    def test_bytes_are_a_function_of_the_arguments_and_aligned(self):
        tensors = {"a": np.zeros(3, np.int8), "b": np.zeros(2, np.float32), "c": np.zeros(1, np.float64)}
        contents = []
        for _ in range(2):
            safetensors.save(self.path, tensors)
            with open(self.path, "rb") as file:
                contents.append(file.read())
        self.assertEqual(contents[0], contents[1])
        size = int.from_bytes(contents[0][:8], "little")
        header = json.loads(contents[0][8 : 8 + size])
        self.assertEqual(size % 8, 0)
        self.assertEqual([header[n]["data_offsets"] for n in "cba"], [[0, 8], [8, 16], [16, 19]])
        self.assertEqual(os.listdir(self.folder.name), ["x.safetensors"])

    def test_writer_refuses_what_the_format_lacks(self):
        with self.assertRaisesRegex(TypeError, "tensor 'a', but got complex128"):
            safetensors.save(self.path, {"a": np.zeros(1, complex)})
        with self.assertRaisesRegex(TypeError, "metadata of text"):
            safetensors.save(self.path, {}, {"layer": 3})
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_truncated(self):
        safetensors.save(self.path, {"a": np.zeros(100, np.float32)})
        with open(self.path, "rb") as file:
            whole = file.read()
        for size in (0, 7, 8, 30, len(whole) - 1):
            with open(self.path, "wb") as file:
                file.write(whole[:size])
            self.rejects("expected")
        with open(self.path, "wb") as file:
            file.write(whole + b"x")
        self.rejects("expected 400 bytes of data, but got 401")

    def test_damaged_headers(self):
        good = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
        for header, message in (
            (b"not json", "does not parse"),
            (b"\xff\xfe", "does not parse"),
            (b"[" * 100000, "does not parse"),
            (b"[]", "expected the header to be an object"),
            ({"a": 3}, "known dtype"),
            ({"a": {**good, "dtype": "F12"}}, "known dtype"),
            ({"a": {**good, "shape": [-2]}}, "shape of sizes"),
            ({"a": {**good, "shape": "2"}}, "shape of sizes"),
            ({"a": {**good, "shape": [2**40, 2**40]}}, "bytes inside the 8"),
            ({"a": {**good, "data_offsets": [0, 9]}}, "offsets 0 to 9"),
            ({"a": {**good, "data_offsets": [8, 0]}}, "offsets 8 to 0"),
            ({"a": {**good, "data_offsets": [True, 8]}}, "two data offsets"),
            ({"a": {**good, "shape": [1], "data_offsets": [4, 8]}}, "holes or overlaps"),
            ({"a": good, "b": good}, "holes or overlaps"),
        ):
            self.write(header, b"\0" * 8)
            self.rejects(message)
        with open(self.path, "wb") as file:
            file.write((2**63).to_bytes(8, "little") + b"{}")
        self.rejects("header of at most 2 bytes")


if __name__ == "__main__":
    unittest.main()
