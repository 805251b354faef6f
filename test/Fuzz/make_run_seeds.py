# Writes the seeds of RunFuzzer: eight bytes of flags, then a small valid data file.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "runtime" / "python"))

import numpy  # noqa: E402

from adamas import reference  # noqa: E402


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(1)
    number = 0
    for module in range(3):
        for dtype in (numpy.float16, numpy.float32):
            for tokens in (1, 20):
                for query_tokens in (0, 2):
                    heads = (2, query_tokens, 3, 32) if query_tokens else (2, 3, 32)
                    tensors = {
                        "query": random.standard_normal(heads).astype(dtype),
                        "key": random.standard_normal((1, 1, tokens, 32)).astype(dtype),
                        "value": random.standard_normal((1, 1, tokens, 32)).astype(dtype),
                        "seq_lens": numpy.array([tokens, 0], dtype=numpy.int32),
                    }
                    flags = bytes([module, 1 if module == 0 else 3, 0, 8, 0, 0, number % 3, number % 8])
                    with tempfile.TemporaryDirectory() as scratch:
                        path = pathlib.Path(scratch) / "seed.safetensors"
                        reference.safetensors.save(str(path), tensors)
                        (folder / f"{number}.seed").write_bytes(flags + path.read_bytes())
                    number += 1


if __name__ == "__main__":
    main()
