"""The phrases of the sample corpus that a model is trained on, in the mild wording of a school safety leaflet.

`[a|b]` is a choice, `{slot}` a word of that kind. Nothing here is sexual and nothing is taken from a real
conversation. There are no phrases for sexualisation, desensitisation, pictures, threats, extortion or self-harm: such heads are
trained only from what an operator brings.
"""

from dataclasses import dataclass

from scoring import sample_everyday


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
    "game": ("Starfarm", "Block Valley", "Kart Planet", "Dungeon Cats", "Rocket Ball", "Puzzle Harbour", "Sky Miners"),
    "app": ("Bluebird", "Pingo", "Chatterbox", "Lanternchat", "Quickline"),
    "sport": ("football", "swimming", "handball", "judo", "climbing", "basketball", "running"),
    "food": ("pizza", "noodles", "pancakes", "soup", "tacos", "rice pudding", "toast"),
    "pet": ("dog", "cat", "rabbit", "hamster", "parrot", "tortoise"),
    "subject": ("maths", "history", "biology", "art", "geography", "music", "chemistry"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "hour": ("three", "four", "five", "half past five", "six", "seven", "eight"),
    "film": ("the penguin film", "the space film", "that cartoon", "the new detective series", "the old pirate film"),
    "gift": ("a gift card", "some coins for the game", "new headphones", "a present", "a better controller", "a game pass"),
    "instrument": ("guitar", "piano", "drums", "violin", "trumpet"),
    "place": ("the park", "the station", "the shopping centre", "the lake", "the cinema"),
}

LEADS = ("", "", "", "", "By the way, ", "Tell me, ", "Just wondering, ", "Okay, ", "So, ", "One more thing: ", "Listen, ", "Hm, ")
TAILS = ("", "", "", "", "", " Just asking.", " No rush.", " What do you say?", " I hope that is fine.")

SIGNALS: dict[str, tuple[str, ...]] = {
    "contact_initiation": (
        "[Hi|Hello|Hey], I [saw|noticed] your [profile|drawing|score|post] and [wanted to write to you|thought I would say hello].",
        "[Hi|Hello], you do not know me, but [we play on the same server|I like what you post|I follow your channel].",
        "[Hello|Hey], you seem [nice|fun|interesting], [can|may] I talk to you?",
    ),
    "age_probe": (
        "[How old are you|What age are you|And how old are you][?| if I may ask?| then?]",
        "[What|Which] [year|class|grade] are you in at school?",
        "[When is your birthday|How old will you be on your next birthday]?",
        "You sound older than you are, [how old are you really|what is your real age]?",
        "Are you still [at school|in secondary school|under eighteen]?",
    ),
    "identity_deception": (
        "I am [only a bit|hardly|just a little] older than you.",
        "I am [about your age|a student as well|the same age as you], [my camera is broken|I just have no pictures online].",
        "People always think I am older, but I am [nearly|about] your age.",
    ),
    "personal_info_probe": (
        "[Which|What] school do you go to?",
        "[What part of town|Which street|Which village] do you live in?",
        "What is your [real|full|last] name?",
        "Do you have a phone of your own? [What is the number|Can I have the number]?",
        "[Which way|Which bus] do you take home [from school|after school]?",
    ),
    "supervision_probe": (
        "Is [anyone|somebody|anybody] [at home|home] with you [right now|today|tonight]?",
        "Are your parents [at home|at work|around] [right now|this evening|today]?",
        "When do your parents [come home|get back]?",
        "Does [anyone|somebody|your mum] [look at|check|read] your phone?",
        "Is the computer in the living room, where everyone can see it?",
        "Are you [alone|on your own] at the moment?",
    ),
    "flattery_affection": (
        "You are [so|really|very] [mature|grown up] for your age.",
        "You are the [nicest|kindest|most interesting] person I [talk to|have met here].",
        "You are [very|so] special to me.",
        "I [look forward to your messages|think about our talks] [all day|every day].",
    ),
    "shared_interest_mirroring": (
        "I love that too, we are so [alike|similar].",
        "That is my favourite as well, [what are the odds|it is as if we had known each other for years].",
        "It is [strange|funny] how we like all the same things.",
    ),
    "emotional_support_dependency": (
        "You can [always tell me anything|tell me everything|talk to me about anything].",
        "I am [always|the one who is] here for you when [nobody|no one] else listens.",
        "[If you are sad|When you feel bad], come to me first.",
        "I [worry about|care about] you more than [the others|anyone] [do|does].",
    ),
    "exclusivity": (
        "[Nobody|No one] understands you [like|the way] I do.",
        "What we have is [special|something others do not have].",
        "You are the only one I talk to like this.",
        "It is [you and me|just us two] against the rest, right?",
    ),
    "secrecy_request": (
        "[Let us|Let's|We should] keep this [between us|to ourselves].",
        "Please do not tell [anyone|your parents|your friends] [that we talk|about this|about us].",
        "This is our [little |]secret, [okay|all right]?",
        "[Delete|Please delete] [this chat|these messages] when you have read them.",
        "[Nobody|No one] needs to know [that we write|about our chats].",
    ),
    "isolation": (
        "Your friends do not [really |]understand you.",
        "You do not need to ask your parents about everything.",
        "Your parents would not understand [our friendship|that we are friends].",
        "Why do you [still spend time|even bother] with them when you can talk to me?",
    ),
    "gifts_incentives": (
        "I [could|can|would like to] [send|buy|get] you {gift}.",
        "If you like, I [will|can] pay for {gift} for you.",
        "Tell me what you wish for and I will [buy|order] it[ for you|].",
        "I have {gift} for you, [you only need to ask|as a thank you for being nice].",
    ),
    "platform_migration": (
        "[Shall we|Can we|Let us] [move|switch|go over] to [another app|a different app|{app}]?",
        "Do you have {app}? [It is more private there|We can talk better there].",
        "[Give me your number|Send me your number] and I will write to you there.",
        "I am not here much, [add|find] me on {app} [instead|and we can go on there].",
    ),
    "compliance_testing": (
        "If I asked you for a small favour, would you do it [without asking why|just for me]?",
        "[Change your picture to a star|Put a star in your name], so that I know you trust me.",
        "[Promise|Can you promise] me that you will do what I ask[ this once|]?",
    ),
    "persistence_after_refusal": (
        "Come on, [just tell me|do not be like that|it is only a question].",
        "[Why not|But why not]? You can [trust me|tell me].",
        "I asked you nicely, [think about it again|please change your mind].",
        "You said no last time, but [maybe now|how about today]?",
    ),
    "meeting_arrangement": (
        "[Would you like to|Shall we|Could we|We should] meet [some time|on {day}|after school], just [the two of us|you and me]?",
        "I could [pick you up|wait for you] [near|outside] your school.",
        "Could we meet [in person|for real] at {place}? [Come alone|Come by yourself].",
        "[I can drive to your town|I could come by train], then we could [finally |]meet.",
    ),
    "damage_limitation": (
        "[It was only a joke|I was only joking], forget that I asked.",
        "Please do not be [angry|cross] with me, I [would get into trouble|did not mean it like that].",
        "You [misunderstood|got me wrong], [let us forget it|nothing happened].",
    ),
}

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
    ("[Hi|Hey|Hello]!", "[Hi|Hey], [how are you|how is it going]?", "[Fine|Good|Tired but fine], and you?", "[All good|Same here]."),
)

PARTINGS: tuple[tuple[str, ...], ...] = (
    ("[Good night|Off to bed], see you.", "[Night|Sleep well]!"),
    ("[Got to go|Dinner time], bye.", "[Bye|See you later]!"),
)

SMALL_TALK: tuple[tuple[str, ...], ...] = (
    ("How was school?", "[Long|Boring|Okay|Quite good]. We had {subject} [twice|in the morning].", "I [liked|never liked] {subject}."),
    ("Did you do the {subject} homework?", "[Not yet|Half of it|Yes, took ages].", "[Same|Lucky you]."),
    ("Do you play {game}?", "[Yes, every day|Sometimes|I used to].", "What level are you?", "[Twelve|Thirty|Still five], haha."),
    ("The new [map|level|season] in {game} is [great|hard|too easy].", "[I have not tried it|I know, I love it|It keeps crashing for me]."),
    ("I [won|lost] [three|two|five] rounds of {game} [today|yesterday].", "[Well done|Oh no|Nice]!", "My team was [great|asleep]."),
    ("What did you have for lunch?", "{food}, [again|and it was cold|my favourite].", "Now I am hungry."),
    ("I [made|burnt|ordered] {food}.", "[Save me some|Haha|Sounds good]."),
    ("My {pet} is [asleep on my keyboard|hiding again|so funny].", "What is the name of your {pet}?", "[Biscuit|Pepper|Momo|Captain].", "Cute."),
    ("I want a {pet}.", "They are a lot of work.", "[I know|That is what everyone says]."),
    ("Have you seen {film}?", "[Not yet|Twice|Only half of it].", "[It is worth it|The ending is odd|Do not tell me the ending]."),
    ("I am watching {film}.", "Is it any good?", "[So far yes|It is slow|The music is good]."),
    ("Did you [watch|see] the match?", "[Yes, what a goal|No, who won]?", "[Three to one|It was a draw]."),
    ("How was {sport} [practice|training]?", "[My legs hurt|Good|It was cancelled].", "[Rest a bit|Same as last week then]."),
    ("I started {sport} [this month|last year].", "[Is it hard|Do you like it]?", "[It is fun|Hard but fun]."),
    ("It has been raining [all day|since {day}].", "[Here too|It is sunny here].", "I hope {day} is better."),
    ("It is [so hot|freezing] today.", "[I stayed inside|I love it]."),
    ("What music do you like?", "[Anything with drums|Old songs|Pop mostly].", "Me too, [mostly|some of it]."),
    ("I am learning the {instrument}.", "[How long for|Is it difficult]?", "[Two years|Since summer]."),
    ("My internet is [so slow|down again].", "[Mine too|Try turning it off and on].", "[Did that|That helped]."),
    ("I have a test in {subject} on {day}.", "[Good luck|You will be fine].", "Thanks!"),
    ("The {subject} test was [okay|awful|easier than I thought].", "[Phew|Oh dear|Told you]."),
    ("What are you doing this weekend?", "[Nothing much|Visiting my gran|{sport}, as always].", "[Nice|Sounds relaxing]."),
    ("[Back|I am back].", "[Hey again|Welcome back].", "Where were we?"),
    ("I drew [a dragon|a {pet}|my bike] today.", "[Oh nice|What colour]?", "[Green|Mostly blue]."),
    ("My bike has a flat tyre.", "[Again|Oh no]?", "Third time this month."),
    ("I cannot find my [keys|charger|glasses].", "[Look under the bed|Where did you last see it]?", "[Found it|Still nothing]."),
    ("Tell me a joke.", "Why did the {pet} cross the road?", "[I know that one|No idea].", "To get the {food}."),
    ("I am reading a book about [whales|volcanoes|trains|space].", "Is it good?", "[The pictures are|Very]."),
    ("Holidays start [next week|on {day}]!", "[Finally|Are you going away]?", "[To the sea|Only to my aunt|Staying here]."),
    ("What is your favourite food?", "{food}, easily.", "[Good choice|Mine is {food}]."),
    ("Lol [yes|true|same].", "Haha."),
    ("The [bus|train] was late [again|this morning].", "[Typical|Mine too].", "I missed the start of {subject}."),
    ("My [sister|brother|cousin] took my [charger|seat|jacket].", "[Classic|Take it back]."),
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("coach", ("other", "possible_minor"), (
        ("Training on {day} is at {hour}, [please be on time|at the usual place].", "[Okay coach|Will be there|Thanks]."),
        ("Can you [come|make it] to the match on {day}? We meet at {place} at {hour} with the whole team.", "[Yes|I have to ask at home]."),
        ("I need to know which year you were born, for the under fourteen list.", "I am in the [under fourteen|under twelve] group."),
        ("Your parents can drive you or you take the team bus.", "[Mum drives|I take the bus]."),
        ("Well played, you have grown up as a player this season.", "[Thanks coach|Thank you]!"),
        ("Please show this message to your parents.", "[I will|They have read it]."),
        ("The club will give everyone a new shirt.", "[Great|What colour]?"),
    )),
    Scenario("parent", ("other", "possible_minor"), (
        ("Is anyone home yet? I forgot my keys.", "[Dad is|Only me, Dad comes at {hour}]."),
        ("When are you home today?", "[At {hour}|After {sport}]."),
        ("I will pick you up from school at {hour}, wait at the gate.", "[Okay mum|Thanks]."),
        ("Do not tell your brother, his present is in the cupboard.", "[Haha okay|I will not]."),
        ("What did the teacher say about {subject}?", "[All fine|I need to practise]."),
        ("You can always talk to your dad and me, or to your teacher.", "[I know|Thanks mum]."),
        ("There is {food} in the fridge, love.", "[Yay|Had some]."),
    )),
    Scenario("gamers", ("other", "other"), (
        ("Voice is lagging here, switch to {app} with the whole squad?", "[One minute|Room link is in the team channel]."),
        ("I moved my {game} account to the console.", "[Does crossplay work|Nice]?"),
        ("Add me in {game}, same name as here.", "[Sent|Added]."),
        ("I have a spare skin, want to trade it for your [hat|shield]?", "[Deal|No, too rare]."),
        ("Which server are you on?", "[Europe|West|The small one]."),
        ("How old is your graphics card?", "[Four years|Ancient]."),
        ("Are you alone in the lobby?", "[Yes, join|No, full team]."),
    )),
    Scenario("shop", ("other", "other"), (
        ("Hello, your order of {gift} has been sent.", "[Thank you|When will it arrive]?"),
        ("Will someone be at home on {day} to take the parcel?", "[Yes, after {hour}|Please leave it with a neighbour]."),
        ("As a thank you, we added a gift voucher to your order.", "[Oh nice|Thank you]."),
        ("Please send us your order number and your postcode.", "[It is in the mail|One moment]."),
        ("You need to be over eighteen to order, what is your year of birth?", "[Nineteen eighty|I have sent my details]."),
        ("Your number is kept private and deleted after delivery.", "[Good|Thanks]."),
    )),
    Scenario("friends", ("possible_minor", "possible_minor"), (
        ("Shall we meet at {place} on {day} with the others?", "[Yes, at {hour}|I will ask Lena too]."),
        ("Are you coming to [my birthday|the party] on {day}?", "[Of course|What do you wish for]?"),
        ("I am turning thirteen, finally.", "[I was first|Welcome to the club]."),
        ("It is a surprise party, so do not tell Sam about it.", "[My lips are sealed|Promise]."),
        ("Your mum said you can stay for dinner.", "[Yes|What is there]?"),
        ("You are the best, thanks for helping with {subject}.", "[Any time|You too]."),
        ("Is your phone new? What is your number now?", "[Same as before|I will show you at school]."),
    )),
    Scenario("siblings", ("other", "possible_minor"), (
        ("Is mum home?", "[Yes, in the kitchen|Not yet]."),
        ("Delete my [recording|save game] and you are in trouble, haha.", "It was not me."),
        ("What are we getting dad for his birthday?", "[A book|Socks, as always].", "Keep it quiet until {day}."),
        ("I will buy you {food} if you do the dishes.", "[Deal|Twice]."),
        ("Pick me up after {sport}?", "[At {hour}|Take the bus]."),
        ("Why are you cross with me?", "You ate my {food}."),
    )),
    Scenario("teacher", ("other", "possible_minor"), (
        ("Please hand in the {subject} work by {day}.", "[Okay|Can I have one more day]?"),
        ("Which class are you in, and who is your form teacher?", "[Seven b|Eight a, Mister Bell]."),
        ("Your parents can see the marks in the school portal.", "[They know|Okay]."),
        ("If something worries you, talk to the school counsellor or to your parents.", "[Thank you|I will]."),
        ("The trip to {place} needs a signed letter from home.", "[It is in my bag|Dad signed it]."),
    )),
    Scenario("classmates", ("possible_minor", "possible_minor"), (
        ("Who is in your group for {subject}?", "[You, me and Tom|No idea]."),
        ("The class chat moved to {app}, did you see the link?", "[Yes|Send it again]."),
        ("Can we meet at the library after school for the poster?", "[Bring the pens|At {hour}]."),
        ("My parents are at work, so we can practise {instrument} as loud as we like.", "[Haha|My dad hears it over the road]."),
        ("You owe me {food}.", "[Tomorrow|Never]."),
    )),
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
