#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Opens libadamas_compiler into a process that holds another LLVM, and PyTorch and Triton where they are installed.

The library's own LLVM must stay hidden: were one symbol bound to the other's, a request would crash or compile nothing.
"""

import ctypes
import importlib
import json
import sys

SINK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)
REQUEST = {
    "bits": 2, "budget": 128, "candidates": 0, "cap": 7, "chip": "sm_90a", "dtype": "f16", "head_dim": 128, "indices": True,
    "kv_heads": 2, "lse": True, "max_batch": 1, "max_seq_len": 4096, "metric": "weighted", "offset": False,
    "operation": "decode", "page_size": 16, "policy": "per_query_head", "query_heads": 8, "query_tokens": 1, "range": 256,
    "recent": 1, "scale": 0.088388346, "sink": 0, "threshold_sets": 2,
}


def compile_request(library, request) -> tuple[int, bytes, bytes]:
    """Status, bundle, message."""
    bundle, message = bytearray(), bytearray()
    deliver = SINK(lambda user, data, size: bundle.extend(ctypes.string_at(data, size)))
    fail = SINK(lambda user, data, size: message.extend(ctypes.string_at(data, size)))
    text = json.dumps(request, sort_keys=True, separators=(",", ":")).encode()
    library.adamas_compiler_compile.argtypes = [ctypes.c_char_p, ctypes.c_size_t, SINK, SINK, ctypes.c_void_p]
    status = library.adamas_compiler_compile(text, len(text), deliver, fail, None)
    return status, bytes(bundle), bytes(message)


def load_function(library, request) -> tuple[list[str], bytes]:
    """Value names of a function for this CPU, message. Its code was made, with this library's LLVM, when it is there."""
    message, function = bytearray(), ctypes.c_void_p()
    fail = SINK(lambda user, data, size: message.extend(ctypes.string_at(data, size)))
    text = json.dumps(request, sort_keys=True, separators=(",", ":")).encode()
    library.adamas_compiler_value_name.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.adamas_compiler_value_name.restype = ctypes.c_char_p
    library.adamas_compiler_unload.argtypes = [ctypes.c_void_p]
    if library.adamas_compiler_load(text, ctypes.c_size_t(len(text)), 1, ctypes.byref(function), fail, None):
        return [], bytes(message)
    names = []
    while name := library.adamas_compiler_value_name(function, len(names)):
        names.append(name.decode())
    library.adamas_compiler_unload(function)
    return names, bytes(message)


def check_functions(library):
    host = {**REQUEST, "chip": "x86", "page_size": 0}
    for operation, first, last in (("decode", "query", "lengths"), ("dense", "query", "lse"), ("append", "new_key", "codes")):
        names, message = load_function(library, {**host, "operation": operation})
        assert names and (names[0], names[-1]) == (first, last), (names, message)
        print(operation, "for this CPU:", ", ".join(names))
    for change, text in (({"page_size": 16}, b"expects page_size 0 on the chip x86, but got 16"), ({"chip": "sm_90a"}, b"got 'sm_90a'"),
                         ({"budget": 0}, b"budget")):
        names, message = load_function(library, {**host, **change})
        assert not names and text in message, (names, message)


def main() -> int:
    path, *others = sys.argv[1:]
    for other in others:
        ctypes.CDLL(other, mode=ctypes.RTLD_GLOBAL)
    # Triton itself does not survive an LLVM whose symbols are global, so it is one or the other.
    for name in () if others else ("torch", "triton"):
        try:
            importlib.import_module(name)
            print("beside", name)
        except ImportError:
            print("without", name)
    library = ctypes.CDLL(path, mode=ctypes.RTLD_LOCAL)
    for operation in ("decode", "select", "dense", "append"):
        status, bundle, message = compile_request(library, {**REQUEST, "operation": operation})
        assert status == 0, message.decode()
        assert bundle.startswith(b"ADAMASK1"), bundle[:8]
        size = int.from_bytes(bundle[8:16], "little")
        manifest = json.loads(bundle[40:40 + size])
        assert manifest["functions"][0]["name"] == operation, manifest
        names = [value["name"] for value in manifest["functions"][0]["values"] if value["role"] != "workspace"]
        assert "key" in names or operation == "select", names
        print(operation, len(manifest["functions"][0]["kernels"]), "kernels,", ", ".join(names))
    status, bundle, message = compile_request(library, {**REQUEST, "chip": "sm_1"})
    assert status != 0 and not bundle and b"sm_90a" in message and b"'sm_1'" in message, message
    status, bundle, message = compile_request(library, {**REQUEST, "budget": 0})
    assert status != 0 and not bundle and b"budget" in message, message
    check_functions(library)
    print("all requests were answered")
    return 0


if __name__ == "__main__":
    sys.exit(main())
