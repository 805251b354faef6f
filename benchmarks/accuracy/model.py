# A Llama-shaped model from a GGUF file: forward pass in PyTorch on the CPU, with a look at every layer's attention inputs.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Needs gguf, tokenizers and torch from PyPI."""

import gguf
import numpy as np
import tokenizers
import torch
from gguf.quants import dequantize


class Model:
    """Weights in f32, dequantised. Attributes: layers, query_heads, kv_heads, head_size, context, tokenizer."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)

        def field(name):
            if name not in reader.fields:
                raise ValueError(f"{path}: expected the field '{name}', but it is absent")
            return reader.fields[name].contents()

        architecture = field("general.architecture")
        if architecture != "llama":
            raise ValueError(f"{path}: expected the architecture 'llama', but got '{architecture}'")
        self.layers = field("llama.block_count")
        self.query_heads = field("llama.attention.head_count")
        self.kv_heads = field("llama.attention.head_count_kv")
        self.width = field("llama.embedding_length")
        self.context = field("llama.context_length")
        self.rope_base = field("llama.rope.freq_base")
        self.epsilon = field("llama.attention.layer_norm_rms_epsilon")
        self.head_size = self.width // self.query_heads
        self.weights = {
            t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type), dtype=np.float32)) for t in reader.tensors
        }
        for layer in range(self.layers):
            for name, heads in (("attn_q", self.query_heads), ("attn_k", self.kv_heads)):
                key = f"blk.{layer}.{name}.weight"
                self.weights[key] = self._unpermute(self.weights[key], heads)
        self.tokenizer = self._tokenizer(field("tokenizer.ggml.tokens"), field("tokenizer.ggml.merges"))

    def _unpermute(self, weight, heads):
        # GGUF stores the rows of q and k so that RoPE turns neighbours; ours turns a head's two halves, as the original does.
        size = self.head_size
        return weight.reshape(heads, size // 2, 2, -1).transpose(1, 2).reshape(heads * size, -1).contiguous()

    @staticmethod
    def _tokenizer(tokens, merges):
        pairs = [tuple(merge.split(" ")) for merge in merges]
        model = tokenizers.models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=pairs)
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
            [
                tokenizers.pre_tokenizers.Digits(individual_digits=True),
                tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
        return tokenizer

    def _norm(self, x, name):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.epsilon) * self.weights[name]

    def _rope(self, x, cosine, sine):  # x: [N, H, D]
        a, b = x[..., : self.head_size // 2], x[..., self.head_size // 2 :]
        return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)

    def _heads(self, hidden, name, heads):
        return (hidden @ self.weights[name].T).view(len(hidden), heads, self.head_size)

    @torch.no_grad()
    def forward(self, ids, look, last=None):
        """Runs the layers over token ids [N]; look(layer, q [Hq, N, D], k [Hkv, N, D], v [Hkv, N, D]) sees each layer's
        attention inputs, q and k after RoPE, in f32. Stops after looking at layer `last` (None: the last one).

        Returns the last hidden state [N, E], not normalised, or None where it stopped early.
        """
        last = self.layers - 1 if last is None else last
        x = self.weights["token_embd.weight"][ids]
        frequency = 1.0 / (self.rope_base ** (torch.arange(0, self.head_size, 2).double() / self.head_size))
        angle = torch.arange(len(ids)).double()[:, None, None] * frequency
        cosine, sine = torch.cos(angle).float(), torch.sin(angle).float()
        group = self.query_heads // self.kv_heads
        for layer in range(last + 1):
            p = f"blk.{layer}."
            h = self._norm(x, p + "attn_norm.weight")
            q = self._rope(self._heads(h, p + "attn_q.weight", self.query_heads), cosine, sine).transpose(0, 1).contiguous()
            k = self._rope(self._heads(h, p + "attn_k.weight", self.kv_heads), cosine, sine).transpose(0, 1).contiguous()
            v = self._heads(h, p + "attn_v.weight", self.kv_heads).transpose(0, 1).contiguous()
            look(layer, q, k, v)
            if layer == last and last < self.layers - 1:
                return None
            spread = (t.repeat_interleave(group, 0)[None] for t in (k, v))
            o = torch.nn.functional.scaled_dot_product_attention(q[None], *spread, is_causal=True)[0]
            x = x + o.transpose(0, 1).reshape(len(ids), self.width) @ self.weights[p + "attn_output.weight"].T
            h = self._norm(x, p + "ffn_norm.weight")
            gate = torch.nn.functional.silu(h @ self.weights[p + "ffn_gate.weight"].T)
            x = x + (gate * (h @ self.weights[p + "ffn_up.weight"].T)) @ self.weights[p + "ffn_down.weight"].T
        return x
