"""Noise model: a language model, as a GGUF file, of half a megabyte with random weights, for a real engine to run.

Two layers of width 64, a token per byte, and weights drawn from a seed: what it writes is noise, but an engine reads
its prompt, keeps to a grammar and counts tokens as with any other model. It never picks a byte that is not printable
ASCII: one column of the embeddings is constant, and the output layer holds it against those bytes. The format is
specified at https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3). Standard library only.
"""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEADS, FEED, LAYERS, VOCABULARY = 64, 4, 128, 2, 3 + 256
ALIGNMENT = 32
TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_TYPE_F32 = 0
_UNKNOWN, _CONTROL, _BYTE = 2, 3, 6
_NEVER = -6.0

Tensor = tuple[str, tuple[int, ...], "array[float]"]
"""A name, its dimensions with the one that runs fastest first, and its values."""


def write(path: Path, *, context: int, seed: int = 7) -> None:
    """Write the model; `context` is how many tokens it is said to have been trained on."""
    tensors = _tensors(random.Random(seed))  # noqa: S311 - weights, not secrets
    pairs = [*_architecture(context), *_tokenizer()]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs)
    offset, data = 0, []
    for name, dimensions, values in tensors:
        content = _padded(values.tobytes())
        head += _string(name) + struct.pack("<I", len(dimensions)) + struct.pack(f"<{len(dimensions)}Q", *dimensions)
        head += struct.pack("<IQ", _TYPE_F32, offset)
        offset += len(content)
        data.append(content)
    path.write_bytes(_padded(head) + b"".join(data))


def _architecture(context: int) -> list[bytes]:
    whole = {
        "context_length": context,
        "embedding_length": WIDTH,
        "block_count": LAYERS,
        "feed_forward_length": FEED,
        "attention.head_count": HEADS,
        "attention.head_count_kv": HEADS,
        "rope.dimension_count": WIDTH // HEADS,
        "vocab_size": VOCABULARY,
    }
    return [
        _text("general.architecture", "llama"),
        _text("general.name", "noise"),
        *(_pair(f"llama.{name}", _UINT32, struct.pack("<I", value)) for name, value in whole.items()),
        _pair("llama.attention.layer_norm_rms_epsilon", _FLOAT32, struct.pack("<f", 1e-5)),
    ]


def _tokenizer() -> list[bytes]:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256]
    return [
        _text("tokenizer.ggml.model", "llama"),
        _array("tokenizer.ggml.tokens", _STRING, [_string(token) for token in tokens]),
        _array("tokenizer.ggml.scores", _FLOAT32, [struct.pack("<f", 0.0)] * VOCABULARY),
        _array("tokenizer.ggml.token_type", _INT32, [struct.pack("<i", kind) for kind in kinds]),
        _pair("tokenizer.ggml.unknown_token_id", _UINT32, struct.pack("<I", 0)),
        _pair("tokenizer.ggml.bos_token_id", _UINT32, struct.pack("<I", 1)),
        _pair("tokenizer.ggml.eos_token_id", _UINT32, struct.pack("<I", 2)),
        _pair("tokenizer.ggml.add_space_prefix", _BOOL, b"\0"),
        _text("tokenizer.chat_template", TEMPLATE),
    ]


def _tensors(draw: random.Random) -> list[Tensor]:
    def noise(name: str, *dimensions: int, spread: float = 0.02) -> Tensor:
        size = dimensions[0] * dimensions[1]
        return name, dimensions, array("f", (draw.gauss(0.0, spread) for _ in range(size)))

    def ones(name: str) -> Tensor:
        return name, (WIDTH,), array("f", [1.0] * WIDTH)

    embedding = noise("token_embd.weight", WIDTH, VOCABULARY)
    output = noise("output.weight", WIDTH, VOCABULARY, spread=0.2)
    for token in range(VOCABULARY):
        embedding[2][token * WIDTH] = 1.0
        output[2][token * WIDTH] = _NEVER if _unprintable(token) else 0.0
    found = [embedding, ones("output_norm.weight"), output]
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        found += [ones(f"{at}attn_norm.weight"), ones(f"{at}ffn_norm.weight")]
        found += [noise(f"{at}attn_{part}.weight", WIDTH, WIDTH) for part in ("q", "k", "v", "output")]
        found += [noise(f"{at}ffn_{part}.weight", WIDTH, FEED) for part in ("gate", "up")]
        found.append(noise(f"{at}ffn_down.weight", FEED, WIDTH))
    return found


def _unprintable(token: int) -> bool:
    """Whether a token is the unknown one, the beginning, or a byte outside printable ASCII; the end may come."""
    return token in (0, 1) or (token > 2 and not 0x20 <= token - 3 < 0x7F)


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _pair(key: str, kind: int, value: bytes) -> bytes:
    return _string(key) + struct.pack("<I", kind) + value


def _text(key: str, text: str) -> bytes:
    return _pair(key, _STRING, _string(text))


def _array(key: str, kind: int, items: Sequence[bytes]) -> bytes:
    return _pair(key, _ARRAY, struct.pack("<IQ", kind, len(items)) + b"".join(items))


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % ALIGNMENT)
