"""The phrases of the sample corpus that a model is trained on, in the mild wording of a school safety
leaflet.

`[a|b]` is a choice, `{slot}` a word of that kind. Nothing here is sexual and nothing is taken from a real
conversation. There are no phrases for sexualisation, desensitisation, pictures, threats, extortion or
self-harm: such heads are trained only from what an operator brings.
"""
# ruff: noqa: E501 - a list of words reads best filled up

from dataclasses import dataclass

from scoring import sample_everyday, sample_talk
from scoring.sample_scenario import Scenario
from scoring.sample_scenes_business import BUSINESS
from scoring.sample_scenes_family import FAMILY
from scoring.sample_scenes_further import FURTHER
from scoring.sample_scenes_grown_ups import GROWN_UPS
from scoring.sample_scenes_peers import PEERS
from scoring.sample_signals import SIGNALS


@dataclass(frozen=True)
class Grammar:
    """Everything that one split of the corpus may say."""

    slots: dict[str, tuple[str, ...]]
    leads: tuple[str, ...]
    tails: tuple[str, ...]
    signals: dict[str, tuple[str, ...]]
    replies: tuple[str, ...]
    reluctant: tuple[str, ...]
    greetings: tuple[tuple[str, ...], ...]
    partings: tuple[tuple[str, ...], ...]
    small_talk: tuple[tuple[str, ...], ...]
    scenarios: tuple[Scenario, ...]
    everyday: tuple[str, ...]


SLOTS: dict[str, tuple[str, ...]] = {
    "game": (
        "Starfarm", "Block Valley", "Kart Planet", "Dungeon Cats", "Rocket Ball", "Puzzle Harbour", "Sky Miners", "Harbour Heroes",
        "Dragon Diner", "Pixel Garden", "the card game", "the football game", "chess",
    ),
    "app": (
        "Bluebird", "Pingo", "Chatterbox", "Lanternchat", "Quickline", "Fernpost", "the video app", "the blue app", "a messenger",
        "that new messenger", "my other account",
    ),
    "sport": ("football", "swimming", "handball", "judo", "climbing", "basketball", "running", "skating", "dancing", "riding"),
    "food": ("pizza", "noodles", "pancakes", "soup", "tacos", "rice pudding", "toast", "salad", "chips", "waffles", "stew"),
    "pet": ("dog", "cat", "rabbit", "hamster", "parrot", "tortoise", "guinea pig", "fish"),
    "subject": ("maths", "history", "biology", "art", "geography", "music", "chemistry", "French", "physics"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "hour": ("three", "four", "five", "half past five", "six", "seven", "eight", "quarter to nine", "nine"),
    "film": ("the penguin film", "the space film", "that cartoon", "the new detective series", "the old pirate film", "the news"),
    "gift": (
        "a gift card", "some coins for the game", "new headphones", "a present", "a better controller", "a game pass", "a new phone",
        "some money", "a voucher", "new shoes", "concert tickets", "a tablet", "credit for your phone", "something nice", "a necklace",
    ),
    "instrument": ("guitar", "piano", "drums", "violin", "trumpet", "flute"),
    "place": (
        "the park", "the station", "the shopping centre", "the lake", "the cinema", "the pool", "the bus stop", "the old mill",
        "the skate park", "the corner shop", "the church",
    ),
    "age": ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    "adult": ("your mum", "your dad", "your parents", "your gran", "your teacher", "your big sister", "a grown up", "your brother"),
}  # fmt: skip

TRAIN = Grammar(
    SLOTS | sample_everyday.TRAIN_WORDS,
    sample_talk.LEADS,
    sample_talk.TAILS,
    SIGNALS,
    sample_talk.REPLIES,
    sample_talk.RELUCTANT,
    sample_talk.GREETINGS,
    sample_talk.PARTINGS,
    sample_talk.SMALL_TALK,
    (*FAMILY, *GROWN_UPS, *PEERS, *BUSINESS, *FURTHER),
    sample_everyday.TRAIN,
)
