# The package's structs, functions and environment variables are those of the runtime: ctypes would pass others without a word.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import ctypes
import os
import re
import unittest

from package_support import ROOT, adamas, needs_library

from adamas import __main__ as commands
from adamas import library

STRUCTS = {
    "adamas_device_properties": library.DeviceProperties, "adamas_plan_desc": library.PlanDesc, "adamas_cache": library.CacheView,
    "adamas_decode_args": library.DecodeArgs, "adamas_select_args": library.SelectArgs, "adamas_dense_args": library.DenseArgs,
    "adamas_append_args": library.AppendArgs, "adamas_extent": library.Extent,
}
SCALARS = {"size_t": ctypes.c_size_t, "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64,
           "float": ctypes.c_float, "char": ctypes.c_char}


def header():
    with open(os.path.join(ROOT, "runtime", "include", "adamas", "runtime.h"), encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)


def members(text, name):
    """(name, type of ctypes; POINTER where it is one) of a struct's members in the header."""
    body = re.search(r"typedef struct %s \{(.*?)\} %s;" % (name, name), text, re.DOTALL).group(1)
    for declaration in filter(None, map(str.strip, body.split(";"))):
        kind, names = re.match(r"(?:const )?(\w+) (.*)", declaration, re.DOTALL).groups()
        for one in names.split(","):
            pointer, member, count = re.match(r"\s*(\*?)(\w+)(?:\[(\d+)\])?$", one).groups()
            scalar = ctypes.c_void_p if pointer else SCALARS[kind]
            yield member, scalar * int(count) if count else scalar


class TestHeader(unittest.TestCase):
    def test_structs(self):
        text = header()
        for name, struct in STRUCTS.items():
            with self.subTest(name):
                pointers = [(one, ctypes.c_void_p if hasattr(kind, "contents") else kind) for one, kind in struct._fields_]
                self.assertEqual(pointers, list(members(text, name)))

    def test_functions(self):
        declared = re.findall(r"ADAMAS_API adamas_status (\w+)\((.*?)\);", header(), re.DOTALL)
        # Programs are bundles of other functions, of which the package has none.
        expected = {name: len(arguments.split(",")) for name, arguments in declared if not name.startswith("adamas_program_")}
        self.assertEqual({name: len(arguments) for name, arguments in library._FUNCTIONS.items()}, expected)

    @needs_library
    def test_environment(self):
        named = re.findall(r"^(ADAMAS_\w+)", adamas.environment_help(), re.MULTILINE)
        self.assertEqual(sorted([*named, "ADAMAS_RUNTIME"]), sorted(commands.VARIABLES))


if __name__ == "__main__":
    unittest.main()
