"""Finds out in which languages a conversation is written; the model for it is loaded when first asked.

py3langid (naive Bayes over byte n-grams, 138 languages; Lui and Baldwin 2011) sees the normalised text, so that odd
spelling does not look like another language, and where there are accents also the text as it was written. It is asked
piece by piece, so that a conversation in two languages has a share of both; shares are added and not votes counted,
since it is seldom sure of pieces this short.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from scoring.text import normalised_text

UNDETERMINED = "und"
NOT_LANGUAGE = "zxx"
# Tags that name no language: what is so declared may be in any.
ANY_LANGUAGE = frozenset(("", "mis", "mul", UNDETERMINED, NOT_LANGUAGE))

LETTERS_READ = 5_000
# So many characters are looked at for the letters: marks and blanks cannot make the work long.
CHARACTERS_READ = 4 * LETTERS_READ
SHORTEST_PIECE = 60
LONGEST_PART = 120
# A piece whose best guess is under this is of no language that could be told: keyboard noise, romanised Hindi.
LEAST_PROBABILITY = 0.3

# Other subtags for what py3langid names by the second, and kin that it takes for one another in chat.
OTHER_NAMES = {
    "arb": "ar",
    "cmn": "zh",
    "fil": "tl",
    "in": "id",
    "iw": "he",
    "nb": "no",
    "pes": "fa",
    "sh": "hr",
}
KIN = (
    frozenset(("ar", "ary", "arz")),
    frozenset(("bs", "hr", "sr")),
    frozenset(("en", "pcm")),
    frozenset(("nn", "no")),
    frozenset(("wuu", "yue", "zh")),
)

_loading = Lock()


@dataclass(frozen=True, slots=True)
class Language:
    """The language of the largest share of a text: its ISO 639 code and that share, from 0 to 1.

    `shares` holds every language that could have been named, also those without a share, and `und` for what is no
    language or of none that could be told. They add up to 1.
    """

    code: str
    confidence: float
    shares: Mapping[str, float]

    def share_of(self, languages: Iterable[str]) -> float:
        """Return how much may be in these BCP 47 languages: 1 where one is not known or cannot be named."""
        codes = {OTHER_NAMES.get(subtag, subtag) for subtag in map(primary_subtag, languages)}
        if not codes or not codes <= self.shares.keys() - ANY_LANGUAGE:
            return 1.0
        kin = codes.union({UNDETERMINED}, *(family for family in KIN if family & codes))
        return sum(self.shares.get(code, 0.0) for code in kin)


def primary_subtag(tag: str) -> str:
    """Return the first part of a BCP 47 tag in lower case: `pt` for `pt-BR`."""
    return tag.replace("_", "-").split("-")[0].strip().lower()


def identify(texts: Sequence[str]) -> Language:
    """Identify the language of a conversation's messages, as they were written, by the first 5,000 letters.

    Total on any `str`; safe for threads. The first call loads 77 MB in one to two seconds; later ones take about
    ten milliseconds.
    """
    written = list(_beginning(texts))
    views = [list(map(normalised_text, written))]
    if not all(map(str.isascii, written)):
        views.append(written)  # Accents tell languages apart, and normalising takes them away.
    found = [_shares(view) for view in views]
    shares = {code: sum(own[code] for own in found) / len(found) for code in found[0]}
    code = max(shares, key=shares.__getitem__)
    return Language(code, shares[code], shares)


def _shares(texts: Sequence[str]) -> dict[str, float]:
    identifier = _identifier()
    amounts = dict.fromkeys((*identifier.labels, UNDETERMINED), 0.0)
    pieces = list(_pieces(texts)) or [""]
    whole = sum(map(len, pieces)) or 1
    for piece in pieces:
        ranked = identifier.rank(piece)
        told = ranked if ranked[0][1] >= LEAST_PROBABILITY else [(UNDETERMINED, 1.0)]
        for code, probability in told:
            amounts[code] += probability * (len(piece) or 1)
    amounts[UNDETERMINED] += amounts.pop(NOT_LANGUAGE)
    return {code: amount / whole for code, amount in amounts.items()}


def _beginning(texts: Iterable[str]) -> Iterator[str]:
    left = CHARACTERS_READ
    for text in texts:
        if left <= 0:
            return
        yield text[:left]
        left -= len(text) + 1


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """Yield short messages together and long ones in parts: pieces of 60 to 180 characters, the last may be shorter."""
    piece = ""
    for part in _parts(texts):
        piece = f"{piece} {part}" if piece else part
        if len(piece) >= SHORTEST_PIECE:
            yield piece
            piece = ""
    if piece:
        yield piece


def _parts(texts: Iterable[str]) -> Iterator[str]:
    """Yield parts that hold a letter, 5,000 characters together."""
    left = LETTERS_READ
    for text in texts:
        for start in range(0, len(text), LONGEST_PART):
            part = text[start : start + LONGEST_PART][:left]
            if any(map(str.isalpha, part)):
                left -= len(part)
                yield part


@cache
def _loaded() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _identifier() -> LanguageIdentifier:
    with _loading:  # Two threads that come at once load one model, not two.
        return _loaded()
