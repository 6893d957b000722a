"""What each character is, in tables that the compiled loops look up: blanks, and the signs and letters of ASCII."""

from string import ascii_lowercase, digits, punctuation

import numpy as np

from scoring.features import PUNCTUATION as SURROUNDING
from scoring.features import bone, is_latin

# Bits of a kind. A plain character of ASCII never stands for another; of those that may stand for letters, a loose one
# does not where no letter follows, a sign not where there is no letter at all (`leet.py`).
PUNCTUATION, LETTER, FOREIGN, PLAIN, LOOSE, SIGN = 1, 2, 4, 8, 16, 32
ASCII = 128

_SIGNS, _LOOSE = frozenset(digits + "@$|+"), "!"
_PLAIN = frozenset(ascii_lowercase + punctuation) - _SIGNS
_LAST_BLANK = 0x3000


def kind_of(character: str) -> int:
    """Return the kind of a character."""
    kind = PUNCTUATION if character in SURROUNDING else 0
    if character.isalpha():
        kind |= LETTER | (0 if is_latin(character) else FOREIGN)
    if character in _SIGNS:
        kind |= SIGN
    elif character in _PLAIN:
        kind |= PLAIN | (LOOSE if character == _LOOSE else 0)
    return kind


# The last entry of the blanks is for all characters beyond.
BLANKS = np.array([chr(code).isspace() for code in range(_LAST_BLANK + 1)] + [False])
ASCII_BONES = np.array([bone(chr(code)) for code in range(ASCII)], dtype=np.uint64)
ASCII_KINDS = np.array([kind_of(chr(code)) for code in range(ASCII)], dtype=np.uint8)
