# The sizes of the models whose steps are measured.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

from dataclasses import dataclass
from typing import Dict


@dataclass(frozen=True)
class Shape:
    """The sizes of a model. tied: whether the last product uses the embedding's weights."""

    layers: int
    query_heads: int
    kv_heads: int
    head_dim: int
    mlp: int
    vocabulary: int
    rope_base: float
    epsilon: float = 1e-5
    tied: bool = False

    @property
    def width(self) -> int:
        return self.query_heads * self.head_dim

    @property
    def parameters(self) -> int:
        attention = self.width * self.head_dim * 2 * (self.query_heads + self.kv_heads)
        layer = attention + 3 * self.width * self.mlp + 2 * self.width
        return self.layers * layer + self.width + self.vocabulary * self.width * (1 if self.tied else 2)


SHAPES: Dict[str, Shape] = {
    "llama-2-7b": Shape(32, 32, 32, 128, 11008, 32000, 1e4),
    "llama-3-8b": Shape(32, 32, 8, 128, 14336, 128256, 5e5),
    "smollm2-135m": Shape(30, 9, 3, 64, 1536, 49152, 1e5, tied=True),
    "tiny": Shape(4, 6, 2, 32, 256, 512, 1e4),  # for tests
}
