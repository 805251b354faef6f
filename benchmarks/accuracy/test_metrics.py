# Tests of LongBench's metrics and files, and of passkey prompts, without a model.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "harness"), str(HERE.parents[1] / "runtime" / "python")]

import inputs  # noqa: E402  (the path is set above)
import longbench  # noqa: E402
import metrics  # noqa: E402
import passkey  # noqa: E402


class Letters:
    """A model's tokenizer whose tokens are characters."""

    bos = 1

    def encode(self, text, begin=True):
        return ([self.bos] if begin else []) + [ord(c) for c in text]


class MetricsTest(unittest.TestCase):
    def score(self, metric, prediction, *answers, classes=(), dataset="x"):
        return metrics.score(dataset, metric, prediction, answers, classes)

    def test_f1_ignores_case_articles_and_punctuation(self):
        self.assertEqual(self.score("f1", "The Glass-House.", "a glasshouse"), 1)
        self.assertAlmostEqual(self.score("f1", "in the year 1923", "1923"), 0.5)
        self.assertAlmostEqual(self.score("f1", "b b a1", "b a1 c"), 2 / 3)
        self.assertEqual(self.score("f1", "", "x"), 0)
        self.assertEqual(self.score("f1", "York", "London", "york"), 1)

    def test_rouge_l(self):
        # Longest common subsequence 3 ("the sat mat") of 4 and 5 words.
        self.assertAlmostEqual(self.score("rouge_l", "the cat sat mat", "the dog sat on mat"), 2 * 3 / 9)
        self.assertEqual(self.score("rouge_l", "a b", "c d"), 0)
        self.assertEqual(metrics.longest_common("xaybzc", "abc"), 3)

    def test_accuracy_shares_among_named_classes(self):
        classes = ["City", "Date", "Date of birth"]
        self.assertEqual(self.score("accuracy", "It is a Date", "Date", classes=classes), 1)
        self.assertEqual(self.score("accuracy", "City or Date", "Date", classes=classes), 0.5)
        self.assertEqual(self.score("accuracy", "Date of birth", "Date of birth", classes=classes), 1)
        self.assertEqual(self.score("accuracy", "City", "Date", classes=classes), 0)

    def test_numbers(self):
        self.assertEqual(self.score("retrieval", "Paragraph 5", "Paragraph 5"), 1)
        self.assertAlmostEqual(self.score("retrieval", "5 or 7 or 50", "Paragraph 5"), 1 / 3)
        self.assertEqual(self.score("count", "none", "4"), 0)
        with self.assertRaisesRegex(ValueError, "an answer such as 'Paragraph 7', but got '5'"):
            self.score("retrieval", "5", "5")

    def test_some_answers_end_with_their_line(self):
        self.assertEqual(self.score("accuracy", "\nDate\nCity", "Date", classes=["City", "Date"], dataset="trec"), 1)
        self.assertEqual(self.score("accuracy", "\nDate\nCity", "Date", classes=["City", "Date"]), 0.5)


class LongBenchTest(unittest.TestCase):
    def test_the_sample(self):
        items = longbench.read(longbench.SAMPLE)
        self.assertEqual({item["metric"] for item in items}, {"f1", "rouge_l", "accuracy", "retrieval"})
        for item in items:
            perfect = metrics.score(item["dataset"], item["metric"], item["answers"][0], item["answers"], item["all_classes"] or [])
            self.assertEqual(perfect, 1, item["_id"])
            self.assertLess(os.path.getsize(longbench.SAMPLE), 1 << 15)

    def test_bad_files(self):
        good = {"input": "q", "context": "c", "answers": ["a"], "dataset": "hotpotqa"}
        for line, text in (
            ("{", ":1: expected a line of JSON"),
            ("[]", ":1: expected the field 'input'"),
            (json.dumps({**good, "answers": "a"}), ":1: expected the field 'answers', a list"),
            (json.dumps({**good, "answers": []}), ":1: expected at least one answer"),
            (json.dumps({**good, "dataset": "mine"}), "but got 'mine' and 'None'"),
            (json.dumps({**good, "metric": "accuracy"}), "expected all_classes"),
            ("", "expected items, but it has none"),
        ):
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "x.jsonl"
                path.write_text(line)
                with self.assertRaisesRegex(inputs.InputError, text):
                    longbench.read(path)

    def test_a_long_prompt_loses_its_middle(self):
        item = {"dataset": "mine", "context": "a" * 500 + "b" * 500, "input": "why?"}
        ids, longest = longbench.prompt_ids(Letters(), item, 400)
        whole, _ = longbench.prompt_ids(Letters(), item, 2000)
        self.assertEqual((len(ids), longest), (400 - 64, 64))
        self.assertEqual(ids, whole[:168] + whole[-168:])
        self.assertTrue("".join(map(chr, whole)).endswith("Question: why?\nAnswer:"))


class PasskeyTest(unittest.TestCase):
    def test_prompts(self):
        filler = [ord("x")] * 2000
        for depth in (0.0, 0.5, 1.0):
            text, question, answer = passkey.build(Letters(), filler, 1000, depth, "71432")
            self.assertEqual(len(text) + len(question) + len(answer), 1000)
            written = "".join(map(chr, text[1:]))
            place = written.index("\n\nThe pass key is 71432") - len(passkey.BEFORE)
            self.assertAlmostEqual(place / written.count("x"), depth, delta=0.01)
            self.assertEqual("".join(map(chr, question + answer)), passkey.QUESTION + " 71432")
        with self.assertRaisesRegex(inputs.InputError, "--lengths: expected .* tokens, but got 100"):
            passkey.build(Letters(), filler, 100, 0.5, "71432")

    def test_interval(self):
        low, high = passkey.wilson(9, 10)
        self.assertAlmostEqual(low, 0.596, places=3)
        self.assertAlmostEqual(high, 0.982, places=3)


if __name__ == "__main__":
    unittest.main()
