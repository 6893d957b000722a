"""The taxonomy is complete, in plain words, and says what a text does rather than who somebody is."""

import re

from scoring.characteristics import BY_KEY, CHARACTERISTICS, READ_KEYS, level

KEYS = """
    contact_initiation age_probe identity_deception personal_info_probe supervision_probe flattery_affection
    shared_interest_mirroring emotional_support_dependency exclusivity secrecy_request isolation
    gifts_incentives platform_migration media_request sexualisation desensitisation_normalisation compliance_testing
    persistence_after_refusal coercion_threat meeting_arrangement damage_limitation victim_signals
    self_harm_risk dynamics rapid_reciprocity contact_list_threat countdown_pressure
    payment_channel_mention repeat_demand
""".split()  # noqa: SIM905 - a list to read


def test_the_taxonomy_is_that_of_the_design():
    assert [characteristic.key for characteristic in CHARACTERISTICS] == KEYS
    assert [characteristic.order for characteristic in CHARACTERISTICS] == list(range(1, 30))
    assert set(KEYS) - set(READ_KEYS) == {"dynamics"}
    assert BY_KEY["dynamics"].kind == "computed"


def test_labels_and_descriptions_judge_nobody():
    for characteristic in CHARACTERISTICS:
        words = f"{characteristic.label} {characteristic.description}"
        assert not re.search(r"predator|offender|victim|groom|abuser|perpetrator", words, re.IGNORECASE)
        assert characteristic.description.endswith(".")
        assert characteristic.source


def test_levels_put_ratings_into_words():
    assert [level(rating) for rating in (0, 0.19, 0.2, 0.5, 0.79, 0.8, 1)] == [
        "little or none", "little or none", "some", "clear", "clear", "strong", "strong",
    ]  # fmt: skip
