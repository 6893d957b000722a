"""Other phrases for the same things: what a model is evaluated on, so that a figure does not reward learning
by heart.

The rules are those of `sample_grammar`; no phrase of a signal or of a situation is shared with it.
"""

from scoring import sample_everyday
from scoring.sample_grammar import Grammar
from scoring.sample_scenario import Scenario

SLOTS = {
    "game": ("Moon Racers", "Castle Crew", "Fish Tycoon", "Word Forest", "Tower Twins"),
    "app": ("Swiftnote", "Mailpigeon", "Hallo", "Tinroom"),
    "sport": ("tennis", "volleyball", "hockey", "skating", "rowing"),
    "food": ("lasagne", "curry", "sandwiches", "porridge", "dumplings"),
    "pet": ("puppy", "kitten", "guinea pig", "budgie", "goldfish"),
    "subject": ("physics", "French", "English", "science", "drama"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "hour": ("two", "quarter past four", "half six", "nine", "noon"),
    "film": ("the robot movie", "the baking show", "that nature programme", "the quiz"),
    "gift": ("a voucher", "gems for your account", "a new phone case", "a little surprise", "trainers"),
    "instrument": ("flute", "bass", "cello", "ukulele"),
    "place": ("the library", "the bus stop", "the skate park", "the river", "the bakery"),
}

LEADS = ("", "", "", "", "Oh and ", "Quick question, ", "Hey, ", "Anyway, ", "Right, ")
TAILS = ("", "", "", "", " Only if you want.", " Hope you do not mind.", " Say yes.")

SIGNALS: dict[str, tuple[str, ...]] = {
    "contact_initiation": (
        "[Hi there|Hello you], I came across your [page|picture of the {pet}|channel], mind if I message you?",
        "We have not met, I found your name in the {game} group.",
    ),
    "age_probe": (
        "[May I ask your age|What is your age|Can I ask how old you are]?",
        "[How many years until you finish school|What year of school is that]?",
        "Have you turned [thirteen|fourteen|sixteen] yet?",
        "You write like an adult, how old are you actually?",
    ),
    "identity_deception": (
        "There are only a few years between us, I am still young.",
        "I am in school too, [my profile is just old|I simply never put photos up].",
    ),
    "personal_info_probe": (
        "What is the name of your school?",
        "Whereabouts do you live[, which town|]?",
        "Is that your real name? What is your surname?",
        "What time do you walk home, and which way?",
    ),
    "supervision_probe": (
        "Who is at home with you [just now|this afternoon]?",
        "Do your mum and dad [see|ever read] your messages?",
        "Are your mum and dad out?",
        "Are you by yourself [at the moment|in the house]?",
    ),
    "flattery_affection": (
        "You are much more grown up than others of your age.",
        "I have never met anyone as [kind|clever] as you.",
        "Talking to you is the best part of my day.",
    ),
    "shared_interest_mirroring": (
        "No way, I like exactly the same things as you.",
        "We have so much in common, we could be twins.",
    ),
    "emotional_support_dependency": (
        "Whatever happens, you can come to me and tell me.",
        "I listen to you when nobody at home does.",
        "You do not need anyone else when you are sad, you have me.",
    ),
    "exclusivity": (
        "I am the only one who really understands you.",
        "I do not talk to anyone else the way I talk to you.",
        "Our friendship is something special, only you and me.",
    ),
    "secrecy_request": (
        "This stays between you and me, [please|right]?",
        "Do not mention me to your [family|friends|mum].",
        "It is better if [nobody knows|your parents do not know] that we write.",
        "Could you delete our messages afterwards?",
    ),
    "isolation": (
        "Your family does not understand you at all.",
        "Why ask your parents? You can decide for yourself.",
        "Those friends are not good for you, talk to me instead.",
    ),
    "gifts_incentives": (
        "Would you like {gift}? I would buy it for you.",
        "I got you {gift}, where shall I send it?",
        "I could top up your account, tell me how much you need.",
    ),
    "platform_migration": (
        "Could we carry on in a different app, [maybe {app}|where it is more private]?",
        "Write to me on {app}, this place is too public.",
        "What is your number? I would rather text you.",
    ),
    "compliance_testing": (
        "Would you do me a favour and not ask what it is for?",
        "Show me that you trust me and change your status to a sun.",
    ),
    "persistence_after_refusal": (
        "Oh come on, why do you not want to tell me?",
        "Please, just this once. You can trust me.",
        "I will ask again until you say yes.",
    ),
    "meeting_arrangement": (
        "I would like to see you in person, only the two of us. [On {day}|After school]?",
        "I could come to your town and meet you near {place}.",
        "Can I pick you up after school one day?",
    ),
    "damage_limitation": (
        "Forget what I said, it was a silly joke.",
        "Do not be upset, I did not mean it. Please do not tell on me.",
    ),
}

REPLIES = (
    "[Alright|Um|Perhaps|Right].",
    "[What for|What do you mean|Who is asking]?",
    "[No idea|Not sure yet|Let me think].",
    "[Haha|Oh wow|Aww|Okay then].",
    "[I am thirteen|Nearly fourteen|Twelve and a half].",
    "One second, [phone|the dog needs to go out].",
)

RELUCTANT = (
    "I do not think I should tell you that.",
    "No, I do not want that.",
    "My parents told me not to give that out.",
    "This is a bit weird, [to be honest|I think].",
    "Let us talk about something different.",
    "I am not allowed to.",
)

GREETINGS: tuple[tuple[str, ...], ...] = (
    (
        "[Morning|Evening]!",
        "[Oh hi|Hello hello].",
        "[What is new|What are you up to]?",
        "[Not much|Just got up].",
    ),
)

PARTINGS: tuple[tuple[str, ...], ...] = (("Talk tomorrow?", "[Yep|Sure thing].", "[Bye bye|Later]."),)

SMALL_TALK: tuple[tuple[str, ...], ...] = (
    ("Any homework today?", "[Tons|A page of {subject}|Nope].", "[Ugh|Jealous]."),
    ("Who else is playing {game} tonight?", "[Me|Count me in|Maybe later].", "Bring snacks."),
    ("I reached the [castle|final boss|silver league] in {game}.", "[How|No way]!", "[Practice|Pure luck]."),
    ("We are having {food} tonight.", "[Jealous|Again]?", "[It is tradition|Yep]."),
    ("My {pet} knocked over a plant.", "[Oh dear|Naughty {pet}].", "[Soil everywhere|Mum was not amused]."),
    ("Anything good on television?", "[Only {film}|Not really].", "[I will read then|Good enough]."),
    ("{sport} was fun today.", "[Did you win|Who came]?", "[We did|Just the usual crowd]."),
    ("There was snow this morning!", "[Here it only rained|Lucky].", "We built a [fort|snowman]."),
    (
        "I need a new song to practise on the {instrument}.",
        "[Something slow|The one from the advert].",
        "Good idea.",
    ),
    ("My laptop keeps freezing.", "[How old is it|Have you restarted it]?", "[Ancient|Ten times]."),
    ("{subject} was cancelled.", "[Best day ever|Why]?", "[Teacher is ill|Broken heating]."),
    ("We are painting my room on {day}.", "[Which colour|Fun]?", "[Yellow|Light green]."),
    ("I baked a cake and it fell apart.", "[Still edible|Send the crumbs].", "Haha."),
    (
        "Guess what, I found [my old diary|a coin from Japan|a map].",
        "[Wow|Where]?",
        "[In the attic|Under the sofa].",
    ),
    ("The queue at {place} was endless.", "[It always is|On {day} even worse]."),
    ("I am so tired.", "[Late night|Same]?", "[Watched {film}|Could not sleep]."),
    ("Which is better, {food} or {food}?", "[Hard question|The first, clearly]."),
    ("[True|Same here|Lol].", "[Right|Haha yes]."),
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "choir_leader",
        ("other", "possible_minor"),
        (
            ("Rehearsal moves to {day} at {hour}, all voices please.", "[Noted|Okay]."),
            (
                "How old are the singers in your row? The competition asks for age groups.",
                "[Ten to twelve|I will ask them].",
            ),
            ("Your parents are welcome at the concert.", "[They will come|Great]."),
            ("Everyone gets a little present after the concert.", "[Yay|Nice]."),
            ("We all meet in front of {place} and walk together.", "[See you there|With the music]?"),
        ),
    ),
    Scenario(
        "grandparent",
        ("other", "possible_minor"),
        (
            ("Are you at home on {day}? I would bring {food}.", "[Yes please|After school]."),
            (
                "How tall are you now, and what would you like for your birthday?",
                "[A book|I do not know yet].",
            ),
            ("Do not tell grandpa, I am knitting him a scarf.", "[Promise|Haha]."),
            ("Shall I collect you from school?", "[Mum comes today|Yes please]."),
        ),
    ),
    Scenario(
        "clan",
        ("other", "other"),
        (
            ("Clan chat moves to {app} for the tournament, all twenty of us.", "[Joined|Link please]."),
            ("What is your player number?", "[Four hundred and two|On my profile]."),
            ("I will give you gems back tomorrow.", "[No hurry|Keep them]."),
            ("Keep the tactics secret from the other team.", "[Of course|They know already]."),
            ("Are you alone on the left side?", "[Two with me|Yes, help]."),
        ),
    ),
    Scenario(
        "second_hand",
        ("other", "other"),
        (
            ("Is the bike still for sale?", "[Yes|Reserved until {day}]."),
            ("How old is it, and has it been repaired?", "[Two years|New brakes]."),
            ("Can I come and see it at {hour}? My wife comes along.", "[Fine|Ring at the gate]."),
            ("I would rather pay by transfer.", "[Okay|Cash is easier]."),
            ("What is your address?", "[By {place}|I will send it by mail]."),
        ),
    ),
    Scenario(
        "school_friends",
        ("possible_minor", "possible_minor"),
        (
            ("All of us go to {place} on {day}, are you coming?", "[Yes|If I am allowed]."),
            ("I am older than you by three days!", "[Three whole days|Old one]."),
            ("Sam must not find out about the cake.", "[I say nothing|What cake]?"),
            ("My mum asks if you eat {food}.", "[Yes|Everything but]."),
            ("Your painting is so good!", "[Thank you|Yours too]."),
        ),
    ),
    Scenario(
        "tutor",
        ("other", "possible_minor"),
        (
            (
                "Next {subject} lesson on {day} at {hour} in the library, your mother has the plan.",
                "[Okay|Thank you].",
            ),
            ("Which grade did you get in the end?", "[A two|Better than last time]."),
            ("You may ask your parents or me if something is unclear.", "[I will|Thanks]."),
        ),
    ),
)

HELD_OUT = Grammar(
    SLOTS | sample_everyday.HELD_OUT_WORDS,
    LEADS,
    TAILS,
    SIGNALS,
    REPLIES,
    RELUCTANT,
    GREETINGS,
    PARTINGS,
    SMALL_TALK,
    SCENARIOS,
    sample_everyday.HELD_OUT,
)
