"""Says when there is too little, or the wrong language, to judge: a low score there would read as safe."""

import re
import unicodedata
from collections.abc import Sequence

TOO_SHORT = "too_short"
UNSUPPORTED_LANGUAGE = "unsupported_language"

REASONS = {
    TOO_SHORT: "There is too little text to judge.",
    UNSUPPORTED_LANGUAGE: "The text is mostly in a script that this model was not evaluated on.",
}

FEWEST_MESSAGES = 3
FEWEST_WORDS = 12
WORDS_OF_A_SEGMENT = 40
LARGEST_FOREIGN_SHARE = 0.3
LETTERS_READ = 20_000

_WORD = re.compile(r"[^\W\d_]+")


def reason_to_abstain(texts: Sequence[str]) -> str | None:
    """Return `too_short`, `unsupported_language` or None for the normalised texts of one conversation.

    Too short: under 12 words, or under 3 messages with words that have under 40 words together (a single long
    segment is judged). Language: over 30 % of the letters, of the first 20,000, are not Latin after
    look-alikes are undone.
    """
    words = [found for text in texts if (found := _WORD.findall(text))]
    count = sum(map(len, words))
    if count < FEWEST_WORDS or (len(words) < FEWEST_MESSAGES and count < WORDS_OF_A_SEGMENT):
        return TOO_SHORT
    letters = "".join(word for found in words for word in found)[:LETTERS_READ]
    return UNSUPPORTED_LANGUAGE if _foreign_share(letters) > LARGEST_FOREIGN_SHARE else None


def _foreign_share(letters: str) -> float:
    if letters.isascii():
        return 0.0
    foreign = sum(
        not letter.isascii() and not unicodedata.name(letter, "").startswith("LATIN") for letter in letters
    )
    return foreign / len(letters)
