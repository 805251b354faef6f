# Tables of remembered calls, C++ and Python: what they know a call by, what they write, and that operators are the same with both.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import ctypes
import os
import threading
import unittest
from unittest import mock

from package_support import Case, adamas, needs_library

try:
    import torch

    import adamas.torch
    from adamas import _calls
except ImportError:
    torch = None

needs_torch = unittest.skipIf(torch is None, "there is no PyTorch")
SIX = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_size_t] * 6)


class Refused(Exception):
    pass


def refuse(status):
    raise Refused(status)


def tables(most=8):
    """Those that there are, by name."""
    made, module = {"python": _calls.PythonTable(refuse, most)}, _calls.native()
    if module:
        made["native"] = module.Table(torch.Tensor.__dlpack_c_exchange_api__, torch.Tensor, refuse, most)
    return made.items()


class Target:
    """A function that a table calls, with a struct of two pointers that it looks at."""

    def __init__(self):
        self.calls, self.status, self.pointers = [], 0, (ctypes.c_void_p * 2)()
        self.function = SIX(self.called)

    def called(self, *arguments):
        self.calls.append((arguments, *self.pointers))
        return self.status

    def keep(self, table, tensors, options=(), arguments=(1, 2, 3, 4, 5, 6), offset=0):
        begin = ctypes.addressof(self.pointers)
        places = ((0, begin, 0, -1, 0), (1, begin + 8, offset, -1, 0))
        return table.remember(tensors, options, ctypes.cast(self.function, ctypes.c_void_p).value, arguments, places, self)


@needs_torch
class TestTables(unittest.TestCase):
    def each(self):
        for name, table in tables():
            with self.subTest(table=name):
                yield table, Target()

    def test_a_known_call_takes_its_own_tensors(self):
        for table, target in self.each():
            first, second = ((torch.zeros(2, 3), torch.zeros(4)) for _ in range(2))
            self.assertFalse(table.launch(first, (1, "a")))
            self.assertTrue(target.keep(table, first, (1, "a"), offset=12))
            for tensors in (first, second, first):
                self.assertTrue(table.launch(tensors, (1, "a")))
                self.assertEqual(target.calls[-1], ((1, 2, 3, 4, 5, 6), tensors[0].data_ptr(), tensors[1].data_ptr() + 12))

    def test_what_a_call_is_known_by(self):
        for table, target in self.each():
            one = (torch.zeros(2, 3), torch.zeros(4), None)
            target.keep(table, one, (1, 0.5, "ab", None))
            for tensors, options in (
                ((torch.zeros(3, 2), *one[1:]), (1, 0.5, "ab", None)), ((torch.zeros(2, 6)[:, ::2], *one[1:]), (1, 0.5, "ab", None)),
                ((torch.zeros(2, 3, dtype=torch.int32), *one[1:]), (1, 0.5, "ab", None)), ((one[0].half(), *one[1:]), (1, 0.5, "ab", None)),
                ((one[0].bfloat16(), *one[1:]), (1, 0.5, "ab", None)), ((*one[:2], one[1]), (1, 0.5, "ab", None)), (one[:2], (1, 0.5, "ab", None)),
                ((one[0], None, one[1]), (1, 0.5, "ab", None)), (one, (2, 0.5, "ab", None)), (one, (1, 0.25, "ab", None)),
                (one, (1, 0.5, "ac", None)), (one, (1, 0.5, "ab")), (one, (1, 0.5, "ab", 0)),
            ):
                self.assertFalse(table.launch(tensors, options))
            self.assertEqual(target.calls, [])
            self.assertTrue(table.launch(one, (1, 0.5, "ab", None)))

    def test_caches_that_grow_are_known(self):
        for table, target in self.each():
            begin, word = ctypes.addressof(target.pointers), ctypes.cast(target.function, ctypes.c_void_p).value

            def launch(tensors, *rest, table=table):
                return table.launch(tensors, (), *rest)

            key, other = torch.zeros(2, 3, 10, 4), torch.zeros(2, 3, 11, 4)
            places = ((0, begin, 8, 1, 16), (-1, begin + 8, 5, 0, 2))
            table.remember((key, key, key[0]), (), word, (0,) * 5, places, target, 2)
            for grown in (key, other, torch.zeros(2, 3, 64, 4)[:, :, :20]):
                self.assertTrue(launch((grown, grown, key[0]), (100, 7), 2))
                self.assertEqual(target.calls[-1][1:], (grown.data_ptr() + 8 + 7 * 16, 5 + 200))
            for tensors, growing in (
                ((key, other, key[0]), 2), ((key, key, other[0]), 2), ((key, key, key[0]), 0), ((key.double(), key, key[0]), 2),
                ((key[:1], key[:1], key[0]), 2), ((key[:, :, ::2], key[:, :, ::2], key[0]), 2), ((key[..., :2], key[..., :2], key[0]), 2),
                ((key[:, :2], key[:, :2], key[0]), 2),
            ):
                self.assertFalse(launch(tensors, (100, 7), growing))
            with self.assertRaises((ValueError, IndexError)):
                launch((key, key, key[0]), (100,), 2)

    def test_another_thread_has_calls_of_its_own(self):
        for table, target in self.each():
            tensors, seen = (torch.zeros(2), torch.zeros(2)), []
            target.keep(table, tensors)
            other = threading.Thread(target=lambda table=table, tensors=tensors, seen=seen: seen.append(table.launch(tensors, ())))
            other.start()
            other.join()
            self.assertEqual((seen, table.launch(tensors, ())), ([False], True))

    def test_a_status_is_an_exception(self):
        for table, target in self.each():
            tensors = (torch.zeros(2), torch.zeros(2))
            target.keep(table, tensors)
            target.status = 7
            with self.assertRaisesRegex(Refused, "7"):
                table.launch(tensors, ())
            target.status = 0
            self.assertTrue(table.launch(tensors, ()))

    def test_five_arguments_and_large_numbers(self):
        five = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_size_t] * 5)
        for table, target in self.each():
            target.function = five(target.called)
            tensors = (torch.zeros(2), torch.zeros(2))
            target.keep(table, tensors, arguments=(2**63 + 1, 0, 3, 4, 2**64 - 1))
            table.launch(tensors, ())
            self.assertEqual(target.calls[-1][0], (2**63 + 1, 0, 3, 4, 2**64 - 1))

    def test_a_full_table_begins_anew(self):
        for table, target in self.each():
            sizes = [(torch.zeros(n), torch.zeros(n)) for n in range(1, 10)]
            for tensors in sizes:
                target.keep(table, tensors)
            self.assertEqual([table.launch(tensors, ()) for tensors in sizes], [False] * 8 + [True])

    def test_what_is_kept_goes_with_its_call(self):
        class Kept:
            pass

        import weakref

        for name, table in tables(most=1):
            with self.subTest(table=name):
                kept, target = Kept(), Target()
                gone = weakref.ref(kept)
                target.kept = kept
                target.keep(table, (torch.zeros(1), torch.zeros(1)))
                del kept
                self.assertIsNotNone(gone())
                other = Target()
                other.keep(table, (torch.zeros(2), torch.zeros(2)))
                del target
                import gc

                gc.collect()
                self.assertIsNone(gone())

    def test_bad_arguments_of_the_native_one(self):
        table = dict(tables()).get("native")
        if table is None:
            self.skipTest("there is no adamas_calls")
        tensors = (torch.zeros(2), torch.zeros(2))
        for call, kind, text in (
            (lambda: table.launch(tensors), TypeError, "launch: expected tensors, options, numbers and growing, but got 1 arguments"),
            (lambda: table.launch([], ()), TypeError, "tensors: expected a tuple of at most 16"),
            (lambda: table.launch(tensors, ([],)), TypeError, "options: expected numbers, strings and None"),
            (lambda: table.launch(tensors, {}), TypeError, "options: expected a tuple"),
            (lambda: table.remember(tensors, (), 1, (1,), (), None), ValueError, "arguments: expected 5 or 6, but got 1"),
            (lambda: table.remember(tensors, (), 1, (1,) * 5, ((2, 1, 0, -1, 0),), None), ValueError, "places: expected tensors below 2 and numbers below 8, but got 2 and -1"),
        ):
            with self.subTest(text), self.assertRaisesRegex(kind, text):
                call()
        self.assertFalse(table.launch((1, 2), ()))
        # What a key cannot hold is never known, and served by the caller's own way.
        self.assertFalse(table.launch(tensors, ("x" * 5000,)))
        self.assertFalse(table.remember(tensors, ("x" * 5000,), 1, (1,) * 5, (), None))


@needs_torch
@needs_library
class TestOperators(unittest.TestCase):
    def test_a_captured_call_keeps_its_memory(self):
        case = Case(lengths=(100,))
        pools = [torch.from_numpy(x) for x in (case.cache.key, case.cache.value, case.cache.codes)]
        row, sets = torch.ones(1, pools[0].shape[1], pools[0].shape[-1]), torch.from_numpy(case.thresholds.keys)
        for captured in (True, False):
            kept, table = len(_calls._captured), _calls.PythonTable(refuse)
            with mock.patch.object(_calls, "is_captured", lambda tensor: captured), mock.patch.object(adamas.torch, "_appends", table):
                torch.ops.adamas.append(*pools, row, row, torch.tensor([99], dtype=torch.int32), sets)
            self.assertEqual((len(_calls._captured) - kept, len(table._known)), (1, 0) if captured else (0, 1))
        self.assertTrue((pools[0][0, :, 99] == 1).all())

    def test_the_native_module_is_used_where_it_is(self):
        path = os.path.join(os.path.dirname(adamas.library_path()), _calls.FILE_NAME)
        if not os.path.exists(path) or not hasattr(torch.Tensor, "__dlpack_c_exchange_api__"):
            self.skipTest(f"there is no {path}, or PyTorch is older than 2.10")
        self.assertEqual(type(adamas.torch._decodes).__module__, "adamas_calls")

    def test_both_tables_give_the_same(self):
        case = Case(offset=True)
        cache = case.cache
        tensors = [torch.from_numpy(a) for a in (cache.key, cache.value, cache.codes.view("i4"), cache.seq_lens, case.query)]
        *pools, lengths, query = tensors
        sets, offset = map(torch.from_numpy, (case.thresholds.keys, case.thresholds.offset))
        slots, rows = lengths - 1 + torch.arange(2, dtype=torch.int32) * case.capacity, [torch.randn(2, 2, 64) for _ in range(2)]
        results = []
        for _, table in tables():
            copies = [t.clone() for t in pools]
            with mock.patch.multiple(adamas.torch, _decodes=table, _steps=table, _appends=table):
                for _ in range(2):
                    torch.ops.adamas.append(*copies, *rows, slots, sets, offset)
                    stepped = torch.ops.adamas.step(*copies, *rows, slots, sets, query, lengths, offset, budget=32)
                    decoded = torch.ops.adamas.decode(query, *copies, lengths, budget=32)
                    self.assertTrue(torch.equal(stepped, decoded))
                    results.append((stepped, *copies))
        for other in results[1:]:
            for one, another in zip(results[0], other):
                self.assertTrue(torch.equal(one, another))


@unittest.skipUnless(torch and torch.cuda.is_available(), "there is no GPU")
@needs_library
class TestOnGpu(unittest.TestCase):
    def test_streams_and_graphs(self):
        key, value = (torch.randn(1, 2, 512, 64, device="cuda", dtype=torch.float16) for _ in range(2))
        query, other = (torch.randn(1, 4, 64, device="cuda", dtype=torch.float16) for _ in range(2))
        plan = adamas.torch.plan_for(4, key, 2, batch=1, tokens=512, operations=("append",))
        codes, sets = plan.new_codes(1, 512, key), adamas.calibrate(key, 2).on(key)
        lengths, slots = (torch.arange(n, dtype=torch.int32, device="cuda") for n in (1, 512))
        lengths += 512
        torch.ops.adamas.append(key, value, codes, key[0].transpose(0, 1), value[0].transpose(0, 1), slots, sets.keys, sets.offset)

        def decode():
            return torch.ops.adamas.decode(query, key, value, codes, lengths, budget=32)

        first, stream = decode(), torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                again = decode()
        stream.synchronize()
        self.assertTrue(torch.equal(first, again))
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            captured = decode()
        query.copy_(other)
        graph.replay()
        torch.cuda.synchronize()
        self.assertTrue(torch.equal(captured, decode()))
        self.assertFalse(torch.equal(captured, first))


if __name__ == "__main__":
    unittest.main()
