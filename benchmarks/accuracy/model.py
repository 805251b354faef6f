# A Llama- or Gemma-3-shaped model from a GGUF file: PyTorch on the CPU, with attention left to whoever calls.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Needs gguf, tokenizers and torch from PyPI."""

from typing import Any, Callable, Optional

import gguf
import numpy as np
import tokenizers
import torch
import torch.nn.functional as F
from gguf.quants import dequantize
from torch import Tensor

# attend(layer, query [Hq, N, D], key [Hkv, N, D], value [Hkv, N, D]) -> [Hq, N, D], after RoPE; None: stop here.
Attend = Callable[[int, Tensor, Tensor, Tensor], Optional[Tensor]]

ARCHITECTURES = ("llama", "gemma3")
LOCAL_ROPE_BASE, GLOBAL_EVERY = 1e4, 6  # of Gemma 3, whose files do not say so


class Model:
    """Weights in f32, dequantised. Attributes: layers, query_heads, kv_heads, head_size, context, tokenizer, bos (or None)."""

    def __init__(self, path: Any):
        reader = gguf.GGUFReader(path)

        def field(name: str, default: Any = None) -> Any:
            if name not in reader.fields:
                if default is not None:
                    return default
                raise ValueError(f"{path}: expected the field '{name}', but it is absent")
            return reader.fields[name].contents()

        self.architecture = field("general.architecture")
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"{path}: expected the architecture {' or '.join(ARCHITECTURES)}, but got '{self.architecture}'")
        prefix, self.is_gemma = self.architecture, self.architecture == "gemma3"
        self.layers = field(f"{prefix}.block_count")
        self.query_heads = field(f"{prefix}.attention.head_count")
        self.kv_heads = field(f"{prefix}.attention.head_count_kv")
        self.width = field(f"{prefix}.embedding_length")
        self.context = field(f"{prefix}.context_length")
        self.rope_base = field(f"{prefix}.rope.freq_base")
        self.epsilon = field(f"{prefix}.attention.layer_norm_rms_epsilon")
        self.head_size = field(f"{prefix}.attention.key_length", self.width // self.query_heads)
        self._window = field(f"{prefix}.attention.sliding_window") if self.is_gemma else None
        self.bos = field("tokenizer.ggml.bos_token_id") if field("tokenizer.ggml.add_bos_token", 0) else None
        self.weights = {
            t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type), dtype=np.float32)) for t in reader.tensors
        }
        for layer in range(0 if self.is_gemma else self.layers):
            for name, heads in (("attn_q", self.query_heads), ("attn_k", self.kv_heads)):
                key = f"blk.{layer}.{name}.weight"
                self.weights[key] = self._unpermute(self.weights[key], heads)
        tokens = field("tokenizer.ggml.tokens")
        if self.is_gemma:
            self.tokenizer = _sentencepiece(tokens, field("tokenizer.ggml.scores"))
        else:
            self.tokenizer = _byte_level(tokens, field("tokenizer.ggml.merges"))

    def window(self, layer: int) -> Optional[int]:
        """Tokens that a layer's queries see, themselves included; None: all."""
        return None if self._window is None or layer % GLOBAL_EVERY == GLOBAL_EVERY - 1 else self._window

    def _unpermute(self, weight: Tensor, heads: int) -> Tensor:
        # GGUF stores the rows of q and k so that RoPE turns neighbours; ours turns a head's two halves, as the original does.
        size = self.head_size
        return weight.reshape(heads, size // 2, 2, -1).transpose(1, 2).reshape(heads * size, -1).contiguous()

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.epsilon) * self.weights[name]

    def _rope(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:  # x: [N, H, D]
        a, b = x[..., : self.head_size // 2], x[..., self.head_size // 2 :]
        return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)

    def _angles(self, first: int, count: int, base: float) -> Any:
        frequency = 1.0 / (base ** (torch.arange(0, self.head_size, 2).double() / self.head_size))
        angle = torch.arange(first, first + count).double()[:, None, None] * frequency
        return torch.cos(angle).float(), torch.sin(angle).float()

    def _heads(self, hidden: Tensor, name: str, heads: int) -> Tensor:
        return (hidden @ self.weights[name].T).view(len(hidden), heads, self.head_size)

    @torch.no_grad()
    def run(self, ids: Tensor, first: int, attend: Attend) -> Optional[Tensor]:
        """Runs the layers over token ids [N] at positions from `first` on. Returns the last hidden state [N, E], not normalised, or
        None where `attend` returned none."""
        x = self.weights["token_embd.weight"][ids]
        angles = {base: self._angles(first, len(ids), base) for base in {self.rope_base, LOCAL_ROPE_BASE}}
        if self.is_gemma:
            x = x * self.width**0.5
        for layer in range(self.layers):
            p = f"blk.{layer}."
            cosine, sine = angles[self.rope_base if self.window(layer) is None else LOCAL_ROPE_BASE]
            h = self._norm(x, p + "attn_norm.weight")
            q, k = self._heads(h, p + "attn_q.weight", self.query_heads), self._heads(h, p + "attn_k.weight", self.kv_heads)
            if self.is_gemma:
                q, k = self._norm(q, p + "attn_q_norm.weight"), self._norm(k, p + "attn_k_norm.weight")
            q, k = (self._rope(t, cosine, sine).transpose(0, 1).contiguous() for t in (q, k))
            v = self._heads(h, p + "attn_v.weight", self.kv_heads).transpose(0, 1).contiguous()
            o = attend(layer, q, k, v)
            if o is None:
                return None
            h = o.transpose(0, 1).reshape(len(ids), -1) @ self.weights[p + "attn_output.weight"].T
            x = x + (self._norm(h, p + "post_attention_norm.weight") if self.is_gemma else h)
            h = self._norm(x, p + "ffn_norm.weight")
            gate = h @ self.weights[p + "ffn_gate.weight"].T
            gate = F.gelu(gate, approximate="tanh") if self.is_gemma else F.silu(gate)
            h = (gate * (h @ self.weights[p + "ffn_up.weight"].T)) @ self.weights[p + "ffn_down.weight"].T
            x = x + (self._norm(h, p + "post_ffw_norm.weight") if self.is_gemma else h)
        return x

    def causal(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Dense attention of a prompt, as an `attend`: every query sees the tokens up to itself, or the layer's window of them."""
        group, window = self.query_heads // self.kv_heads, self.window(layer)
        spread = (t.repeat_interleave(group, 0)[None] for t in (k, v))
        if window is None or q.shape[1] <= window:
            return F.scaled_dot_product_attention(q[None], *spread, is_causal=True)[0]
        position = torch.arange(q.shape[1])
        behind = position[:, None] - position
        return F.scaled_dot_product_attention(q[None], *spread, attn_mask=(behind >= 0) & (behind < window))[0]

    def forward(self, ids: Tensor, look: Callable[[int, Tensor, Tensor, Tensor], None], last: Optional[int] = None) -> Optional[Tensor]:
        """Runs the layers over token ids [N]; look(layer, q [Hq, N, D], k [Hkv, N, D], v [Hkv, N, D]) sees each layer's
        attention inputs, q and k after RoPE, in f32. Stops after looking at layer `last` (None: the last one).

        Returns the last hidden state [N, E], not normalised, or None where it stopped early.
        """
        last = self.layers - 1 if last is None else last

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Optional[Tensor]:
            look(layer, q, k, v)
            return None if layer == last < self.layers - 1 else self.causal(layer, q, k, v)

        return self.run(ids, 0, attend)

    @torch.no_grad()
    def logits(self, hidden: Tensor) -> Tensor:
        """[N, V] of the hidden state that `run` returned."""
        head = self.weights.get("output.weight", self.weights["token_embd.weight"])
        return self._norm(hidden, "output_norm.weight") @ head.T

    def encode(self, text: str, begin: bool = True) -> Any:
        """Token ids of a text, a list; with the token that begins a text where the model wants one."""
        return ([self.bos] if begin and self.bos is not None else []) + self.tokenizer.encode(text).ids


def _byte_level(tokens: Any, merges: Any) -> Any:
    pairs = [tuple(merge.split(" ")) for merge in merges]
    model = tokenizers.models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=pairs)
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    return tokenizer


def _sentencepiece(tokens: Any, scores: Any) -> Any:
    """A file of SentencePiece has scores for merges: a token of higher score is made first, of any two tokens that give it."""
    vocabulary, merges = {token: i for i, token in enumerate(tokens)}, []
    for token in sorted(tokens, key=lambda token: -scores[vocabulary[token]]):
        splits = [(token[:i], token[i:]) for i in range(1, len(token))]
        merges += sorted(
            (pair for pair in splits if pair[0] in vocabulary and pair[1] in vocabulary),
            key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]),
        )
    model = tokenizers.models.BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.Replace(" ", "\u2581")
    tokenizer.decoder = tokenizers.decoders.Sequence(
        [tokenizers.decoders.Replace("\u2581", " "), tokenizers.decoders.ByteFallback(), tokenizers.decoders.Fuse()]
    )
    return tokenizer
