# What the GPU benchmark measures: shapes, and the steps of each.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A case is a dict with the fields of a record that say what is measured. Dense attention is measured once a
shape (heads, sequences, tokens, lengths); groups come in the order of what matters most, so that a run that is cut short has it."""

import random

MODULES = ("decode_l1", "decode_weighted", "decode_two_pass")
POLICIES = ("per_query_head", "per_kv_head")
REGIMES = ("no_pdl", "pdl_wait", "pdl_prefetch")
# Query heads, KV heads, sequences.
MODELS = ((32, 32, 1), (32, 8, 1), (64, 8, 1), (32, 8, 8))
TABLE = (8192, 32768, 131072)
SHORT = (1024, 2048, 4096, 16384)
BUDGET, BUDGETS = 128, (64, 256, 1024)
PAGE = 64
LONG = (32, 8, 1, 1 << 20)
RAGGED, RAGGED_LENGTHS = (32, 8, 32), (1024, 131072)
GROUPS = ("table", "long", "ragged", "short", "budgets", "append", "regimes", "pages")
SHAPE = ("query_heads", "kv_heads", "batch", "tokens")
# What makes a case another one, in the order of a table's columns.
KEY = (*SHAPE, "lengths", "module", "policy", "budget", "page_size", "regime", "operation")
DEFAULTS = {"policy": POLICIES[0], "budget": BUDGET, "page_size": 0, "regime": "pdl_wait", "operation": "decode", "lengths": None}


def make(group, model, tokens, module, **others):
    case = dict(zip(SHAPE, (*model, tokens))) | {"module": module, "group": group}
    return case | {name: value for name, value in DEFAULTS.items() if name not in ("operation", "lengths")} | others


def shape_of(record):
    """What dense attention is measured for."""
    return (*(record.get(name) for name in SHAPE), tuple(record.get("lengths") or ()))


def key_of(record):
    """What is measured once."""
    values = [record.get(name, DEFAULTS.get(name)) for name in KEY]
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def draw_lengths(seed, batch, shortest, longest):
    """Lengths of `batch` sequences, uniform, the longest among them."""
    numbers = random.Random(seed)
    return [longest] + [numbers.randint(shortest, longest) for _ in range(batch - 1)]


def _steps(group, model, tokens, **others):
    """Every module, and with one selection a KV head those that gain by it, where heads share one."""
    for policy in POLICIES if model[0] != model[1] else POLICIES[:1]:
        for module in MODULES:
            if policy == POLICIES[0] or module != "decode_l1":
                yield make(group, model, tokens, module, policy=policy, **others)


def all_cases(groups=GROUPS, seed=1, quick=False):
    """The cases of `groups`; `quick`: two models, two lengths."""
    models, table = (MODELS[:2], TABLE[:2]) if quick else (MODELS, TABLE)
    cases = []
    for group in GROUPS:
        if group not in groups:
            continue
        if group == "long":
            cases += _steps(group, LONG[:3], LONG[3], kernels=True)
        if group == "ragged":
            lengths = draw_lengths(seed, RAGGED[2], *RAGGED_LENGTHS)
            cases += _steps(group, RAGGED, RAGGED_LENGTHS[1], lengths=lengths, kernels=True)
        for model in models:
            if group == "table":
                cases += [case for tokens in table for case in _steps(group, model, tokens, kernels=True)]
            if group == "short":
                cases += [case for tokens in SHORT for case in _steps(group, model, tokens)]
            if group == "budgets":
                cases += [make(group, model, 32768, module, budget=budget) for module in MODULES for budget in BUDGETS]
            if group == "append":
                cases += [case for tokens in table for case in _steps(group, model, tokens, operation="step")]
            if group == "regimes":
                cases += [
                    make(group, model, tokens, module, regime=regime)
                    for tokens in table for module in MODULES for regime in REGIMES if regime != "pdl_wait"
                ]  # fmt: skip
            if group == "pages":
                cases += [make(group, model, tokens, module, page_size=PAGE) for tokens in table[1:] for module in MODULES]
    return cases


def chosen_cases(shapes, modules, policies, budgets, pages, regimes, kernels=True):
    """Every combination of what was asked for; `shapes` are like 32/8/1/32768."""
    cases = []
    for text in shapes:
        try:
            *model, tokens = map(int, text.split("/"))
        except ValueError:
            model = []
        if len(model) != 3 or min(*model, tokens) < 1:
            raise ValueError(f"--shapes: expected Hq/Hkv/B/N, such as 32/8/1/32768, but got '{text}'")
        cases += [
            make("chosen", tuple(model), tokens, module, policy=policy, budget=budget, page_size=page, regime=regime, kernels=kernels)
            for module in modules for policy in policies for budget in budgets for page in pages for regime in regimes
        ]  # fmt: skip
    return cases


def by_shape(cases):
    """Lists of the cases of a group and shape, in the order of first appearance."""
    shapes = {}
    for case in cases:
        shapes.setdefault((case["group"], shape_of(case)), []).append(case)
    return list(shapes.values())
