"""The behaviours that Artemis rates, as data: key, plain label, clinical sentence, source, and how each is
found.

A characteristic describes what a text does, never who wrote it. They are not stages and have no order in time
(Aitken 2018); `order` is only the order in which a page lists them.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["read", "computed"]

OCONNELL = "O'Connell 2003"
OLSON = "Olson et al. 2007"
CANO = "Cano et al. 2014"
GUNAWAN = "Gunawan 2016"
LORENZO_DUS = "Lorenzo-Dus et al. 2016"
WINTERS = "Winters et al. 2020"
WHITTLE = "Whittle et al. 2013"
RAZI = "Razi et al. 2023"
EXTORTION = "Thorn and NCMEC 2024"


@dataclass(frozen=True)
class Characteristic:
    """One rated behaviour: `read` from the words of a message, or `computed` from who wrote when."""

    key: str
    label: str
    description: str
    source: str
    kind: Kind
    order: int


_ROWS: tuple[tuple[str, str, str, str], ...] = (
    (
        "contact_initiation",
        "First contact",
        "Opens a conversation with a stranger and gives a reason for writing.",
        OCONNELL,
    ),
    (
        "age_probe",
        "Asks about age",
        "Asks how old the other person is, or for a school year or birthday that shows it.",
        GUNAWAN,
    ),
    (
        "identity_deception",
        "Doubtful self-description",
        "Describes itself in a way that invites trust and avoids being checked, such as being of like age.",
        WINTERS,
    ),
    (
        "personal_info_probe",
        "Asks for personal details",
        "Asks for a name, a school, an address, a number or a daily route.",
        OCONNELL,
    ),
    (
        "supervision_probe",
        "Asks who is watching",
        "Asks whether adults are at home or can see the conversation.",
        OLSON,
    ),
    (
        "flattery_affection",
        "Flattery and affection",
        "Praises the other person or declares closeness beyond what the acquaintance explains.",
        LORENZO_DUS,
    ),
    (
        "shared_interest_mirroring",
        "Mirrors interests",
        "Claims the same likes and habits as soon as the other person names them.",
        LORENZO_DUS,
    ),
    (
        "emotional_support_dependency",
        "Offers to be the one who listens",
        "Offers support in a way that makes the writer the main person to turn to.",
        WHITTLE,
    ),
    (
        "exclusivity",
        "Just the two of us",
        "Presents the relationship as unlike any other and closed to others.",
        LORENZO_DUS,
    ),
    (
        "secrecy_request",
        "Asks for secrecy",
        "Asks that the conversation or part of it be kept from others or deleted.",
        OLSON,
    ),
    (
        "isolation",
        "Sets apart from others",
        "Lowers the standing of family or friends, or advises against asking them.",
        LORENZO_DUS,
    ),
    (
        "gifts_incentives",
        "Offers gifts",
        "Offers money, credit, presents or advantages without an ordinary reason.",
        WHITTLE,
    ),
    (
        "platform_migration",
        "Moves elsewhere",
        "Asks to continue on another application, by telephone or in another private place.",
        WINTERS,
    ),
    (
        "media_request",
        "Asks for pictures",
        "Asks for photographs, video or a camera.",
        GUNAWAN,
    ),
    (
        "sexualisation",
        "Sexual content",
        "Brings a sexual subject into the conversation.",
        CANO,
    ),
    (
        "desensitisation_normalisation",
        "Presents as normal",
        "Presents sexual matters as ordinary or as something to be learnt.",
        OLSON,
    ),
    (
        "compliance_testing",
        "Tests compliance",
        "Asks for a small favour or promise to see whether it is given.",
        LORENZO_DUS,
    ),
    (
        "persistence_after_refusal",
        "Goes on after a no",
        "Repeats or presses a request after the other person declined it.",
        WINTERS,
    ),
    (
        "coercion_threat",
        "Pressure or threat",
        "Announces a harm or a loss unless a request is met.",
        WHITTLE,
    ),
    (
        "meeting_arrangement",
        "Proposes to meet",
        "Proposes or plans to meet in person, often apart from others.",
        CANO,
    ),
    (
        "damage_limitation",
        "Takes it back",
        "Plays a request down, calls it a joke, or asks that it not be held against the writer.",
        OCONNELL,
    ),
    (
        "victim_signals",
        "Discomfort or a call for help",
        "The possible minor shows unease, declines, resists or asks for help.",
        RAZI,
    ),
    (
        "self_harm_risk",
        "Risk of self-harm",
        "A person speaks of harming themselves; raises priority, not probability.",
        RAZI,
    ),
    (
        "dynamics",
        "Course of the conversation",
        "Who writes how much, how fast, when and after what gaps.",
        RAZI,
    ),
    (
        "rapid_reciprocity",
        "Quick exchange offered",
        "Offers something of its own at once and asks for the like in return.",
        EXTORTION,
    ),
    (
        "contact_list_threat",
        "Threat to tell contacts",
        "Announces that friends, family or followers will be told or shown something.",
        EXTORTION,
    ),
    (
        "countdown_pressure",
        "Countdown",
        "Sets a short deadline and counts it down.",
        EXTORTION,
    ),
    (
        "payment_channel_mention",
        "Names a way to pay",
        "Names a payment service, voucher or account to which money should go.",
        EXTORTION,
    ),
    (
        "repeat_demand",
        "Demands again",
        "Makes a further demand after an earlier one was met.",
        EXTORTION,
    ),
)

COMPUTED = frozenset({"dynamics"})

CHARACTERISTICS: tuple[Characteristic, ...] = tuple(
    Characteristic(
        key,
        label,
        description,
        source,
        "computed" if key in COMPUTED else "read",
        order,
    )
    for order, (key, label, description, source) in enumerate(_ROWS, start=1)
)

BY_KEY: dict[str, Characteristic] = {characteristic.key: characteristic for characteristic in CHARACTERISTICS}

READ_KEYS: tuple[str, ...] = tuple(c.key for c in CHARACTERISTICS if c.kind == "read")

LEVELS: tuple[tuple[float, str], ...] = (
    (0.8, "strong"),
    (0.5, "clear"),
    (0.2, "some"),
    (0.0, "little or none"),
)


def level(rating: float) -> str:
    """Put a rating from 0 to 1 into words."""
    return next(word for floor, word in LEVELS if rating >= floor)
