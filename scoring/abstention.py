"""Says when there is too little, or the wrong language, to judge: a low score there would read as safe."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

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
OTHER_SCRIPTS = frozenset(
    (
        "am", "ar", "be", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk", "km", "kn", "ko", "ky",
        "lo", "mk", "ml", "mn", "mr", "my", "ne", "pa", "ps", "ru", "si", "sr", "ta", "te", "tg", "th", "uk", "ur",
        "yi", "zh",
    )
)  # fmt: skip

_WORD = re.compile(r"[^\W\d_]+")


def reason_to_abstain(texts: Sequence[str], languages: Iterable[str] = ("en",)) -> str | None:
    """Return `too_short`, `unsupported_language` or None for the normalised texts of one conversation.

    Too short: under 12 words, or under 3 messages with words that have under 40 words together (a single long
    segment is judged). Language: over 30 % of the letters, of the first 20,000, are not Latin after look-alikes
    are undone, and `languages`, those that the model was evaluated on, are all written in Latin letters.
    """
    words = [found for text in texts if (found := _WORD.findall(text))]
    count = sum(map(len, words))
    if count < FEWEST_WORDS or (len(words) < FEWEST_MESSAGES and count < WORDS_OF_A_SEGMENT):
        return TOO_SHORT
    letters = "".join(word for found in words for word in found)[:LETTERS_READ]
    is_foreign = _foreign_share(letters) > LARGEST_FOREIGN_SHARE and not _any_other_script(languages)
    return UNSUPPORTED_LANGUAGE if is_foreign else None


def _any_other_script(languages: Iterable[str]) -> bool:
    return any(language.split("-")[0].lower() in OTHER_SCRIPTS for language in languages)


def _foreign_share(letters: str) -> float:
    if letters.isascii():
        return 0.0
    foreign = sum(
        not letter.isascii() and not unicodedata.name(letter, "").startswith("LATIN") for letter in letters
    )
    return foreign / len(letters)
