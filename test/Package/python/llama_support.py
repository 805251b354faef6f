# A small Llama of random weights: its GGUF file, and what it must compute, in NumPy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The writer is ours because Debian has no package of gguf; test_transformers_llama_host.py holds its files against that package."""

import struct

import numpy as np
from package_support import reference

F32, F16, Q8_0 = 0, 1, 8
ALIGNMENT = 32


def quantize(weight):
    """The bytes of Q8_0: blocks of 32 along rows, each an f16 unit and 32 multiples of it."""
    blocks = weight.reshape(-1, 32)
    unit = (np.abs(blocks).max(1, keepdims=True) / 127).astype(np.float16)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiples = np.nan_to_num(np.rint(blocks / unit.astype(np.float32)))
    rows = np.empty(len(blocks), [("unit", "<f2"), ("multiples", "i1", 32)])
    rows["unit"], rows["multiples"] = unit[:, 0], np.clip(multiples, -127, 127)
    return rows


def dequantize(rows, shape):
    return (rows["unit"].astype(np.float32)[:, None] * rows["multiples"].astype(np.float32)).reshape(shape)


def _text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value):
    """A value of the metadata with its type in front."""
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, list):  # of texts
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    return struct.pack("<II", 4, value)


def write_gguf(path, metadata, tensors, types):
    """tensors: {name: f32 array}. types: {name: F32, F16 or Q8_0}. Returns {name: f32 array as a reader sees it}."""
    infos, data, seen = b"", b"", {}
    for name, array in tensors.items():
        kind = types[name]
        stored = quantize(array) if kind == Q8_0 else array.astype(np.float16 if kind == F16 else np.float32)
        seen[name] = dequantize(stored, array.shape) if kind == Q8_0 else stored.astype(np.float32)
        data += b"\0" * (-len(data) % ALIGNMENT)
        infos += _text(name) + struct.pack(f"<I{array.ndim}QIQ", array.ndim, *array.shape[::-1], kind, len(data))
        data += stored.tobytes()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_text(key) + _value(value) for key, value in metadata.items()) + infos
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % ALIGNMENT) + data)
    return seen


class Llama:
    """Made from a seed. `tied`: logits are products with the embedding. Weights are kept as a reader of the file sees them."""

    def __init__(self, seed=0, layers=3, heads=4, kv_heads=2, size=32, width=96, feed=160, vocabulary=64, tied=False):
        self.layers, self.heads, self.kv_heads, self.size = layers, heads, kv_heads, size
        self.width, self.feed, self.vocabulary, self.base, self.epsilon = width, feed, vocabulary, 5000.0, 1e-5
        random = np.random.default_rng(seed)
        shapes = {"token_embd": (vocabulary, width), "output_norm": (width,)}
        if not tied:
            shapes["output"] = (vocabulary, width)
        for i in range(layers):
            shapes.update({
                f"blk.{i}.attn_norm": (width,), f"blk.{i}.attn_q": (heads * size, width), f"blk.{i}.attn_k": (kv_heads * size, width),
                f"blk.{i}.attn_v": (kv_heads * size, width), f"blk.{i}.attn_output": (width, heads * size),
                f"blk.{i}.ffn_norm": (width,), f"blk.{i}.ffn_gate": (feed, width), f"blk.{i}.ffn_up": (feed, width),
                f"blk.{i}.ffn_down": (width, feed),
            })
        self.weights, self.types = {}, {}
        for number, (name, shape) in enumerate(shapes.items()):
            matrix = len(shape) == 2
            # Queries and keys are large, so that attention is not the mean of all tokens.
            scale = (2.5 if "attn_q" in name or "attn_k" in name else 1.0) / np.sqrt(shape[-1])
            values = random.normal(size=shape) * scale if matrix else 1 + 0.1 * random.normal(size=shape)
            self.weights[name + ".weight"] = values.astype(np.float32)
            self.types[name + ".weight"] = (F16, Q8_0, F32)[number % 3] if matrix else F32
        self.metadata = {
            "general.architecture": "llama", "general.name": "test", "llama.block_count": layers, "llama.context_length": 4096,
            "llama.embedding_length": width, "llama.feed_forward_length": feed, "llama.attention.head_count": heads,
            "llama.attention.head_count_kv": kv_heads, "llama.attention.key_length": size, "llama.attention.value_length": size,
            "llama.rope.dimension_count": size, "llama.rope.freq_base": self.base,
            "llama.attention.layer_norm_rms_epsilon": self.epsilon, "llama.vocab_size": vocabulary,
            # An array in front of what is read.
            "tokenizer.ggml.tokens": [f"<{i}>" for i in range(vocabulary)],
        }

    def write(self, path):
        self.weights = write_gguf(path, self.metadata, self.weights, self.types)

    def rope(self, rows):
        """[N, H, D] at positions 0 to N - 1: neighbours are the real and the imaginary part of one number."""
        turns = self.base ** (-np.arange(0, self.size, 2) / self.size) * np.arange(len(rows))[:, None]
        numbers = rows[..., ::2] + 1j * rows[..., 1::2]
        numbers = numbers * np.exp(1j * turns)[:, None]
        return np.stack([numbers.real, numbers.imag], -1).reshape(rows.shape).astype(np.float32)

    def logits(self, tokens, prompt, budget=None, dense_layers=0):
        """f64 [len(tokens) - prompt + 1, vocabulary], from the last token of the prompt on. budget: steps behind the prompt select."""
        named = lambda name: self.weights[name + ".weight"].astype(np.float64)  # noqa: E731
        norm = lambda x, name: x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * named(name)  # noqa: E731
        x = named("token_embd")[tokens]
        for i in range(self.layers):
            normed, block = norm(x, f"blk.{i}.attn_norm"), f"blk.{i}."
            project = lambda name, heads: (normed @ named(block + name).T).reshape(-1, heads, self.size)  # noqa: B023, E731
            query, key = self.rope(project("attn_q", self.heads)), self.rope(project("attn_k", self.kv_heads))
            key, value = key.transpose(1, 0, 2)[None], project("attn_v", self.kv_heads).astype(np.float32).transpose(1, 0, 2)[None]
            visible = np.arange(1, len(tokens) + 1)
            attended = reference.dense_attention(query[None], key, value, visible[None]).output[0]
            if budget and i >= dense_layers:
                step = 0.9957 * np.sqrt((key[0, :, :prompt].astype(np.float64) ** 2).mean((1, 2)))
                sets = (step[:, None] * [-1, 0, 1]).astype(np.float32)
                for row in range(prompt, len(tokens)):
                    attended[row] = reference.decode(
                        query[None, row], key, value, visible[row : row + 1], "weighted", 2, budget, thresholds=sets
                    )["output"][0]
            x = x + attended.reshape(len(tokens), -1) @ named(block + "attn_output").T
            normed = norm(x, block + "ffn_norm")
            gate, up = normed @ named(block + "ffn_gate").T, normed @ named(block + "ffn_up").T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ named(block + "ffn_down").T
        output = "output" if "output.weight" in self.weights else "token_embd"
        return norm(x[prompt - 1 :], "output_norm") @ named(output).T
