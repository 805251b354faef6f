# A Llama-shaped decoder with random weights in plain PyTorch: RMSNorm, RoPE, grouped heads, SwiGLU, preallocated keys and values.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Needs PyTorch alone. Every layer has weights of its own, since a token step must read all of them from memory."""

from typing import Callable, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from shapes import Shape

# attend(layer, query [B, Hq, D], new [2, B, Hkv, D]) -> [B, Hq, D]; it also writes the new key and value into the cache.
Attend = Callable[[int, Tensor, Tensor], Tensor]
# fill(layer, key [N, Hkv, D], value [N, Hkv, D]) keeps the keys and values of a prompt.
Fill = Callable[[int, Tensor, Tensor], None]

MLP_ROWS = 16384  # tokens of a prompt that go through an MLP at a time


class Cache:
    """Keys and values of all layers, full of random numbers: kv [layers, 2, B, Hkv, N, D]. A step writes the last position."""

    def __init__(self, shape: Shape, batch: int, tokens: int, device: torch.device, dtype: torch.dtype):
        size = (shape.layers, 2, batch, shape.kv_heads, tokens, shape.head_dim)
        self.batch, self.tokens = batch, tokens
        self.kv = torch.empty(size, device=device, dtype=dtype)
        for layer in self.kv:
            layer.normal_()
        self.position = torch.full((1,), tokens - 1, device=device)
        self.lengths = torch.full((batch,), tokens, device=device, dtype=torch.int32)
        self.slots = torch.arange(batch, device=device, dtype=torch.int32) * tokens + (tokens - 1)

    def write(self, layer: int, new: Tensor) -> None:
        """The new key and value [2, B, Hkv, D] of one layer, one kernel."""
        self.kv[layer].index_copy_(3, self.position, new[:, :, :, None])

    @staticmethod
    def bytes(shape: Shape, batch: int, tokens: int, element: int) -> int:
        return shape.layers * 2 * batch * shape.kv_heads * tokens * shape.head_dim * element


def _rope(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    low, high = x.chunk(2, -1)  # [rows, H, D / 2]; cosine, sine: [rows or 1, 1, D / 2]
    return torch.cat([low * cosine - high * sine, high * cosine + low * sine], -1)


def before_attention(
    x: Tensor, norm: Tensor, qkv: Tensor, cosine: Tensor, sine: Tensor, query_heads: int, kv_heads: int, epsilon: float
) -> Tuple[Tensor, Tensor]:
    """x [rows, E] to query [rows, Hq, D] and new [2, rows, Hkv, D], after RoPE."""
    heads = F.linear(F.rms_norm(x, x.shape[-1:], norm, epsilon), qkv).view(len(x), query_heads + 2 * kv_heads, -1)
    query, key, value = heads.split([query_heads, kv_heads, kv_heads], 1)
    return _rope(query, cosine, sine), torch.stack([_rope(key, cosine, sine), value])


def after_attention(x: Tensor, heads: Tensor, out: Tensor, norm: Tensor, gate_up: Tensor, down: Tensor, epsilon: float) -> Tensor:
    """x [rows, E] and attention's output [rows, Hq, D] to the next layer's x."""
    x = x + F.linear(heads.flatten(1), out)
    gate, up = F.linear(F.rms_norm(x, x.shape[-1:], norm, epsilon), gate_up).chunk(2, -1)
    return x + F.linear(F.silu(gate) * up, down)


def last_part(x: Tensor, norm: Tensor, head: Tensor, epsilon: float) -> Tensor:
    """x [rows, E] to logits [rows, V]."""
    return F.linear(F.rms_norm(x, x.shape[-1:], norm, epsilon), head)


class Decoder:
    """Random weights of a shape, and two ways through them: `step` for one token a sequence, `prefill` for a prompt.

    compile: "none"; "layers": what lies between attentions goes through torch.compile; "tuned": also with coordinate descent.
    """

    def __init__(self, shape: Shape, device: torch.device, dtype: torch.dtype, compile: str = "none", seed: int = 0):
        self.shape, self.device, self.dtype = shape, device, dtype
        generator = torch.Generator(device).manual_seed(seed)

        def weight(rows: int, columns: int) -> Tensor:
            return torch.empty(rows, columns, device=device, dtype=dtype).normal_(0, columns**-0.5, generator=generator)

        def ones() -> Tensor:
            return torch.ones(shape.width, device=device, dtype=dtype)

        rows = (shape.query_heads + 2 * shape.kv_heads) * shape.head_dim
        self.layers = [
            {
                "norm": ones(), "qkv": weight(rows, shape.width), "out": weight(shape.width, shape.width), "mlp_norm": ones(),
                "gate_up": weight(2 * shape.mlp, shape.width), "down": weight(shape.width, shape.mlp),
            }
            for _ in range(shape.layers)
        ]
        self.norm, self.embedding = ones(), weight(shape.vocabulary, shape.width)
        self.head = self.embedding if shape.tied else weight(shape.vocabulary, shape.width)
        self.frequency = shape.rope_base ** -(torch.arange(0, shape.head_dim, 2, device=device).double() / shape.head_dim)
        self._before, self._after, self._last = before_attention, after_attention, last_part
        if compile != "none":
            options = {"coordinate_descent_tuning": True} if compile == "tuned" else None
            self._before, self._after, self._last = (
                torch.compile(one, fullgraph=True, dynamic=False, options=options) for one in (before_attention, after_attention, last_part)
            )

    def _angles(self, positions: Tensor) -> Tuple[Tensor, Tensor]:
        angle = positions.double()[:, None, None] * self.frequency
        return angle.cos().to(self.dtype), angle.sin().to(self.dtype)

    def step(self, tokens: Tensor, position: Tensor, attend: Attend) -> Tensor:
        """Logits [B, V] of one more token [B] at a position [1]. Reads nothing back, so that a CUDA graph can hold it."""
        s = self.shape
        x, (cosine, sine) = self.embedding[tokens], self._angles(position)
        for i, w in enumerate(self.layers):
            query, new = self._before(x, w["norm"], w["qkv"], cosine, sine, s.query_heads, s.kv_heads, s.epsilon)
            x = self._after(x, attend(i, query, new), w["out"], w["mlp_norm"], w["gate_up"], w["down"], s.epsilon)
        return self._last(x, self.norm, self.head, s.epsilon)

    def prefill(self, tokens: Tensor, fill: Fill) -> Tensor:
        """Logits [1, V] after a prompt [N] of one sequence, through SDPA's causal attention."""
        s = self.shape
        x, (cosine, sine) = self.embedding[tokens], self._angles(torch.arange(len(tokens), device=self.device))
        for i, w in enumerate(self.layers):
            query, new = before_attention(x, w["norm"], w["qkv"], cosine, sine, s.query_heads, s.kv_heads, s.epsilon)
            fill(i, new[0], new[1])
            rows = [t.transpose(0, 1)[None] for t in (query, new[0], new[1])]
            grouped = s.query_heads != s.kv_heads
            heads = F.scaled_dot_product_attention(*rows, is_causal=True, enable_gqa=grouped)[0].transpose(0, 1)
            parts = zip(x.split(MLP_ROWS), heads.split(MLP_ROWS))
            x = torch.cat([after_attention(a, o, w["out"], w["mlp_norm"], w["gate_up"], w["down"], s.epsilon) for a, o in parts])
        return last_part(x[-1:], self.norm, self.head, s.epsilon)
