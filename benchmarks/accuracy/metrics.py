# LongBench's own metrics: token F1, ROUGE-L, classification, retrieval and count.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""As the benchmark defines them (THUDM/LongBench, metrics.py), without its packages: an answer is scored against every reference
and the best score counts. All scores are from 0 to 1."""

import re
import string
from collections import Counter
from typing import Callable, Dict, List, Sequence

Score = Callable[[str, str, Sequence[str]], float]


def normalize(text: str) -> str:
    """Lower case, without punctuation, articles and needless space."""
    kept = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def token_f1(prediction: Sequence[str], reference: Sequence[str]) -> float:
    """F1 of two bags of words."""
    same = sum((Counter(prediction) & Counter(reference)).values())
    if not same:
        return 0.0
    precision, recall = same / len(prediction), same / len(reference)
    return 2 * precision * recall / (precision + recall)


def qa_f1(prediction: str, reference: str, _classes: Sequence[str]) -> float:
    return token_f1(normalize(prediction).split(), normalize(reference).split())


def longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], before + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


def rouge_l(prediction: str, reference: str, _classes: Sequence[str]) -> float:
    """F1 of the longest common subsequence of words. The package `rouge`, which the benchmark uses, does it by sentences and joins
    the parts; for answers of one sentence this is the same number."""
    a, b = prediction.split(), reference.split()
    same = longest_common(a, b)
    return 2 * same / (len(a) + len(b)) if same else 0.0


def classification(prediction: str, reference: str, classes: Sequence[str]) -> float:
    """1 over the number of classes that the answer names, where the right one is among them."""
    named = [name for name in classes if name in prediction]
    named = [name for name in named if not (name in reference and name != reference)]
    return 1 / len(named) if reference in named else 0.0


def _share_of_numbers(prediction: str, wanted: str) -> float:
    numbers = re.findall(r"\d+", prediction)
    return sum(number == wanted for number in numbers) / len(numbers) if numbers else 0.0


def retrieval(prediction: str, reference: str, _classes: Sequence[str]) -> float:
    """The share of the right paragraph among the numbers that the answer names."""
    found = re.search(r"Paragraph (\d+)", reference)
    if not found:
        raise ValueError(f"expected an answer such as 'Paragraph 7', but got '{reference}'")
    return _share_of_numbers(prediction, found.group(1))


def count(prediction: str, reference: str, _classes: Sequence[str]) -> float:
    return _share_of_numbers(prediction, reference)


SCORES: Dict[str, Score] = {"f1": qa_f1, "rouge_l": rouge_l, "accuracy": classification, "retrieval": retrieval, "count": count}
# Datasets of the benchmark in English. A file of another dataset names its metric in the field "metric".
DATASETS: Dict[str, str] = {
    **dict.fromkeys(("narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "musique", "triviaqa"), "f1"),
    **dict.fromkeys(("gov_report", "qmsum", "multi_news", "samsum"), "rouge_l"),
    "trec": "accuracy", "passage_retrieval_en": "retrieval", "passage_count": "count",
}
# These answers end with their line, as the benchmark has it.
FIRST_LINE = ("trec", "triviaqa", "samsum")


def score(dataset: str, metric: str, prediction: str, answers: Sequence[str], classes: Sequence[str]) -> float:
    """The best score over the references."""
    if dataset in FIRST_LINE:
        prediction = prediction.lstrip("\n").split("\n")[0]
    scores: List[float] = [SCORES[metric](prediction, answer, classes) for answer in answers]
    return max(scores)
