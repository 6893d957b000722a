"""Case references, as NW-2031-5: licensee, number, and a check digit, so that a mistyped one is noticed."""

import re

_FORM = re.compile(r"[A-Z]{2,6}-([0-9]{1,10})-([0-9])")


def reference_of(*, code: str, number: int) -> str:
    return f"{code}-{number}-{check_digit(str(number))}"


def is_well_formed(reference: str) -> bool:
    """False where a digit is wrong or two neighbours are swapped; says nothing about whether the case exists."""
    match = _FORM.fullmatch(reference)
    return match is not None and check_digit(match[1]) == match[2]


def check_digit(digits: str) -> str:
    """ISO/IEC 7064:2003, MOD 11,10: finds every single wrong digit and nearly every swap of neighbours."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
