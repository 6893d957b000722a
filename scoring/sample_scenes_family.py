"""Benign situations at home for training: each says what a signal would say, for an ordinary reason."""
# ruff: noqa: E501 - a phrase with its choices reads best on one line

from scoring.sample_scenario import MINOR, OTHER, Scenario

FAMILY: tuple[Scenario, ...] = (
    Scenario(
        "parent",
        (OTHER, MINOR),
        (
            ("Is anyone home yet? I forgot my keys.", "[Dad is|Only me, Dad comes at {hour}|Gran is]."),
            ("When are you home [today|tonight]?", "[At {hour}|After {sport}|Late, we have {subject}]."),
            ("I will pick you up from school at {hour}, wait at the gate.", "[Okay mum|Thanks|Can Tom come too]."),
            ("Do not tell your [brother|sister], [his|her] present is in the cupboard.", "[Haha okay|I will not|Too late]."),
            ("What did the teacher say about {subject}?", "[All fine|I need to practise|She wants to talk to you]."),
            ("You can always talk to your dad and me, or to your teacher.", "[I know|Thanks mum]."),
            ("There is {food} in the fridge, love.", "[Yay|Had some|My favourite]."),
            ("Are you alone or is your brother with you?", "[He is at {sport}|With me, playing {game}]."),
            ("Who are you writing to so late? Lights out at {hour}.", "[Only the class chat|Okay, good night]."),
            ("If a stranger writes to you, tell us at once.", "[I will|You said that already]."),
            ("I am so proud of you, well done in {subject}.", "[Thanks|It was easy]."),
            ("Send me a message when you are there, promise?", "[Promise|I am there already]."),
            ("We buy {gift} when your marks are better.", "[Deal|That is mean]."),
            ("Your phone stays in the kitchen [tonight|at night].", "[But why|Okay]."),
        ),
    ),
    Scenario(
        "grandparent",
        (OTHER, MINOR),
        (
            ("How old will my big one be on {day}, {age} already?", "[{age}, gran|Do you not know]."),
            ("Here is some pocket money for you, do not spend it all on {game}.", "[Thank you|I save it, really]."),
            ("I have learnt {app} now, your aunt showed me.", "[Well done grandpa|Then call me there]."),
            ("You are the dearest grandchild I have.", "[You have only one|Aw]."),
            ("When do you visit us? Grandpa can fetch you from the station.", "[On {day}, with mum|In the holidays]."),
            ("Which class are you in now, my dear?", "[The seventh|I told you, the eighth]."),
            ("We miss you so much, the {pet} does too.", "[I miss you too|Give him a hug]."),
            ("What would you like for your birthday?", "[Money for a bike|{gift}|Nothing, just {food}]."),
            ("You have grown so tall, you look like your father.", "[Everyone says that|Haha]."),
            ("Are your parents still at work?", "[Mum is here|Until {hour}]."),
        ),
    ),
    Scenario(
        "siblings",
        (OTHER, MINOR),
        (
            ("Is mum home?", "[Yes, in the kitchen|Not yet|She is at the shop]."),
            ("Delete my [recording|save game|music] and you are in trouble, haha.", "[It was not me|Oops]."),
            ("What are we getting dad for his birthday?", "[A book|Socks, as always].", "Keep it quiet until {day}."),
            ("I will buy you {food} if you do the dishes.", "[Deal|Twice]."),
            ("Pick me up after {sport}?", "[At {hour}|Take the bus]."),
            ("Why are you cross with me?", "You ate my {food}."),
            ("Do not tell mum that I broke the [lamp|cup], I will say it myself.", "[Then do it today|She knows]."),
            ("I am {age} and still have to go to bed at {hour}.", "[I had to as well|Wait until you are my age]."),
            ("Come on, let me have the last [slice|piece], please please.", "[No|Half of it]."),
            ("You are grown up now, you can do your own washing.", "[Ha|Thanks for nothing]."),
            ("Sorry that I shouted, it was only a joke.", "[Fine|You owe me {food}]."),
        ),
    ),
    Scenario(
        "aunt",
        (OTHER, MINOR),
        (
            ("I am at {place} on {day}, shall I bring you {food}?", "[Yes please|We are away]."),
            ("Your cousin is turning {age}, any idea for a present?", "[{gift}|Something with a {pet}]."),
            ("It is a surprise for your mother, so not a word please.", "[I can keep quiet|I nearly said it]."),
            ("Can you send me the photo of the cake from the party?", "[Mum has it|Sent it]."),
            ("If you ever need somebody to talk to, your uncle and I are there, like your parents.", "[Thank you|I know]."),
            ("Is your new school far from your house?", "[Ten minutes by bus|Near {place}]."),
            ("May I ring you all on {day}, when your parents are back?", "[After {hour}|Yes]."),
        ),
    ),
    Scenario(
        "babysitter",
        (OTHER, OTHER),
        (
            ("Until when are you away tonight?", "[Until {hour}, then we are home|Not late]."),
            ("Is she allowed to watch {film}?", "[Half of it|Yes, until {hour}]."),
            ("They are both asleep, all quiet.", "[Thank you so much|You are the best]."),
            ("How old is the little one now?", "[Three in May|Almost two]."),
            ("Who else has a key to the house?", "[My mother|Nobody but the neighbour]."),
            ("I pay you by transfer, or would you like cash?", "[Cash is fine|As you like]."),
            ("Do not tell them that there is ice cream.", "[My lips are sealed|They found it]."),
        ),
    ),
    Scenario(
        "neighbour",
        (OTHER, OTHER),
        (
            ("Is somebody at your place on {day}? The plumber comes.", "[I am in all day|From {hour} on]."),
            ("Could you look after our {pet} while we are away?", "[Of course|From when]?"),
            ("Your children are so polite, a pleasure.", "[Thank you|You should hear them at home]."),
            ("Which number is your house again, for the parcel?", "[Twelve|Next to the bakery]."),
            ("We all meet at {place} to clean up, will you come along?", "[We will|On which day]?"),
            ("Sorry about the noise, my son got {gift}.", "[Never mind|We heard it, haha]."),
        ),
    ),
)  # fmt: skip
