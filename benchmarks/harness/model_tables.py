# Tables of whole models: token steps by benchmarks/end_to_end, perplexity and passkeys by benchmarks/accuracy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Figures come from the newest records end-to-end-h100-*.json (h200, tuned-h200), end-to-end-cpu-*.json, perplexity-smollm2-*.json,
perplexity-gemma3-*.json, passkey-smollm2-*.json and passkey-gemma3-*.json."""

import functools

from figures import RESULTS, Problem, cell, markdown, missing, newest, origin

COLUMNS = ("weighted", "two-pass", "L1", "weighted, per KV head", "two-pass, per KV head")
MODELS = {"llama-2-7b": "Llama-2-7B", "llama-3-8b": "Llama-3-8B", "smollm2-135m": "SmolLM2-135M"}
SDPA, NONE = "SDPA", "no attention"
HOST = {"host_us": "decode", "host_step_us": "step", "host_attention_us": "Transformers' attention"}


def _measured(record, kind):
    return [row for row in record.rows if row.get("kind") == kind and "error" not in row] if record else []


def _rank(case):
    return list(MODELS).index(case[0]) if case[0] in MODELS else len(MODELS), *case[1:]


def end_to_end(place, field, root, page):
    """Milliseconds a token, or of its attention, and how many times faster than SDPA."""
    record = newest(root, f"end-to-end-{place}-")
    rows = _measured(record, "decode")
    if not rows:
        return missing(f"`benchmarks/end_to_end/end_to_end.py --json=FILE` makes the record `{RESULTS}/end-to-end-{place}-*.json`.")
    whole = field == "token_ms"
    timed = rows if whole else [row for row in rows if row["method"] != NONE]
    times = {(row["model"], row["batch"], row["tokens"], row["method"]): cell(record, row, field) for row in timed}
    methods = [name for name in COLUMNS if any(key[3] == name for key in times)]
    before = [NONE, SDPA] if whole else [SDPA]
    lines = []
    for case in sorted({key[:3] for key in times}, key=_rank):
        model, batch, tokens = case
        dense = times.get((*case, SDPA))
        known = (times.get((*case, name)) for name in before)
        line = [f"{MODELS.get(model, model)}, batch {batch}, {tokens:,} tokens", *(f"{t:.2f}" if t else "" for t in known)]
        for name in methods:
            time = times.get((*case, name))
            line.append("" if not time else f"{time:.2f} ({dense / time:.2f}x)" if dense else f"{time:.2f}")
        lines.append(line)
    first = rows[0]
    text = (
        f"Milliseconds {'a token' if whole else 'of the attention of all layers'}, {cell(record, first, 'dtype')}, random weights, "
        f"k = {first['budget']}, the first {first['dense_layers']} layers "
        f"dense, {'CUDA graph, ' if first.get('graph') else ''}median, on {first['device']}; {origin(record, first, page)}.\n\n"
    )
    return text + markdown(["model's shapes", *before, *methods], lines)


def first_token(place, root, page):
    """Prompts with and without codes, and the host's time for a layer."""
    record = newest(root, f"end-to-end-{place}-")
    prompts, host = _measured(record, "prefill"), _measured(record, "host")
    if not prompts and not host:
        return missing(f"`benchmarks/end_to_end/end_to_end.py --json=FILE` makes the record `{RESULTS}/end-to-end-{place}-*.json`.")
    lines = []
    for row in prompts:
        before, after = (cell(record, row, name) for name in ("prefill_ms", "prefill_with_encode_ms"))
        name = f"{MODELS.get(row['model'], row['model'])}, {row['tokens']:,} tokens, {row['method']}"
        lines.append([name, f"{before:.1f}", f"{after:.1f}", f"{100 * (after / before - 1):+.1f} %"])
    first = (prompts + host)[0]
    text = f"Milliseconds to the first token, on {first['device']}; {origin(record, first, page)}.\n\n"
    text = text + markdown(["prompt", "without codes", "with codes", "more"], lines) if lines else ""
    # Early records have no Transformers' attention.
    columns = {name: title for name, title in HOST.items() if any(name in row for row in host)}
    lines = [
        [f"{MODELS.get(row['model'], row['model'])}, {row['method']}", *(f"{row[name]:.1f}" if name in row else "" for name in columns)]
        for row in host if not row.get("host_includes_work")
    ]
    return text + ("\n" + markdown(["host, microseconds a layer", *columns.values()], lines) if lines else "")


def perplexity(model, root, page):
    """How much larger perplexity is, in per cent."""
    record = newest(root, f"perplexity-{model}-2")
    if not record:
        return missing(f"`benchmarks/accuracy/perplexity.py --model={model} --results={RESULTS}` makes the record.")
    dense = next((row for row in record.rows if row.get("method") == "dense"), None)
    if dense is None:
        raise Problem(f"{record.path}: expected a row of dense attention, but it has none")
    rows = [row for row in record.rows if row is not dense]
    budgets = sorted({cell(record, row, "budget") for row in rows})
    by_key = {(row["method"], row["budget"]): row for row in rows}
    lines = []
    for name in dict.fromkeys(row["method"] for row in rows):
        line = [name]
        for budget in budgets:
            row = by_key.get((name, budget))
            line.append(f"{cell(record, row, 'increase_percent'):+.1f} ({cell(record, row, 'standard_error'):.1f})" if row else "")
        lines.append(line)
    text = (
        f"Per cent over the dense perplexity, {dense['perplexity']:.2f} (standard error); {dense['model']}; {dense['text']}; tokens "
        f"{dense['prefix']:,} to {dense['tokens'] - 1:,}; the first {dense['dense_layers']} layers dense; {origin(record, dense, page)}.\n\n"
    )
    return text + markdown(["decode by", *(f"k = {budget}" for budget in budgets)], lines)


def passkey(model, root, page):
    """Keys that are found, over all depths."""
    record = newest(root, f"passkey-{model}-")
    if not record:
        return missing(f"`benchmarks/accuracy/passkey.py --model={model} --results={RESULTS}` makes the record.")
    rows, first = record.rows, record.rows[0]
    lengths, lines = sorted({cell(record, row, "tokens") for row in rows}), []
    for name, budget in dict.fromkeys((row["method"], row["budget"]) for row in rows):
        line = [name if budget is None else f"{name}, k = {budget}"]
        for length in lengths:
            cells = [row for row in rows if (row["method"], row["budget"], row["tokens"]) == (name, budget, length)]
            asked = sum(row["samples"] for row in cells)
            line.append(f"{sum(row['correct'] for row in cells)} of {asked}" if asked else "")
        lines.append(line)
    text = f"Keys found, over all depths; {first['model']}; {origin(record, first, page)}.\n\n"
    return text + markdown(["decode by", *(f"{length:,} tokens" for length in lengths)], lines)


TABLES = {
    "end-to-end": functools.partial(end_to_end, "h100", "token_ms"), "end-to-end-cpu": functools.partial(end_to_end, "cpu", "token_ms"),
    "end-to-end-h200": functools.partial(end_to_end, "h200", "token_ms"),
    "end-to-end-tuned-h200": functools.partial(end_to_end, "tuned-h200", "token_ms"),
    "attention-cpu": functools.partial(end_to_end, "cpu", "attention_ms"),
    "first-token": functools.partial(first_token, "h100"), "first-token-h200": functools.partial(first_token, "h200"), "perplexity": functools.partial(perplexity, "smollm2"),
    "perplexity-gemma3": functools.partial(perplexity, "gemma3"),
    "passkey": functools.partial(passkey, "smollm2"), "passkey-gemma3": functools.partial(passkey, "gemma3"),
}  # fmt: skip
