"""Says when there is too little, or the wrong language, to judge: a low score there would read as safe.

The question is asked of counts, which add up over messages, so that it costs nothing while a conversation grows. Only
where the model knows few of the words does anybody look at the language itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf.locale import LANG_INFO

from scoring.language import ANY_LANGUAGE, Language, primary_subtag

TOO_SHORT = "too_short"
UNSUPPORTED_LANGUAGE = "unsupported_language"

REASONS = {
    TOO_SHORT: "There is too little text to judge.",
    UNSUPPORTED_LANGUAGE: "The text is mostly in a language or a script that this model was not evaluated on.",
}

FEWEST_MESSAGES = 3
FEWEST_WORDS = 12
WORDS_OF_A_SEGMENT = 40
LARGEST_FOREIGN_SHARE = 0.3
# Measured with vocabularies of 1,900 to 20,000 words: other languages had under .6 known, English chat of another kind
# than the vocabulary's mostly more than .7; what lies under is decided by the language itself.
LARGE_KNOWN_SHARE = 0.7
# The oddest of 1,000 misspelt pieces of English still had a share of .24 in English; 35 other languages had .01.
LEAST_SHARE = 0.1
OTHER_SCRIPTS = frozenset(
    (
        "am", "ar", "be", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk", "km", "kn", "ko", "ky",
        "lo", "mk", "ml", "mn", "mr", "my", "ne", "pa", "ps", "ru", "si", "sr", "ta", "te", "tg", "th", "uk", "ur",
        "yi", "zh",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Amount:
    """How much text some messages of a conversation hold, after normalising; amounts of parts add up to the whole's.

    A word is one with a letter; `known_words` were seen in training; `foreign_letters` are not Latin.
    """

    messages_with_words: int = 0
    words: int = 0
    known_words: int = 0
    letters: int = 0
    foreign_letters: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.messages_with_words + other.messages_with_words,
            self.words + other.words,
            self.known_words + other.known_words,
            self.letters + other.letters,
            self.foreign_letters + other.foreign_letters,
        )


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why a conversation is not judged: the key of a reason and, where it was found out, the code of the language."""

    key: str
    language: str | None = None

    @property
    def sentence(self) -> str:
        """The reason in words, for a person."""
        if self.language is None:
            return REASONS[self.key]
        return f"The text is mostly in {_name(self.language)}, which this model was not evaluated on."


def reason(
    amount: Amount, *, languages: Iterable[str], identify: Callable[[], Language] | None = None
) -> Abstention | None:
    """Return why the technique must not judge a conversation, or None where it may.

    `languages` are BCP 47 tags of those that the model was evaluated on; one that is not known (`und`) may be any.
    Too short: under 12 words, or under 3 messages with words that have under 40 words together (a single long segment
    is judged). Unsupported: over 30 % of the letters are not Latin and all of `languages` are written in Latin letters;
    or under 70 % of the words are known and `identify`, which is asked only then, finds under 10 % that may be in
    `languages` and at least 10 % in another one.
    """
    if _is_short(amount):
        return Abstention(TOO_SHORT)
    languages = tuple(languages)
    if amount.foreign_letters > LARGEST_FOREIGN_SHARE * amount.letters and _are_latin(languages):
        return Abstention(UNSUPPORTED_LANGUAGE)
    if identify is None or amount.known_words >= LARGE_KNOWN_SHARE * amount.words:
        return None
    language = identify()
    if language.share_of(languages) >= LEAST_SHARE or language.confidence < LEAST_SHARE:
        return None
    return Abstention(UNSUPPORTED_LANGUAGE, language.code)


def _is_short(amount: Amount) -> bool:
    return amount.words < FEWEST_WORDS or (
        amount.messages_with_words < FEWEST_MESSAGES and amount.words < WORDS_OF_A_SEGMENT
    )


def _are_latin(languages: Iterable[str]) -> bool:
    subtags = set(map(primary_subtag, languages))
    return subtags.isdisjoint(OTHER_SCRIPTS) and subtags.isdisjoint(ANY_LANGUAGE)


def _name(code: str) -> str:
    """Return the English name of a language, or its code where Django has no name."""
    return str(LANG_INFO.get(code, {}).get("name", f"the language with the code {code}"))
