"""What a person goes through where a recipient has a portal and no public API: data, kept in one place.

The United Kingdom's portal (SI 2026/268): register first, send only through the portal, choose one of three
priorities, keep the reference for five years. Facts for the reader, not legal advice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    key: str
    words: str
    detail: str


PRIORITIES = (
    (
        1,
        "Priority 1: an immediate threat to a child's life, or immediate risk of serious harm. Send at once.",
    ),
    (2, "Priority 2: as soon as reasonably practicable."),
    (3, "Priority 3: without undue delay."),
)
PORTAL = (
    Item(
        "registered",
        "The organisation is registered at the portal",
        "With an administrator and a replacement.",
    ),
    Item(
        "not-twice",
        "It was not reported to another agency that this country counts",
        "A report to NCMEC covers it: do not report the same conversation twice.",
    ),
    Item("danger", "Nobody is in danger right now", "Out of hours with an imminent risk: call 999 first."),
    Item(
        "reporter",
        "Name, e-mail and telephone of the reporting person",
        "Take the role mailbox of the licensee rather than a person's own.",
    ),
    Item(
        "content", "The content, and how it was detected", "Attach the packet; its PDF says how it was found."
    ),
    Item(
        "accounts",
        "The accounts, as far as the platform gave them",
        "The packet names both with their own ids.",
    ),
    Item("times", "Times with their zone, and earlier references", "All times in the packet are UTC."),
    Item(
        "declaration",
        "The declaration at the end of the portal's form",
        "It is yours to make, not the machine's.",
    ),
)
KEYS = frozenset(item.key for item in PORTAL)
