"""Reads digits and signs that stand for letters in a word, and leaves those that are numbers, units and punctuation.

A word is a run of letters and signs. It stays as it is where its signs make sense as they are: `5mins`, `2nd`, `ps5`,
`user1042`, `w8ing`, `some1`, `@name`, `wow!that`. Else every sign is read as its letter, and `1` and `|` as the i or l
that stands more often between such neighbours in English. A run is replaced by as many characters.
"""

import re

LETTERS = {
    "0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e", "+": "t",
    "!": "i",
}  # fmt: skip
# No word is longer; so the work on a run is bounded.
LONGEST = 64
_VOWELS = frozenset("aeiouy034@€!")
_WEAK = frozenset("!+@")
_UNITS = (
    "am|bed|bit|cent|cm|coin|d|day|deg|door|ever|eva|feet|fold|foot|ft|g|gb|gig|gram|h|hour|hr|in|inch|ish|k|kg|km|lb|"
    "life|m|man|max|mb|mil|million|min|minute|month|nd|p|pack|people|percent|person|piece|player|pm|point|pound|rd|real|"
    "row|s|sec|second|shot|some|star|st|sure|th|time|ton|u|way|week|wk|x|year|you|yr|zip"
)

# Each run is looked at once: it begins where none can have begun before, and nothing is given back.
RUN = re.compile(r"(?<![a-z0-9@$€|+!])[a-z]*+[0-9@$€|+!][a-z0-9@$€|+!]*+")
_NATURAL = re.compile(
    rf"""
      [0-9]+ (?: (?:{_UNITS})s? | [a-z]{{1,2}} )            # a number with its unit
    | [$€+]? [0-9]+ [a-z]?                                  # money
    | [a-z]{{1,2}} [0-9]+                                   # a short name with its number
    | [a-z]+ [0-9]{{3,}}                                    # an account
    | @ [a-z]+ [0-9]*                                       # a mention
    | [a-z] \++                                             # c++
    | (?:any|every|no|some) 1 s?
    | [bcdfghjklmnpqrstvwxz]* 8 (?:d|e[drs]*|in|ing|r|rs|s)?  # said as `eight`
    | [24] [a-z]+ | [a-z] [24] [a-z]                        # said as `to` and `for`
    """,
    re.VERBOSE,
)


def as_letters(found: re.Match[str]) -> str:
    """Replace the signs of a run, unless they make sense as they are."""
    run = found[0]
    word = run.strip("!")
    if len(word) > LONGEST or word.isalpha() or not any(map(str.isalpha, word)) or _makes_sense(word):
        return run
    start = run.index(word)
    return run[:start] + _read(word) + run[start + len(word) :]


def _makes_sense(word: str) -> bool:
    return bool(_NATURAL.fullmatch(word)) or _joins_words(word)


def _joins_words(word: str) -> bool:
    """Whether one `!`, `+` or `@` stands between two parts that could be words by themselves."""
    signs = [letter for letter in word if not letter.isalpha()]
    if len(signs) != 1 or signs[0] not in _WEAK:
        return False
    first, second = word.split(signs[0])
    if signs[0] == "+" and min(len(first), len(second)) < 3:
        return False
    return not _VOWELS.isdisjoint(first) and not _VOWELS.isdisjoint(second)


def _read(word: str) -> str:
    letters = ""
    for place, sign in enumerate(word):
        before, after = letters[-1:], word[place + 1 : place + 2]
        if sign in "1|":
            letters += before if place and word[place - 1] == sign else _i_or_l(before, after)
        elif sign == "2":
            letters += "z" if before in _VOWELS and after in _VOWELS else sign
        else:
            letters += LETTERS.get(sign, sign)
    return letters


def _i_or_l(before: str, after: str) -> str:
    if not after:
        return "l"
    if before in _VOWELS and after not in _VOWELS:
        return "i" if after in "nrsv" or before + after == "at" else "l"
    if before and after in _VOWELS and before not in _VOWELS:
        return "i" if before in "hmnrv" or before + after in {"to", "so", "t0", "s0"} else "l"
    return "l" if after in _VOWELS else "i"
