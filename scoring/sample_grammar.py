"""The phrases of the sample corpus that a model is trained on, in the mild wording of a school safety
leaflet.

`[a|b]` is a choice, `{slot}` a word of that kind. Nothing here is sexual and nothing is taken from a real
conversation. There are no phrases for sexualisation, desensitisation, pictures, threats, extortion or
self-harm: such heads are trained only from what an operator brings.
"""

from dataclasses import dataclass

from scoring import sample_everyday
from scoring.sample_signals import SIGNALS


@dataclass(frozen=True)
class Scenario:
    """A benign situation that shares words with a signal: who talks (role names) and what they say in turns."""

    name: str
    roles: tuple[str, str]
    exchanges: tuple[tuple[str, ...], ...]


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


SLOTS = {
    "game": (
        "Starfarm",
        "Block Valley",
        "Kart Planet",
        "Dungeon Cats",
        "Rocket Ball",
        "Puzzle Harbour",
        "Sky Miners",
    ),
    "app": ("Bluebird", "Pingo", "Chatterbox", "Lanternchat", "Quickline"),
    "sport": ("football", "swimming", "handball", "judo", "climbing", "basketball", "running"),
    "food": ("pizza", "noodles", "pancakes", "soup", "tacos", "rice pudding", "toast"),
    "pet": ("dog", "cat", "rabbit", "hamster", "parrot", "tortoise"),
    "subject": ("maths", "history", "biology", "art", "geography", "music", "chemistry"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "hour": ("three", "four", "five", "half past five", "six", "seven", "eight"),
    "film": (
        "the penguin film",
        "the space film",
        "that cartoon",
        "the new detective series",
        "the old pirate film",
    ),
    "gift": (
        "a gift card",
        "some coins for the game",
        "new headphones",
        "a present",
        "a better controller",
        "a game pass",
    ),
    "instrument": ("guitar", "piano", "drums", "violin", "trumpet"),
    "place": ("the park", "the station", "the shopping centre", "the lake", "the cinema"),
}

LEADS = (
    "",
    "",
    "",
    "",
    "By the way, ",
    "Tell me, ",
    "Just wondering, ",
    "Okay, ",
    "So, ",
    "One more thing: ",
    "Listen, ",
    "Hm, ",
)
TAILS = ("", "", "", "", "", " Just asking.", " No rush.", " What do you say?", " I hope that is fine.")

REPLIES = (
    "[Okay|Ok|Hm|Maybe|I think so|I guess].",
    "[Why|Why do you ask|How come]?",
    "I [do not know|will see|have to think].",
    "[Haha okay|Oh|Really|Cool|Thanks, I guess].",
    "[Yes|Yeah|Sure], [why not|I suppose|a bit].",
    "[Thirteen|Twelve|Fourteen], [why|and you]?",
    "Wait, [dinner|my brother is calling|someone is at the door].",
)

RELUCTANT = (
    "I would rather not say.",
    "I am not sure about that.",
    "My [mum|dad|teacher] says [I should not tell that online|not to share that].",
    "That [feels|sounds] [a bit |]strange to me.",
    "Can we talk about something else[, please|]?",
    "I [do not want to|would rather not], sorry.",
    "I have to ask my [mum|dad|parents] [first|about that].",
)

GREETINGS: tuple[tuple[str, ...], ...] = (
    (
        "[Hi|Hey|Hello]!",
        "[Hi|Hey], [how are you|how is it going]?",
        "[Fine|Good|Tired but fine], and you?",
        "[All good|Same here].",
    ),
)

PARTINGS: tuple[tuple[str, ...], ...] = (
    ("[Good night|Off to bed], see you.", "[Night|Sleep well]!"),
    ("[Got to go|Dinner time], bye.", "[Bye|See you later]!"),
)

SMALL_TALK: tuple[tuple[str, ...], ...] = (
    (
        "How was school?",
        "[Long|Boring|Okay|Quite good]. We had {subject} [twice|in the morning].",
        "I [liked|never liked] {subject}.",
    ),
    ("Did you do the {subject} homework?", "[Not yet|Half of it|Yes, took ages].", "[Same|Lucky you]."),
    (
        "Do you play {game}?",
        "[Yes, every day|Sometimes|I used to].",
        "What level are you?",
        "[Twelve|Thirty|Still five], haha.",
    ),
    (
        "The new [map|level|season] in {game} is [great|hard|too easy].",
        "[I have not tried it|I know, I love it|It keeps crashing for me].",
    ),
    (
        "I [won|lost] [three|two|five] rounds of {game} [today|yesterday].",
        "[Well done|Oh no|Nice]!",
        "My team was [great|asleep].",
    ),
    ("What did you have for lunch?", "{food}, [again|and it was cold|my favourite].", "Now I am hungry."),
    ("I [made|burnt|ordered] {food}.", "[Save me some|Haha|Sounds good]."),
    (
        "My {pet} is [asleep on my keyboard|hiding again|so funny].",
        "What is the name of your {pet}?",
        "[Biscuit|Pepper|Momo|Captain].",
        "Cute.",
    ),
    ("I want a {pet}.", "They are a lot of work.", "[I know|That is what everyone says]."),
    (
        "Have you seen {film}?",
        "[Not yet|Twice|Only half of it].",
        "[It is worth it|The ending is odd|Do not tell me the ending].",
    ),
    ("I am watching {film}.", "Is it any good?", "[So far yes|It is slow|The music is good]."),
    ("Did you [watch|see] the match?", "[Yes, what a goal|No, who won]?", "[Three to one|It was a draw]."),
    (
        "How was {sport} [practice|training]?",
        "[My legs hurt|Good|It was cancelled].",
        "[Rest a bit|Same as last week then].",
    ),
    (
        "I started {sport} [this month|last year].",
        "[Is it hard|Do you like it]?",
        "[It is fun|Hard but fun].",
    ),
    ("It has been raining [all day|since {day}].", "[Here too|It is sunny here].", "I hope {day} is better."),
    ("It is [so hot|freezing] today.", "[I stayed inside|I love it]."),
    (
        "What music do you like?",
        "[Anything with drums|Old songs|Pop mostly].",
        "Me too, [mostly|some of it].",
    ),
    ("I am learning the {instrument}.", "[How long for|Is it difficult]?", "[Two years|Since summer]."),
    (
        "My internet is [so slow|down again].",
        "[Mine too|Try turning it off and on].",
        "[Did that|That helped].",
    ),
    ("I have a test in {subject} on {day}.", "[Good luck|You will be fine].", "Thanks!"),
    ("The {subject} test was [okay|awful|easier than I thought].", "[Phew|Oh dear|Told you]."),
    (
        "What are you doing this weekend?",
        "[Nothing much|Visiting my gran|{sport}, as always].",
        "[Nice|Sounds relaxing].",
    ),
    ("[Back|I am back].", "[Hey again|Welcome back].", "Where were we?"),
    ("I drew [a dragon|a {pet}|my bike] today.", "[Oh nice|What colour]?", "[Green|Mostly blue]."),
    ("My bike has a flat tyre.", "[Again|Oh no]?", "Third time this month."),
    (
        "I cannot find my [keys|charger|glasses].",
        "[Look under the bed|Where did you last see it]?",
        "[Found it|Still nothing].",
    ),
    (
        "Tell me a joke.",
        "Why did the {pet} cross the road?",
        "[I know that one|No idea].",
        "To get the {food}.",
    ),
    ("I am reading a book about [whales|volcanoes|trains|space].", "Is it good?", "[The pictures are|Very]."),
    (
        "Holidays start [next week|on {day}]!",
        "[Finally|Are you going away]?",
        "[To the sea|Only to my aunt|Staying here].",
    ),
    ("What is your favourite food?", "{food}, easily.", "[Good choice|Mine is {food}]."),
    ("Lol [yes|true|same].", "Haha."),
    (
        "The [bus|train] was late [again|this morning].",
        "[Typical|Mine too].",
        "I missed the start of {subject}.",
    ),
    ("My [sister|brother|cousin] took my [charger|seat|jacket].", "[Classic|Take it back]."),
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "coach",
        ("other", "possible_minor"),
        (
            (
                "Training on {day} is at {hour}, [please be on time|at the usual place].",
                "[Okay coach|Will be there|Thanks].",
            ),
            (
                "Can you [come|make it] to the match on {day}? We meet at {place} at {hour} with the whole team.",
                "[Yes|I have to ask at home].",
            ),
            (
                "I need to know which year you were born, for the under fourteen list.",
                "I am in the [under fourteen|under twelve] group.",
            ),
            ("Your parents can drive you or you take the team bus.", "[Mum drives|I take the bus]."),
            ("Well played, you have grown up as a player this season.", "[Thanks coach|Thank you]!"),
            ("Please show this message to your parents.", "[I will|They have read it]."),
            ("The club will give everyone a new shirt.", "[Great|What colour]?"),
        ),
    ),
    Scenario(
        "parent",
        ("other", "possible_minor"),
        (
            ("Is anyone home yet? I forgot my keys.", "[Dad is|Only me, Dad comes at {hour}]."),
            ("When are you home today?", "[At {hour}|After {sport}]."),
            ("I will pick you up from school at {hour}, wait at the gate.", "[Okay mum|Thanks]."),
            ("Do not tell your brother, his present is in the cupboard.", "[Haha okay|I will not]."),
            ("What did the teacher say about {subject}?", "[All fine|I need to practise]."),
            ("You can always talk to your dad and me, or to your teacher.", "[I know|Thanks mum]."),
            ("There is {food} in the fridge, love.", "[Yay|Had some]."),
        ),
    ),
    Scenario(
        "gamers",
        ("other", "other"),
        (
            (
                "Voice is lagging here, switch to {app} with the whole squad?",
                "[One minute|Room link is in the team channel].",
            ),
            ("I moved my {game} account to the console.", "[Does crossplay work|Nice]?"),
            ("Add me in {game}, same name as here.", "[Sent|Added]."),
            ("I have a spare skin, want to trade it for your [hat|shield]?", "[Deal|No, too rare]."),
            ("Which server are you on?", "[Europe|West|The small one]."),
            ("How old is your graphics card?", "[Four years|Ancient]."),
            ("Are you alone in the lobby?", "[Yes, join|No, full team]."),
        ),
    ),
    Scenario(
        "shop",
        ("other", "other"),
        (
            ("Hello, your order of {gift} has been sent.", "[Thank you|When will it arrive]?"),
            (
                "Will someone be at home on {day} to take the parcel?",
                "[Yes, after {hour}|Please leave it with a neighbour].",
            ),
            ("As a thank you, we added a gift voucher to your order.", "[Oh nice|Thank you]."),
            ("Please send us your order number and your postcode.", "[It is in the mail|One moment]."),
            (
                "You need to be over eighteen to order, what is your year of birth?",
                "[Nineteen eighty|I have sent my details].",
            ),
            ("Your number is kept private and deleted after delivery.", "[Good|Thanks]."),
        ),
    ),
    Scenario(
        "friends",
        ("possible_minor", "possible_minor"),
        (
            ("Shall we meet at {place} on {day} with the others?", "[Yes, at {hour}|I will ask Lena too]."),
            ("Are you coming to [my birthday|the party] on {day}?", "[Of course|What do you wish for]?"),
            ("I am turning thirteen, finally.", "[I was first|Welcome to the club]."),
            ("It is a surprise party, so do not tell Sam about it.", "[My lips are sealed|Promise]."),
            ("Your mum said you can stay for dinner.", "[Yes|What is there]?"),
            ("You are the best, thanks for helping with {subject}.", "[Any time|You too]."),
            ("Is your phone new? What is your number now?", "[Same as before|I will show you at school]."),
        ),
    ),
    Scenario(
        "siblings",
        ("other", "possible_minor"),
        (
            ("Is mum home?", "[Yes, in the kitchen|Not yet]."),
            ("Delete my [recording|save game] and you are in trouble, haha.", "It was not me."),
            (
                "What are we getting dad for his birthday?",
                "[A book|Socks, as always].",
                "Keep it quiet until {day}.",
            ),
            ("I will buy you {food} if you do the dishes.", "[Deal|Twice]."),
            ("Pick me up after {sport}?", "[At {hour}|Take the bus]."),
            ("Why are you cross with me?", "You ate my {food}."),
        ),
    ),
    Scenario(
        "teacher",
        ("other", "possible_minor"),
        (
            ("Please hand in the {subject} work by {day}.", "[Okay|Can I have one more day]?"),
            ("Which class are you in, and who is your form teacher?", "[Seven b|Eight a, Mister Bell]."),
            ("Your parents can see the marks in the school portal.", "[They know|Okay]."),
            (
                "If something worries you, talk to the school counsellor or to your parents.",
                "[Thank you|I will].",
            ),
            ("The trip to {place} needs a signed letter from home.", "[It is in my bag|Dad signed it]."),
        ),
    ),
    Scenario(
        "classmates",
        ("possible_minor", "possible_minor"),
        (
            ("Who is in your group for {subject}?", "[You, me and Tom|No idea]."),
            ("The class chat moved to {app}, did you see the link?", "[Yes|Send it again]."),
            ("Can we meet at the library after school for the poster?", "[Bring the pens|At {hour}]."),
            (
                "My parents are at work, so we can practise {instrument} as loud as we like.",
                "[Haha|My dad hears it over the road].",
            ),
            ("You owe me {food}.", "[Tomorrow|Never]."),
        ),
    ),
)

TRAIN = Grammar(
    SLOTS | sample_everyday.TRAIN_WORDS,
    LEADS,
    TAILS,
    SIGNALS,
    REPLIES,
    RELUCTANT,
    GREETINGS,
    PARTINGS,
    SMALL_TALK,
    SCENARIOS,
    sample_everyday.TRAIN,
)
