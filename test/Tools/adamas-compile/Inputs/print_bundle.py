#!/usr/bin/env python3
# Prints the manifest of a bundle, one key a line, and what kind of image follows it.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    data = file.read()
magic, manifest_bytes, image_bytes = struct.unpack_from("<8sQQ", data)
begin = 40  # the header ends with a hash of 16 bytes
manifest, image = data[begin : begin + manifest_bytes], data[begin + manifest_bytes :]
print("magic", magic.decode())
print("sizes", "agree" if len(image) == image_bytes else "differ")
print("image", "elf" if image.startswith(b"\x7fELF") else "text ending with zero" if image.endswith(b"\0") else "unknown")
print(json.dumps(json.loads(manifest), indent=1, sort_keys=True))
