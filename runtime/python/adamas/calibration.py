# Thresholds and offsets of key codes: made from keys, kept in files.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calibration per KV head from a prefix of keys (spec buk-6), and a safetensors file of the sets of all layers.

A file holds, for layer i, `layer.i.thresholds` f32 [Hkv, 2^bits - 1], `layer.i.query_thresholds` of the same shape and
`layer.i.offset` f32 [Hkv, D]; its metadata are format ("adamas-thresholds-1"), bits and method.
"""

import json
from dataclasses import dataclass

import numpy as np

from . import arrays
from .errors import InvalidArgument
from .reference import safetensors
from .reference.calibration import OFFSET_SHARE, PAPER, STEP, quantiles
from .reference.codes import hadamard
from .reference.floats import to_f32

METHODS = ("uniform", "quantile", "paper")
FORMAT = "adamas-thresholds-1"


@dataclass(frozen=True)
class Thresholds:
    """Where codes of one layer are cut. Arrays of NumPy, or of PyTorch after `on`.

    keys: f32 [Hkv, 2^bits - 1], ascending. queries: the same for queries; only the metric "l1" reads them.
    offset: f32 [Hkv, D], subtracted from rotated keys. method: as of `calibrate`.
    """

    keys: object
    queries: object
    offset: object
    bits: int
    method: str

    def on(self, like):
        """The same sets in the library and on the device of the array `like`."""
        if not arrays.is_torch(like):
            return self
        import torch

        # NumPy's arrays of a file cannot be written to, which PyTorch warns of: copies.
        moved = (
            array.to(like.device) if arrays.is_torch(array) else torch.from_numpy(np.array(array)).to(like.device)
            for array in (self.keys, self.queries, self.offset)
        )
        return Thresholds(*moved, self.bits, self.method)


def calibrate(key, bits=2, method="uniform", query=None):
    """Thresholds and offset for keys like these; all tokens of `key` are used.

    key: [B, Hkv, N, D] f16, bf16 or f32, after RoPE, of NumPy or PyTorch. query: [..., Hq, D] of the same text, for the query
    thresholds of "quantile"; without it the keys' sets serve both. bits: 1 to 4.
    method: "uniform" (equal steps and an offset of 0.75 of the mean; for the weighted metric and two passes), "quantile"
    (equal shares; for L1), "paper" ((-10, 0, 10), 2 bits).
    Raises InvalidArgument, naming the head, where keys give no set.
    """
    keys = _host("key", key)
    if keys.ndim != 4:
        raise InvalidArgument(f"key: expected shape [B, Hkv, N, D], but got {list(keys.shape)}")
    if method not in METHODS:
        raise InvalidArgument(f"method: expected one of {', '.join(METHODS)}, but got '{method}'")
    if bits not in (1, 2, 3, 4):
        raise InvalidArgument(f"bits: expected 1 to 4, but got {bits}")
    heads, size = keys.shape[1], keys.shape[3]
    offset = np.zeros((heads, size), np.float32)
    if method == "paper":
        if bits != 2:
            raise InvalidArgument(f"bits: expected 2 for the paper's thresholds, but got {bits}")
        sets = np.tile(PAPER, (heads, 1))
        return Thresholds(sets, sets.copy(), offset, bits, method)
    rotated = hadamard(keys).transpose(1, 0, 2, 3).reshape(heads, -1, size)
    sets = np.empty((heads, 2**bits - 1), np.float32)
    for head in range(heads):
        try:
            if method == "uniform":
                sets[head], offset[head] = _uniform(rotated[head], bits)
            else:
                sets[head] = quantiles(rotated[head], bits)
        except ValueError as error:
            raise InvalidArgument(f"key: KV head {head}: {error}") from None
    queries = sets.copy()
    if method == "quantile" and query is not None:
        rows = _host("query", query)
        if rows.shape[-2] % heads or rows.shape[-1] != size:
            raise InvalidArgument(
                f"query: expected [..., a multiple of {heads}, {size}] as the keys have it, but got {list(rows.shape)}"
            )
        grouped = hadamard(rows).reshape(-1, heads, rows.shape[-2] // heads, size)
        queries = np.stack([quantiles(grouped[:, head], bits) for head in range(heads)])
    return Thresholds(sets, queries, offset, bits, method)


def _host(name, array):
    """f32 on the host."""
    if arrays.is_torch(array):
        return array.detach().float().cpu().numpy()
    found = arrays.view(name, array)
    if found.device >= 0:
        raise InvalidArgument(f"{name}: expected an array on the CPU or of PyTorch, but got it on cuda:{found.device}: copy it")
    try:
        return to_f32(np.asarray(array))
    except TypeError as error:
        raise InvalidArgument(f"{name}: {error}") from None


def _uniform(rotated, bits):
    # As reference.calibration.uniform, but with NumPy's pairwise f64 sums: seconds matter at the end of a prompt.
    finite = np.isfinite(rotated)
    count = np.maximum(finite.sum(0), 1)
    offset = (OFFSET_SHARE * (np.where(finite, rotated, 0).sum(0, dtype=np.float64) / count)).astype(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = (rotated - offset)[finite].astype(np.float64)
    rms = np.sqrt(np.mean(np.square(shifted))) if shifted.size else 0.0
    if not 0 < rms < np.inf:
        raise ValueError(f"expected keys that differ from their offset, but their root mean square is {rms}")
    return np.array([(i - (2**bits - 2) / 2) * STEP[bits] * rms for i in range(2**bits - 1)], np.float32), offset


def save_thresholds(path, layers):
    """Writes {layer number: Thresholds} to a safetensors file."""
    if not layers:
        raise InvalidArgument("layers: expected the thresholds of at least one layer, but got none")
    kinds = {(sets.bits, sets.method) for sets in layers.values()}
    if len(kinds) != 1:
        raise InvalidArgument(f"layers: expected one number of bits and one method, but got {sorted(kinds)}")
    bits, method = kinds.pop()
    tensors = {}
    for layer, sets in layers.items():
        for name, array in (("thresholds", sets.keys), ("query_thresholds", sets.queries), ("offset", sets.offset)):
            tensors[f"layer.{layer}.{name}"] = np.ascontiguousarray(_host(name, array))
    safetensors.save(path, tensors, {"format": FORMAT, "bits": str(bits), "method": method})


def load_thresholds(path):
    """{layer number: Thresholds} of a file that save_thresholds wrote.

    Raises OSError where it cannot be read, InvalidArgument where it is another kind of file.
    """
    try:
        tensors, metadata = safetensors.load(path)
    except (ValueError, TypeError, KeyError, json.JSONDecodeError) as error:
        raise InvalidArgument(f"{path}: expected a safetensors file of thresholds, but got another one: {error}") from None
    metadata = metadata or {}
    if metadata.get("format") != FORMAT:
        raise InvalidArgument(
            f"{path}: expected metadata with the format {FORMAT}, but got {metadata.get('format')}: "
            "make it with adamas.save_thresholds"
        )
    bits, layers = int(metadata["bits"]), {}
    for name in tensors:
        if not name.endswith(".thresholds"):
            continue
        prefix = name[: -len("thresholds")]
        missing = [part for part in ("query_thresholds", "offset") if prefix + part not in tensors]
        if missing:
            raise InvalidArgument(f"{path}: expected {prefix}{missing[0]} beside {name}, but there is none")
        layers[int(prefix.split(".")[1])] = Thresholds(
            tensors[name], tensors[prefix + "query_thresholds"], tensors[prefix + "offset"], bits, metadata["method"]
        )
    return layers
