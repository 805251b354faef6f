# Lists the tensors of a safetensors file, then its metadata: list_tensors.py FILE.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import sys

from adamas.reference import safetensors


def main():
    tensors, metadata = safetensors.load(sys.argv[1])
    for name, tensor in sorted(tensors.items()):
        print(name, tensor.dtype, "x".join(map(str, tensor.shape)))
    for name, text in sorted(metadata.items()):
        print(name, text)


if __name__ == "__main__":
    main()
