"""A third wording of the same things, in idioms that share few words with the phrases for training: how far a model
trained on the sample corpus goes, which is not far.

Written after the phrases for training and never used to change them. The rules are those of `sample_grammar`.
"""

from dataclasses import replace

from scoring.sample_grammar_held_out import HELD_OUT
from scoring.sample_scenario import MINOR, OTHER, Scenario

SIGNALS: dict[str, tuple[str, ...]] = {
    "contact_initiation": (
        "Spotted you [on the ranking|under the last stream], figured I'd reach out.",
        "Mind a message from someone you have never spoken to?",
        "Your [clip|sketch] popped up in my feed and now I am curious who made it.",
        "Someone in the {game} crew mentioned you, so here I am.",
    ),
    "age_probe": (
        "Roughly what age group are you, [thirteen to fifteen|under sixteen]?",
        "Middle school or high school?",
        "Bet you cannot even vote for [three|four] more years, can you?",
        "Would they let you into a film for sixteen year olds?",
    ),
    "identity_deception": (
        "Everyone takes me for twenty, yet I only just turned seventeen.",
        "No webcam here, you will have to take my word that I am a pupil.",
        "Picture me as the guy one class above you.",
    ),
    "personal_info_probe": (
        "Mind sharing which district you are from?",
        "Got a surname to go with that nickname?",
        "On which stop do you get off in the mornings?",
        "What do the buildings around your home look like?",
    ),
    "supervision_probe": (
        "Any grown ups around at this hour?",
        "Is your mother the type who looks through your phone?",
        "Could somebody walk in on you while we chat?",
        "When is the house empty on weekdays?",
    ),
    "flattery_affection": (
        "Honestly, nobody your age thinks as deeply as you.",
        "My whole mood lifts once your name lights up.",
        "I adore the way you put things, you are one of a kind.",
    ),
    "shared_interest_mirroring": (
        "Get out, {sport} has been my thing since forever too.",
        "Same taste again, it is uncanny how we match.",
    ),
    "emotional_support_dependency": (
        "Bring your worries to me, I will carry them.",
        "When home gets hard, I am the person to message.",
        "Nobody has your back the way I have.",
    ),
    "exclusivity": (
        "With us it is another league, outsiders would not get it.",
        "I reserve my evenings for you alone.",
        "Let me be the one that matters most to you.",
    ),
    "secrecy_request": (
        "Wipe this conversation once you are done reading.",
        "Your folks had better not hear of me.",
        "Mum's the word about our evenings, deal?",
        "Should your sister wonder, claim you were gaming.",
    ),
    "isolation": (
        "Those classmates drag you down, drop them.",
        "Your mother simply refuses to see how grown you are.",
        "Turning to your folks will only end in a fuss.",
    ),
    "gifts_incentives": (
        "Pick anything from the shop, it goes on my card.",
        "There is {gift} waiting here with your name on it.",
        "Fancy a little allowance from me each month?",
        "I know a guy who casts young talents, shall I mention you?",
    ),
    "platform_migration": (
        "Hop over to {app}, I will be waiting.",
        "This place logs everything, do you have anything more discreet?",
        "What is your handle on {app}?",
        "Ring me instead, typing takes ages.",
    ),
    "compliance_testing": (
        "Humour me, set your status to a moon for one hour.",
        "Say you will follow one instruction of mine, no questions.",
    ),
    "persistence_after_refusal": (
        "You dodge it each time, give me a straight answer.",
        "Another no? Sleep on it and tell me tomorrow.",
        "I keep asking since it matters so much to me.",
    ),
    "meeting_arrangement": (
        "My shift ends at {hour}, I could swing by and collect you.",
        "Time we shook hands for real, {place}, {day}?",
        "Slip away for an hour and find me by {place}.",
        "Leave your friends at home when you come and see me.",
    ),
    "damage_limitation": (
        "Scrap what I wrote earlier, I was being daft.",
        "No harm done, so no need to involve anybody.",
        "Hope you will not hold that against me or pass it on.",
    ),
}

RELUCTANT: tuple[str, ...] = (
    "Nah, that is personal.",
    "Why is that important? It creeps me out a little.",
    "My folks check with whom I chat, so no.",
    "Sorry, that makes me uncomfortable.",
    "Quit it, or I show this to my mother.",
    "We had a lesson about this, I am supposed to say no.",
)

SMALL_TALK: tuple[tuple[str, ...], ...] = (
    ("Our oven smells of burnt cheese.", "[Again|What did you make]?", "Do not ask."),
    ("Three pages left and then I am through with {subject}.", "[Go go go|Jealous]."),
    ("The {pet} learned to open doors.", "You are doomed.", "Totally."),
    ("Can't stop humming that tune.", "[Which one|Now I have it too]."),
    ("We painted the shed [green|yellow].", "Bold.", "It looked smaller on the tin."),
    ("Fog everywhere this morning.", "[Spooky|We had sun]."),
    ("I beat my cousin at {game}, finally.", "[Took you long enough|Champion]."),
    ("The lift is stuck again.", "[Stairs are healthy|Poor knees]."),
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "swimming_teacher",
        (OTHER, MINOR),
        (
            ("Group moves to the big pool on {day}, tell whoever drives you.", "[Grandad does|Will do]."),
            ("Born before or after June? It decides your heat.", "[Before|After]."),
            ("You have come a long way since autumn, bravo.", "[Thank you|It was cold then]."),
            ("No filming in the changing rooms, ever.", "[Sure|We know]."),
            ("Bring a guardian's signature for the badge.", "[It is in the bag|Okay]."),
        ),
    ),
    Scenario(
        "uncle",
        (OTHER, MINOR),
        (
            ("Has your mother got home? She left her scarf here.", "[Ten minutes ago|Still out]."),
            ("Fourteen already, where did the time go.", "[Fifteen soon|Haha]."),
            ("Hush about the cake until Saturday.", "[What cake|Got it]."),
            ("Need cash for the fair? I slipped some to your dad.", "[Legend|Thank you]."),
            ("Talk to your folks if maths goes badly, they will not bite.", "[Maybe|I did]."),
        ),
    ),
    Scenario(
        "flatmates",
        (OTHER, OTHER),
        (
            ("Anybody home to let the electrician in?", "[I am till noon|Nope]."),
            ("Whose turn is it to buy soap, and no excuses this time.", "[Yours|Fine]."),
            ("Let us shift the house chat to {app}.", "[Not another one|Okay by me]."),
            ("Keep it from Max, we got him {gift}.", "[Sealed lips|How much each]?"),
            ("How ancient is this cheese?", "[Do not look|Older than us]."),
        ),
    ),
    Scenario(
        "raid_team",
        (OTHER, OTHER),
        (
            ("Need one healer, heard you are good, up for it?", "[Which raid|Give me five]."),
            ("Jump on {app}, the callouts are there.", "[Installing|Muted here]."),
            ("Do not leak our route to the other guild.", "[As if|Never]."),
            ("Ninety coins for the shield, final offer.", "[Hundred|Sold]."),
            ("One more pull, you promised.", "[Bed after that|Okay okay]."),
        ),
    ),
    Scenario(
        "cousins",
        (MINOR, MINOR),
        (
            ("Are you lot coming to the lake house?", "[Mum says yes|Dunno yet]."),
            ("Granny asks what size you wear now.", "[Bigger|The same]."),
            ("Cover for me, the vase was an accident.", "[She saw it|No chance]."),
            ("We have the same jacket, twins!", "[Copycat|Ha]."),
            ("Sulking over the board game still?", "[You cheated|Not any more]."),
        ),
    ),
    Scenario(
        "dentist_desk",
        (OTHER, OTHER),
        (
            ("May I have the date of birth and the insurance number of your son?", "[A moment|It has not changed]."),
            ("An adult has to come along to the treatment.", "[His father does|Sure]."),
            ("Which number reaches you in the afternoon?", "[The same|The office]."),
            ("We had to move you, apologies, that was our mistake.", "[No harm|Again]?"),
        ),
    ),
    Scenario(
        "study_group",
        (MINOR, MINOR),
        (
            ("Library at {hour}, everyone brings one chapter.", "[Got two|I am late]."),
            ("Ask Miss Lang, she said her door is open.", "[Too shy|I did]."),
            ("Never mind, I misread the question.", "[Phew|Same]."),
            ("Your summary was brilliant.", "[It was my sister|Thanks]."),
            ("What is your house number, I drop off the book.", "[Nine|Give it to me at school]."),
        ),
    ),
    Scenario(
        "second_hand",
        (OTHER, OTHER),
        (
            ("Is the pram still for sale, and from which year is it?", "[Twenty one|Gone]."),
            ("I would collect it tonight, what is the street?", "[Elm Road|After {hour}]."),
            ("Meet you at {place} halfway?", "[Works|Too far]."),
            ("Could you send another picture of the wheels?", "[Later|Sure]."),
        ),
    ),
)  # fmt: skip

FAR = replace(
    HELD_OUT,
    signals=SIGNALS,
    reluctant=RELUCTANT,
    small_talk=HELD_OUT.small_talk + SMALL_TALK,
    scenarios=SCENARIOS,
)
