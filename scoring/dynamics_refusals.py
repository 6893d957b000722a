"""Whether someone asks on after another account's no; English only, and facts about messages, never their text.

A *refusal* is a message of at most eight words that says no, stop, rather not or does not want, in one of few
plain ways, and holds no question mark. It is no score of a person or a pair (docs/adr/0007), and a no also answers
ordinary questions: what is counted is only how often a request follows. A *request* holds a question mark, or begins
like an English question or with please. A refusal is *pressed* where another account's next or second next message,
among the eight messages after the refusal, is a request.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import normalize

from scoring.dynamics_accounts import FEWEST
from scoring.text import token_words

# How many messages after a refusal are looked at, and how many of each account among them.
REACH, NEXT_MESSAGES = 8, 2
LONGEST_REFUSAL, MOST_WORDS = 64, 8
# Of a longer message only so much is split into words for its beginning; its question marks are all looked at.
BEGINNING = 200
LONGEST_TOKEN = 24

# Whoever refuses does not hide it: width, case and stretched letters are all that is smoothed.
_REFUSAL = re.compile(
    r"(?:(?:but|well|sorry|um+|uh+|oh+|please)\W+)?"
    r"(?:(?:n+o+|no+pe+|na+h+)(?:\W*$|[.,;:!…]|\W+(?:no|nope|thanks|thank|thx|sorry|please|stop|i|im|not|never)\b)"
    r"|sto+p+(?:\W*$|[.,;:!…]|\W+(?:it|that|this|asking|please|now)\b))"
    r"|.*\b(?:rather not|do not want|don\W?t wan(?:t|na)|no thanks|no thank you|please stop(?! by))\b"
)
# A mark in any script, but not one that begins the query of a web address.
_MARK = re.compile(r"\?(?!\w{1,40}=)|[\u037e؟՞፧⁇⁈⁉‽？﹖❓❔]")
_STRETCHED = re.compile(r"(.)\1{2,}")
# How English questions and requests begin: interrogatives, auxiliary verbs, please.
_PLEASE = frozenset(("please", "pls", "plz"))
_INTERROGATIVES = frozenset(("what", "whats", "why", "how", "when", "where", "who", "which"))
_MODALS = frozenset(("can", "could", "would", "will", "may", "shall", "should"))
_AUXILIARIES = frozenset(("do", "does", "did", "is", "are", "have", "has"))
_ASKING = _PLEASE | _INTERROGATIVES | _MODALS | _AUXILIARIES | {"lets"}
_LEADING = frozenset(("but", "and", "so", "ok", "okay", "well", "then", "oh"))


def is_question(text: str) -> bool:
    """Whether a text holds a question mark, of any script."""
    return ("?" in text or not text.isascii()) and _MARK.search(text) is not None


def is_refusal(text: str) -> bool:
    """Whether a short English text says no; the caller leaves out those that hold a question mark."""
    if len(text) > LONGEST_REFUSAL:
        return False
    words = normalize("NFKC", text).casefold()
    return _may_refuse(words) and _says_no(words.split())


def _may_refuse(words: str) -> bool:
    """What no refusal lacks; most messages are told by it alone."""
    return "no" in words or "na" in words or "sto" in words or "wan" in words


def _says_no(words: list[str]) -> bool:
    return len(words) <= MOST_WORDS and _REFUSAL.match(" ".join(words)) is not None


def is_request(text: str) -> bool:
    """Whether a text without a question mark asks, by the way an English sentence begins or ends."""
    tokens = text[:BEGINNING].split()
    if not tokens:
        return False
    opening = _plain(tokens[0])
    if opening in _LEADING and len(tokens) > 1:
        opening = _plain(tokens[1])
    return opening in _ASKING or _plain(tokens[-1]) in _PLEASE


def _plain(token: str) -> str:
    """Return a token's letters; who asks may hide it, so odd spellings are normalised."""
    if token.isascii() and token.isalpha():
        letters = token.lower()
        # Three alike take two more letters than there are different ones, which most words do not have.
        return letters if len(letters) - len(set(letters)) < 2 else _STRETCHED.sub(r"\1", letters)
    return "".join(
        letter for word in token_words(token[:LONGEST_TOKEN]) for letter in word if letter.isalpha()
    )


class Fact(NamedTuple):
    """What is kept of a message near the ends of a run: the key of its account, and whether it refuses or asks."""

    account: int
    refuses: bool
    asks: bool


class Refusals(NamedTuple):
    """Refusals that eight messages follow, how many of them were pressed, and the facts at both ends of the run."""

    decided: int = 0
    pressed: int = 0
    head: tuple[Fact, ...] = ()
    tail: tuple[Fact, ...] = ()

    @classmethod
    def of(cls, keys: Sequence[int], texts: Sequence[str], questions: Sequence[bool]) -> "Refusals":
        """Sum up a run of messages: each one's account, text, and whether it holds a question mark."""
        refuses = [not asks and is_refusal(text) for text, asks in zip(texts, questions, strict=True)]
        if len(texts) <= REACH:
            ends = tuple(map(fact_of, keys, texts, questions, refuses))
            return cls(0, 0, ends, ends)
        left = len(texts) - REACH
        decided = [place for place in range(left) if refuses[place]]
        # Only messages at the ends and after a refusal are looked at for requests.
        near = {place + step for place in decided for step in range(REACH + 1)}
        near.update(range(REACH), range(left, len(texts)))
        facts = {p: fact_of(keys[p], texts[p], questions[p], refuses[p]) for p in near}
        pressed = [is_pressed([facts[place + step] for step in range(REACH + 1)]) for place in decided]
        head = tuple([facts[place] for place in range(REACH)])
        tail = tuple([facts[place] for place in range(left, len(texts))])
        return cls(len(decided), sum(pressed), head, tail)

    def merge(self, later: "Refusals") -> "Refusals":
        """Return both together: refusals at the end of this run are decided by the first messages of the later."""
        joined = self.tail + later.head
        left = max(0, len(joined) - REACH)
        decided = [joined[place:] for place in range(left) if joined[place].refuses]
        return Refusals(
            self.decided + later.decided + len(decided),
            self.pressed + later.pressed + sum(map(is_pressed, decided)),
            self.head if len(self.head) == REACH else joined[:REACH],
            later.tail if len(later.tail) == REACH else joined[left:],
        )

    def counted(self) -> tuple[int, int]:
        """Return the numbers of refusals and of pressed ones, those not yet followed by eight messages included."""
        ends = [self.tail[place:] for place, fact in enumerate(self.tail) if fact.refuses]
        return self.decided + len(ends), self.pressed + sum(map(is_pressed, ends))

    def persistence(self) -> float | None:
        """Pressed refusals over all refusals and one more: 0 (none, or no refusal) to under 1; ½ for one of one.

        The one more keeps a single no from weighing like many. None under 5 messages.
        """
        refusals, pressed = self.counted()
        return pressed / (refusals + 1) if len(self.head) >= FEWEST else None


def fact_of(key: int, text: str, holds_mark: bool, refuses: bool) -> Fact:
    """Return what is kept of a message of an account."""
    return Fact(key, refuses, holds_mark or (not refuses and is_request(text)))


def is_pressed(facts: Sequence[Fact]) -> bool:
    """Whether the refusal that is the first of these facts is followed by another account's request in time."""
    refusing = facts[0].account
    accounts = [fact.account for fact in facts[: REACH + 1]]
    return any(
        fact.asks and fact.account != refusing and accounts[:place].count(fact.account) < NEXT_MESSAGES
        for place, fact in enumerate(facts[: REACH + 1])
    )
