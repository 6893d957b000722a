"""Which characters the report's fonts can draw. Whatever they cannot is written as its code: no reader sees a gap.

Nothing here asks Python's own Unicode tables: they differ between 3.11 and 3.13, and a packet's bytes may not.
"""

import re
import struct
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from referrals.formats.text import escaped

FONTS = Path(__file__).parent / "fonts"

# What would change how its neighbours look, or is not seen at all: controls, direction marks, tags, private use.
UNSEEN = (
    *(range(0x00, 0x20), range(0x7F, 0xA0), range(0xAD, 0xAE), range(0x34F, 0x350), range(0x61C, 0x61D)),
    *(range(0x115F, 0x1161), range(0x17B4, 0x17B6), range(0x180B, 0x1810), range(0x200B, 0x200C)),
    *(range(0x200E, 0x2010), range(0x2028, 0x202F), range(0x2060, 0x2070), range(0x3164, 0x3165)),
    *(range(0xE000, 0xF900), range(0xFEFF, 0xFF00), range(0xFFA0, 0xFFA1), range(0xFFF0, 0xFFFE)),
    range(0xE0000, 0x110000),
)
# Joiners and variation selectors: unseen, and needed to draw many scripts and pictures.
JOINING = (range(0x200C, 0x200E), range(0xFE00, 0xFE10))
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
STRONG = re.compile("[A-Za-z\u00aa-\u02b8\u0370-\u1fff\u2c00-\ufdff\ufe70-\ufefc]")
# A pile of marks would cover the lines around it.
MARK = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
PILE = re.compile(f"(?<={MARK}{{3}}){MARK}+")
LONG_RUN = re.compile(r"[^\s\u200b]{25}(?=[^\s\u200b])")


def visible(text: str, *, ascii_only: bool = False) -> str:
    """The text as the report prints it: what no font draws as [U+code], and a place to break in very long words."""
    plain = escaped(text).replace("\r\n", "\n").replace("\t", "    ")
    plain = PILE.sub(lambda found: f"[{len(found.group())} more marks]", plain)
    drawn = range(0x20, 0x7F) if ascii_only else drawable()
    shown = "".join(c if c == "\n" or ord(c) in drawn else _code(c) for c in plain)
    return LONG_RUN.sub(lambda found: f"{found.group()}\u200b", shown)


def is_right_to_left(text: str) -> bool:
    """By its first strong letter, as a reader would write the line."""
    strong = STRONG.search(text)
    return strong is not None and RIGHT_TO_LEFT.match(strong.group()) is not None


@cache
def drawable() -> frozenset[int]:
    covered = set(chain.from_iterable(_covered(path.read_bytes()) for path in font_files()))
    return frozenset(covered.difference(*UNSEEN).union(*JOINING))


def font_files() -> list[Path]:
    return sorted(FONTS.glob("*.ttf"))


def _code(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def _covered(font: bytes) -> Iterator[int]:
    """The code points that a TrueType font has a glyph for: its cmap table, formats 4 and 12."""
    count = struct.unpack_from(">H", font, 4)[0]
    tables = [struct.unpack_from(">4s3L", font, 12 + 16 * number) for number in range(count)]
    cmap = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    for number in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        at = cmap + struct.unpack_from(">L", font, cmap + 8 + 8 * number)[0]
        kind = struct.unpack_from(">H", font, at)[0]
        if kind == 12:
            yield from _groups(font, at)
        elif kind == 4:
            yield from _segments(font, at)


def _groups(font: bytes, at: int) -> Iterator[int]:
    for number in range(struct.unpack_from(">L", font, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">3L", font, at + 16 + 12 * number)
        yield from range(first + (glyph == 0), last + 1)


def _segments(font: bytes, at: int) -> Iterator[int]:
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    shape = f">{count}H"
    ends, starts, deltas, offsets = (
        struct.unpack_from(shape, font, at + 14 + skip)
        for skip in (0, 2 * count + 2, 4 * count + 2, 6 * count + 2)
    )
    for number, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        place = at + 14 + 6 * count + 2 + 2 * number + offset
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code if not offset else struct.unpack_from(">H", font, place + 2 * (code - first))[0]
            if glyph if offset else (glyph + delta) & 0xFFFF:
                yield code
