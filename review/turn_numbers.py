"""Numbers of turns, as they come from outside."""


def whole(text: str) -> int | None:
    """A number that a turn may have; None where it is none, so that an altered one counts as not said."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
