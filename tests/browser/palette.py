"""Makes a picture of a page small: the 256 colours that say most of it, instead of millions."""

import base64
import struct
import zlib

import numpy as np
from playwright.sync_api import Page

COLOURS = 256
PIXELS = """async (picture) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const raw = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  let text = "";
  for (let start = 0; start < raw.length; start += 32768)
    text += String.fromCharCode(...raw.subarray(start, start + 32768));
  return [bitmap.width, bitmap.height, btoa(text)];
}"""


def with_few_colours(picture: bytes, blank: Page) -> bytes:
    """The same PNG with a palette; `blank` is a page of the browser that reads the pixels."""
    width, height, raw = blank.evaluate(PIXELS, base64.b64encode(picture).decode())
    pixels = np.frombuffer(base64.b64decode(raw), np.uint8).reshape(-1, 4)[:, :3]
    palette, places = _palette(pixels)
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = places.reshape(height, width)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows.tobytes(), 9))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in [*chunks, (b"IEND", b"")])


def _palette(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent colours, but of colours that look alike one only; every pixel gets the nearest."""
    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    values, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([values >> 16, values >> 8 & 255, values & 255], axis=1).astype(np.uint8)
    order = np.argsort(-counts)
    _, first = np.unique((colours[order] >> 3).astype(np.uint32) @ [1024, 32, 1], return_index=True)
    kept = colours[order[np.sort(first)[:COLOURS]]]
    distance = ((colours[:, None, :].astype(int) - kept[None].astype(int)) ** 2).sum(axis=2)
    return kept, distance.argmin(axis=1).astype(np.uint8)[places]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
