"""Further benign situations for training, each close to several signals: what is asked is ordinary where it is asked."""
# ruff: noqa: E501 - a phrase with its choices reads best on one line

from scoring.sample_scenario import MINOR, OTHER, Scenario

FURTHER: tuple[Scenario, ...] = (
    Scenario(
        "exchange_student",
        (OTHER, MINOR),
        (
            ("We are your host family, hello! How old is your brother who comes along?", "[He is {age}|Twelve in May]."),
            ("Tell us what you like to eat, we cook it on the first day.", "[{food}|I eat everything]."),
            ("Which school will you go to here, has your teacher told you?", "[The one by {place}|Not yet]."),
            ("You share the room with our daughter, she is {age} as well.", "[Great|I am excited]."),
            ("Give your parents our number, they can ring at any time.", "[I will|They have it]."),
            ("If you are homesick, tell us or call your mother, it is normal.", "[Thank you|Okay]."),
            ("We fetch you from {place} at {hour}, look for the blue car.", "[I will|Mum sends you the train]."),
        ),
    ),
    Scenario(
        "party",
        (OTHER, OTHER),
        (
            ("Granny must not hear of the party until {day}.", "[Not from me|Then tell the boys]."),
            ("Who keeps her away from the house until {hour}?", "[I take her to {place}|My wife]."),
            ("Put the presents in our cellar, she never looks there.", "[Good idea|Is it locked]?"),
            ("Delete the list from the family tablet, please.", "[Done|She cannot open it]."),
            ("How old will she be, eighty or eighty one?", "[Eighty|She does not tell]."),
            ("Everybody pays ten for the {gift}.", "[Paid|I have only a five]."),
            ("That was my idea, not his, I was joking about the band.", "[Pity|Thank heavens]."),
        ),
    ),
    Scenario(
        "dog_walkers",
        (OTHER, OTHER),
        (
            ("Hi, we met at {place}, you with the brown {pet}.", "[Yes, hello|Good memory]."),
            ("How old is yours? Mine is still so childish.", "[Four|He was too]."),
            ("Shall we walk together on {day}, the two of them get on.", "[Gladly|After {hour}]."),
            ("Where do you live, on this side of {place}?", "[Over there|Behind it]."),
            ("You are so good with animals, mine only listens to you.", "[He likes the biscuits|Thank you]."),
            ("Are you alone at home with him all day?", "[I work from home|My son is in]."),
            ("Come on, try again, he learns it.", "[He never does|Once more]."),
        ),
    ),
    Scenario(
        "language_partners",
        (OTHER, OTHER),
        (
            ("Hello, I found you in the list, do you want to practise Spanish with me?", "[Yes|My Spanish is bad]."),
            ("How old are you, if I may ask? I am forty.", "[Thirty five|Older than you]."),
            ("Shall we talk on {app}, it has better sound?", "[Let us try|I prefer writing]."),
            ("You speak so well, have you lived there?", "[Two years|Thank you]."),
            ("I am shy with the camera, is voice enough?", "[Of course|Same here]."),
            ("We like the same books, how nice.", "[Indeed|Which one is next]?"),
            ("Sorry, I said it wrong, I did not mean it rudely.", "[I understood|No problem]."),
        ),
    ),
    Scenario(
        "lost_property",
        (OTHER, MINOR),
        (
            ("Hello, we found a bag at {place} with your name in it.", "[Oh thank you|That is mine]!"),
            ("Is your mother or father there, so that I can tell them where it is?", "[Mum is|Wait, I get her]."),
            ("You can collect it on {day} until {hour}, together with a parent.", "[Okay|We come today]."),
            ("What is in it, so that I know that it is yours?", "[A {instrument} book|Keys and a torch]."),
        ),
    ),
    Scenario(
        "school_office",
        (OTHER, OTHER),
        (
            ("Good morning, your daughter is not in class, is she ill?", "[Yes, sorry|She left at {hour}]."),
            ("Who may fetch her from school on {day}?", "[Only us two|My mother too]."),
            ("Is the number that we have still right?", "[It is|I have a new one]."),
            ("For the list: surname, street, year of birth.", "[I send it|All as last year]."),
            ("Do not give out the gate code, please.", "[Understood|I told nobody]."),
            ("I have to remind you again of the form.", "[Tomorrow|It is in the post]."),
        ),
    ),
    Scenario(
        "team_parents",
        (OTHER, OTHER),
        (
            ("Can you take my boy along to {sport} on {day}?", "[I have a seat|We are four already]."),
            ("Is anyone at yours at {hour}, then I drop him there.", "[My husband|Yes]."),
            ("Mine says that all the others are allowed to, haha.", "[So does mine|Of course]."),
            ("What do you give a boy of {age}?", "[{gift}|Something loud]."),
            ("He is not to have his phone today, please do not let him talk you round.", "[I stay firm|He tried already]."),
            ("The others are a bit unfair to him, he sits alone.", "[I talk to my son|The coach should know]."),
            ("Do you look at his phone? I do, we agreed on it.", "[Once a week|He shows me]."),
        ),
    ),
    Scenario(
        "old_friends",
        (OTHER, OTHER),
        (
            ("I have not heard from you for years, is that really you in the picture?", "[An old one|With less hair]."),
            ("We must meet again, just you and I, like then.", "[Gladly, at {place}|On {day}]?"),
            ("You can tell me anything, you know that.", "[I know|Thanks, I will]."),
            ("You understood me better than anybody.", "[And you me|Those were times]."),
            ("I miss our evenings.", "[Me too|I have become old]."),
            ("I come through {town} by train, are you free?", "[After {hour}|Not this time]."),
            ("Do not tell my husband, I am booking him a trip.", "[How lovely|Where to]?"),
        ),
    ),
    Scenario(
        "pen_friends",
        (MINOR, MINOR),
        (
            ("Our teachers gave us the addresses, so hello from {town}!", "[Hello|How nice]!"),
            ("I am {age}, have a {pet} and play the {instrument}, and you?", "[{age}, no pet|I have a {pet} too]."),
            ("Which subjects do you have, and when does your school finish?", "[At {hour}|Far too many]."),
            ("We like the same films, so funny.", "[Tell your teacher|{film} is the best]."),
            ("My mum reads the letters too, she wants to learn the language.", "[Hello mum|Haha]."),
            ("I send you a card and sweets, which do you like?", "[All of them|No nuts]."),
        ),
    ),
    Scenario(
        "worried_friend",
        (MINOR, MINOR),
        (
            ("You were so quiet today, is something wrong?", "[I am only tired|My gran is ill]."),
            ("You know that you can talk to me, and to Miss Green.", "[Yes|Thank you]."),
            ("Do not read what they write, they do not know you.", "[I try|Easy to say]."),
            ("Shall I come along when you tell your parents?", "[Please|I did it]."),
            ("I keep it to myself if you promise to tell your mum.", "[Okay|I promise]."),
            ("They are mean, sit with us tomorrow.", "[Thank you|Really]?"),
            ("Please come back to training, we miss you, please.", "[Next week|I will think about it]."),
        ),
    ),
    Scenario(
        "holiday_camp",
        (OTHER, MINOR),
        (
            ("Welcome to the camp! Which tent are you in, and how old are you all?", "[Tent four, {age}|We are ten and up]."),
            ("Phones are in the box at night, everybody's.", "[Oh no|Okay]."),
            ("Here is five in camp money if you help with the dishes.", "[I help|Can I buy {food}]?"),
            ("Ask me again tomorrow, today it is no.", "[Please|But it is sunny]."),
            ("Never leave alone, always in threes and tell a leader.", "[Yes|We are four]."),
            ("Write to your parents that you are well.", "[Done|They ring at {hour}]."),
            ("The night walk stays a surprise for the little ones.", "[I say nothing|They know]."),
        ),
    ),
    Scenario(
        "shop_friends",
        (MINOR, MINOR),
        (
            ("If you lend me two, I buy you {food} on {day}.", "[Deal|You owe me three]."),
            ("I get {gift} if my marks are fine.", "[Lucky|I never get anything]."),
            ("Swap your sticker for mine?", "[Only the gold one|No way]."),
            ("Dare you to sing in the bus.", "[You first|Done that]."),
            ("Which street is the shop in, the one next to your house?", "[Mill street|I show you]."),
            ("You look like sixteen in that jacket.", "[I wish|Haha, thanks]."),
            ("Wait for me at the gate, I hate walking alone.", "[Hurry|Always]."),
        ),
    ),
)  # fmt: skip
