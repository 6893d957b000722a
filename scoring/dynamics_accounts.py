"""Who writes, asks and opens how much: counts by account, each account known by a short digest only.

Up to 32 accounts are kept exactly. Where more wrote, accounts that share the first five bits of their digests are
counted as one, so the counts stay exact sums whatever the order in which runs are merged, and a share of one
account is then at most too high: by about 1/32, and by what chance adds.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import NamedTuple

KEY_BITS, CROWD_BITS = 63, 5
MOST_ACCOUNTS = 2**CROWD_BITS
# So many senders are not hashed again.
SENDERS_KEPT = 4_096
# A share of fewer things than this says nothing and is None; sittings are rare, so three of them are enough.
FEWEST, FEWEST_OPENINGS = 5, 3


class AccountCounts(NamedTuple):
    """What one account did: its messages, words, messages that ask, and sittings opened after a long pause."""

    messages: int
    words: int
    questions: int
    openings: int

    def plus(self, other: "AccountCounts") -> "AccountCounts":
        """Return the sum of both."""
        messages, words, questions, openings = other
        return AccountCounts(
            self.messages + messages, self.words + words, self.questions + questions, self.openings + openings
        )


_NOTHING = AccountCounts(0, 0, 0, 0)
_OPENED = AccountCounts(0, 0, 0, 1)
_NO_ROWS: Mapping[int, AccountCounts] = MappingProxyType({})


@lru_cache(maxsize=SENDERS_KEPT)
def account_key(sender: str) -> int:
    """Return the first 63 bits of a sender's BLAKE2b digest: the same account, the same number."""
    digest = blake2b(sender.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - KEY_BITS)


def account_keys(senders: Iterable[str]) -> list[int]:
    """Return the key of each sender."""
    return list(map(account_key, senders))


class Accounts(NamedTuple):
    """Counts by account key; `crowded` says that more than 32 accounts wrote and keys are of five bits."""

    rows: Mapping[int, AccountCounts] = _NO_ROWS
    crowded: bool = False

    @classmethod
    def of(
        cls, keys: Sequence[int], words: Sequence[int], asks: Sequence[bool], opens: Sequence[bool]
    ) -> "Accounts":
        """Count a run of messages; all four have one entry a message. Raises ValueError where they do not."""
        rows: dict[int, list[int]] = {key: [0, 0, 0, 0] for key in keys}
        for key, count, asking, opening in zip(keys, words, asks, opens, strict=True):
            row = rows[key]
            row[0] += 1
            row[1] += count
            row[2] += asking
            row[3] += opening
        return _bounded({key: AccountCounts._make(row) for key, row in rows.items()}, crowded=False)

    def merge(self, later: "Accounts", *, opener: int | None) -> "Accounts":
        """Return both together; `opener` is the key of the account that wrote first after a pause between them."""
        rows = dict(self.rows)
        for key, row in later.rows.items():
            known = rows.get(key)
            rows[key] = row if known is None else known.plus(row)
        if opener is not None:
            rows[opener] = rows.get(opener, _NOTHING).plus(_OPENED)
        return _bounded(rows, crowded=self.crowded or later.crowded)

    @property
    def openings(self) -> int:
        """The number of sittings that began after a pause of six hours or more."""
        return sum([row.openings for row in self.rows.values()])

    def message_share(self) -> float | None:
        """Messages of the account with most of them, as a share of all: over 0 to 1, 0.5 where two write alike.

        None under 5 messages, and where only one account is known, since some sources do not tell accounts apart.
        """
        return _highest_share([row.messages for row in self.rows.values()], FEWEST)

    def word_share(self) -> float | None:
        """Words of the account that wrote most of them, as a share of all words: over 0 to 1; None as above."""
        messages = sum([row.messages for row in self.rows.values()])
        words = [row.words for row in self.rows.values()]
        return _highest_share(words, FEWEST) if messages >= FEWEST else None

    def initiation_share(self) -> float | None:
        """Sittings opened by the account that opened most, as a share of all that a pause of six hours or more came
        before: over 0 to 1. None under 3 such sittings, and where only one account is known.
        """
        return _highest_share([row.openings for row in self.rows.values()], FEWEST_OPENINGS)

    def question_ratio(self) -> float | None:
        """Messages that ask, as a share of the messages of the account where it is highest: 0 to 1.

        Only accounts with 5 messages or more count; None where there is none. A message asks where it holds a
        question mark of any script.
        """
        return self.questions()[0]

    def question_difference(self) -> float | None:
        """The most asking account's share of messages that ask, less that of all others together: −1 to 1.

        None where the others wrote fewer than 5 messages.
        """
        ratio, others = self.questions()
        return None if ratio is None or others is None else ratio - others

    def questions(self) -> tuple[float | None, float | None]:
        """Return the share of messages that ask of the most asking account, and of all others together."""
        rows = self.rows.values()
        ratios = [(row.questions / row.messages, row) for row in rows if row.messages >= FEWEST]
        if not ratios:
            return None, None
        # Of equal shares that of the account with more messages is taken, whatever the order of the rows.
        ratio, most = max(ratios, key=lambda each: (each[0], each[1].messages))
        others = sum([row.messages for row in rows]) - most.messages
        asked = sum([row.questions for row in rows]) - most.questions
        return ratio, asked / others if others >= FEWEST else None


def _highest_share(counts: Sequence[int], fewest: int) -> float | None:
    total = sum(counts)
    return max(counts) / total if total >= fewest and len(counts) > 1 else None


def _bounded(rows: dict[int, AccountCounts], *, crowded: bool) -> Accounts:
    if not crowded and len(rows) <= MOST_ACCOUNTS:
        return Accounts(rows)
    together: dict[int, AccountCounts] = {}
    for key, row in rows.items():
        short = key if key < MOST_ACCOUNTS else key >> (KEY_BITS - CROWD_BITS)
        together[short] = together.get(short, _NOTHING).plus(row)
    return Accounts(together, crowded=True)
