# Writes one of the small files that the tests here feed to adamas-run: make_input.py CASE OUT.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import sys

import numpy as np
from adamas.reference import calibration, safetensors, to_bf16

BATCH, QUERY_HEADS, KV_HEADS, TOKENS, DIM = 3, 4, 2, 40, 32


def data(batch=BATCH, query_heads=QUERY_HEADS, kv_heads=KV_HEADS, tokens=TOKENS, dim=DIM, query_tokens=None,
         key_batch=1, dtype=np.float16, seq_lens=None):  # fmt: skip
    """Keys that differ in size and direction, and queries near some of them, so that attention has something to find."""
    random = np.random.default_rng(7)
    key = random.normal(size=(key_batch, kv_heads, tokens, dim)) * random.uniform(0.5, 2, (key_batch, kv_heads, tokens, 1))
    value = random.normal(size=key.shape)
    leading = (batch,) if query_tokens is None else (batch, query_tokens)
    query = random.normal(size=(*leading, query_heads, dim))
    if tokens:
        query += np.repeat(key[0, :, random.integers(tokens)], query_heads // kv_heads, axis=0)
    make = to_bf16 if dtype == "bf16" else np.asarray
    kind = np.float32 if dtype == "bf16" else dtype
    tensors = {name: make(x.astype(kind)) for name, x in (("query", query), ("key", key), ("value", value))}
    if seq_lens is None:
        seq_lens = np.linspace(max(tokens // 2, min(tokens, 8)), tokens, batch).astype(np.int32)
    tensors["seq_lens"] = np.asarray(seq_lens)
    return tensors


def changed(**changes):
    """The good data with some tensors replaced, or left out where None is given."""
    tensors = {**data(), **changes}
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def with_thresholds(bits, mode="uniform", **changes):
    sets = calibration.calibrate(data()["key"], mode, bits)
    if mode == "uniform":
        del sets["query_thresholds"]
    return changed(**{**sets, **changes})


def nonfinite():
    tensors = data(dtype=np.float32)
    tensors["key"][0, 0, 3, 5] = np.nan
    tensors["key"][0, 1, 7, 0] = np.inf
    tensors["value"][0, 1, 8, 1] = -np.inf
    tensors["query"][1, 2, 4] = np.nan
    return tensors


CASES = {
    "good": data,
    "f32": lambda: data(dtype=np.float32),
    "query_tokens": lambda: data(query_tokens=3),
    "one_query_token": lambda: data(query_tokens=1),
    "empty": lambda: data(tokens=0, seq_lens=np.zeros(BATCH, np.int32)),
    "tiny": lambda: data(tokens=5, seq_lens=np.array([0, 1, 5], np.int32)),
    "nonfinite": nonfinite,
    "long_lengths": lambda: changed(seq_lens=np.array([20, 30, 40], np.int64)),
    "no_lengths": lambda: changed(seq_lens=None),
    "uniform_1": lambda: with_thresholds(1),
    "uniform_2": lambda: with_thresholds(2),
    "quantile_2": lambda: with_thresholds(2, "quantile"),
    "uniform_4": lambda: with_thresholds(4),
    # Sets that a module cannot use.
    "sets_shape": lambda: with_thresholds(2, thresholds=np.zeros((2, 4), np.float32)),
    "sets_heads": lambda: with_thresholds(2, thresholds=np.tile(np.float32([-1, 0, 1]), (3, 1))),
    "sets_dtype": lambda: with_thresholds(2, thresholds=np.tile(np.float16([-1, 0, 1]), (2, 1))),
    "sets_order": lambda: with_thresholds(2, thresholds=np.tile(np.float32([-1, 1, 0]), (2, 1))),
    "sets_nan": lambda: with_thresholds(2, thresholds=np.tile(np.float32([-1, np.nan, 1]), (2, 1))),
    "offset_shape": lambda: with_thresholds(2, offset=np.zeros((2, 64), np.float32)),
    "query_sets_only": lambda: changed(query_thresholds=np.zeros((2, 3), np.float32)),
    # Data that does not fit together.
    "no_query": lambda: changed(query=None),
    "no_value": lambda: changed(value=None),
    "query_rank": lambda: changed(query=np.zeros((4, 32), np.float16)),
    "query_dtype": lambda: changed(query=np.zeros((3, 4, 32), np.int32)),
    "query_f64": lambda: changed(query=np.zeros((3, 4, 32))),
    "query_batch": lambda: changed(query=np.zeros((0, 4, 32), np.float16)),
    "query_tokens_9": lambda: changed(query=np.zeros((3, 9, 4, 32), np.float16)),
    "query_dim": lambda: changed(query=np.zeros((3, 4, 48), np.float16)),
    "dim_16": lambda: changed(**{n: np.zeros(s, np.float16) for n, s in (("query", (3, 4, 16)), ("key", (1, 2, 40, 16)), ("value", (1, 2, 40, 16)))}),
    "key_rank": lambda: changed(key=np.zeros((2, 40, 32), np.float16)),
    "key_dtype": lambda: changed(key=np.zeros((1, 2, 40, 32), np.float32)),
    "key_dim": lambda: changed(key=np.zeros((1, 2, 40, 64), np.float16)),
    "key_heads": lambda: changed(key=np.zeros((1, 3, 40, 32), np.float16)),
    "key_no_heads": lambda: changed(key=np.zeros((1, 0, 40, 32), np.float16)),
    "key_batch": lambda: changed(key=np.zeros((2, 2, 40, 32), np.float16)),
    "value_shape": lambda: changed(value=np.zeros((1, 2, 39, 32), np.float16)),
    "lengths_count": lambda: changed(seq_lens=np.array([40, 40], np.int32)),
    "lengths_dtype": lambda: changed(seq_lens=np.array([40, 40, 40], np.float32)),
    "lengths_long": lambda: changed(seq_lens=np.array([40, 41, 40], np.int32)),
    "lengths_negative": lambda: changed(seq_lens=np.array([40, -1, 40], np.int32)),
    "lengths_short": lambda: {**data(query_tokens=3), "seq_lens": np.array([40, 2, 40], np.int32)},
}  # fmt: skip


def main():
    case, out = sys.argv[1:]
    if case == "truncated":
        main_path = out + ".whole"
        safetensors.save(main_path, data())
        with open(main_path, "rb") as whole, open(out, "wb") as part:
            part.write(whole.read()[:-100])
        return
    safetensors.save(out, CASES[case]())


if __name__ == "__main__":
    main()
