"""What investigators ask for and a packet does not say: shown to the approver, never a score and never a priority."""

from collections.abc import Iterable

from referrals.packet_content import PacketContent

NOT_STATED = "unknown"


def missing_from(content: PacketContent) -> list[str]:
    """Sentences, most useful first. Pure."""
    return [*_facts(content), *_unread(content), *_never_held()]


def changed_meanwhile(content: PacketContent) -> str:
    """What the platform edited or deleted after the request, in a sentence; empty if nothing."""
    numbers = content.changed_after_request
    if not numbers:
        return ""
    return (
        f"The platform changed {listed(numbers)} after the request was written, so who asked saw the earlier text. "
        "Return it if that matters."
    )


def _facts(content: PacketContent) -> list[str]:
    facts = [
        (content.incident_at is None, "The time of the incident is not stated."),
        (
            content.subject.declared_age_band == NOT_STATED,
            "The platform declares no age for the subject account.",
        ),
        (
            content.possible_minor.declared_age_band == NOT_STATED,
            "The platform declares no age for the possible minor.",
        ),
        (any(message.sent_at is None for message in content.messages), "Some messages carry no time."),
    ]
    return [sentence for is_missing, sentence in facts if is_missing]


def _unread(content: PacketContent) -> list[str]:
    viewed = {viewed.number for viewed in content.viewed}
    unread = [message.number for message in content.messages if message.number not in viewed]
    return [f"Nobody had read this context on the case page: {listed(unread)}."] if unread else []


def _never_held() -> list[str]:
    return [
        "Names, addresses and IP addresses of the accounts are not part of this packet: ask the platform."
    ]


def listed(numbers: Iterable[int]) -> str:
    """“turn 5”, or “turns 2, 4–9”."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"turn {words}" if len(runs) == len(runs[0]) == 1 else f"turns {words}"
