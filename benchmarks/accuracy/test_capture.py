# Tests of capture.py and inputs.py, without a model and without a network.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import contextlib
import io
import os
import pathlib
import sys
import unittest
import zlib
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import capture  # noqa: E402  (the path is set above)
import inputs  # noqa: E402


def serialised(lines, version=3, kind=16):
    """Lines as R's serialize() writes a character vector."""

    def words(*values):
        return b"".join(v.to_bytes(4, "big") for v in values)

    body = b"".join(words(0x40009, len(line.encode())) + line.encode() for line in lines)
    return b"X\n" + words(version, 0x40201, 0x30500, 5) + b"UTF-8" + words(kind, len(lines)) + body


def database(*records):
    return b"".join(len(r).to_bytes(4, "big") + zlib.compress(r) for r in records)


class NovelsTest(unittest.TestCase):
    def test_reads_every_novel(self):
        novels = [["EMMA", "", "By Jane Austen"], ["Persuasion", "caf\u00e9"]]
        data = database(*map(serialised, novels))
        self.assertEqual(list(inputs._novels(data, "x.deb")), novels)

    def test_damage_is_one_clear_error(self):
        good = database(serialised(["EMMA"]))
        for data, message in (
            (good[:-3] + b"\0\0\0", "x.deb"),
            (database(b"A\n123"), "not in R's XDR form"),
            (database(serialised(["EMMA"], version=2)), "serialisation version 2"),
            (database(serialised(["EMMA"], kind=13)), "not a character vector"),
            (b"\0\0\0\0junk", "x.deb"),
        ):
            with self.assertRaisesRegex(inputs.InputError, message):
                list(inputs._novels(data, "x.deb"))

    def test_the_cache_follows_the_user(self):
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "/nowhere"}), mock.patch.object(pathlib.Path, "mkdir"):
            self.assertEqual(str(inputs.cache_dir()), "/nowhere/adamas")

    def test_absent_programs_are_named(self):
        with contextlib.redirect_stderr(io.StringIO()):
            with self.assertRaisesRegex(inputs.InputError, "'no-such-program', but it is not installed"):
                inputs._run(["no-such-program"], "fetching")
            with self.assertRaisesRegex(inputs.InputError, "'false' to succeed"):
                inputs._run(["false"], "fetching")


class CaptureTest(unittest.TestCase):
    def test_layers(self):
        self.assertEqual(capture.parse_layers("2,5-7,3", 30), [2, 3, 5, 6, 7])
        self.assertEqual(capture.parse_layers("all", 3), [0, 1, 2])
        for text in ("", "x", "3-", "-1", "30", "7-5,"):
            with self.assertRaisesRegex(inputs.InputError, "--layers: expected"):
                capture.parse_layers(text, 30)

    def test_positions_are_spread_over_the_second_half(self):
        for tokens, count in ((4096, 32), (8192, 64), (64, 32), (101, 1)):
            positions = capture.choose_positions(tokens, count)
            self.assertEqual(len(set(positions)), count)
            self.assertEqual(positions, sorted(positions))
            self.assertGreaterEqual(positions[0], tokens // 2)
            self.assertLess(positions[-1], tokens)
        self.assertEqual(len({p % 16 for p in capture.choose_positions(8192, 64)}), 16)

    def test_bad_arguments(self):
        for arguments, message in (
            (["--tokens=9000", "--out=x"], "--tokens: expected 64 to 8192, but got 9000"),
            (["--positions=0", "--out=x"], "--positions: expected 1 to half"),
            (["--threads=0", "--out=x"], "--threads: expected at least 1"),
            (["--novel=ulysses", "--out=x"], "invalid choice: 'ulysses'"),
            ([], "required: --out"),
        ):
            stream = io.StringIO()
            with contextlib.redirect_stderr(stream), self.assertRaises(SystemExit) as caught:
                capture.parse_arguments(arguments)
            self.assertEqual(caught.exception.code, 2)
            self.assertIn(message, stream.getvalue())


if __name__ == "__main__":
    unittest.main()
