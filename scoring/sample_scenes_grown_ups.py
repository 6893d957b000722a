"""Benign situations with grown ups in their role for training: each says what a signal would say, for a reason."""
# ruff: noqa: E501 - a phrase with its choices reads best on one line

from scoring.sample_scenario import MINOR, OTHER, Scenario

GROWN_UPS: tuple[Scenario, ...] = (
    Scenario(
        "coach",
        (OTHER, MINOR),
        (
            ("Training on {day} is at {hour}, [please be on time|at the usual place].", "[Okay coach|Will be there|Thanks]."),
            ("Can you [come|make it] to the match on {day}? We meet at {place} at {hour} with the whole team.", "[Yes|I have to ask at home]."),
            ("I need to know which year you were born, for the under fourteen list.", "I am in the [under fourteen|under twelve] group."),
            ("Your parents can drive you or you take the team bus.", "[Mum drives|I take the bus]."),
            ("Well played, you have grown up as a player this season.", "[Thanks coach|Thank you]!"),
            ("Please show this message to your parents.", "[I will|They have read it]."),
            ("The club will give everyone a new shirt.", "[Great|What colour]?"),
            ("Sorry for shouting today, I did not mean it like that.", "[It is fine|We played badly]."),
            ("We keep our line-up to ourselves until {day}, not a word to the other team.", "[Of course|Promise]."),
            ("If you feel pain, stop at once and tell me or your parents.", "[I will|The knee is better]."),
            ("Tell me your shirt size and your full name for the list.", "[Small|The name is on the form]."),
            ("The group chat is now on {app}, your parents are in it too.", "[Found it|Mum has joined]."),
        ),
    ),
    Scenario(
        "teacher",
        (OTHER, MINOR),
        (
            ("Please hand in the {subject} work by {day}.", "[Okay|Can I have one more day]?"),
            ("Which class are you in, and who is your form teacher?", "[Seven b|Eight a, Mister Bell]."),
            ("Your parents can see the marks in the school portal.", "[They know|Okay]."),
            ("If something worries you, talk to the school counsellor or to your parents.", "[Thank you|I will]."),
            ("The trip to {place} needs a signed letter from home.", "[It is in my bag|Dad signed it]."),
            ("That was a very mature essay, well argued.", "[Thank you|It took me days]."),
            ("You missed the test, when can you write it?", "[On {day}|I was ill]."),
            ("I asked twice for the form, please bring it now.", "[Sorry|I forgot it again]."),
            ("Never share your password, not even with friends.", "[I know|Okay]."),
        ),
    ),
    Scenario(
        "tutor",
        (OTHER, MINOR),
        (
            ("Our {subject} lesson is on {day} at {hour}, at your kitchen table as always.", "[Okay|Mum bakes {food}]."),
            ("My camera does not work today, so we use the shared board.", "[No problem|I can hear you]."),
            ("I send the link for the video lesson to your mother.", "[She has it|Thanks]."),
            ("Only a small favour: do the first page on your own.", "[Okay|Must I]?"),
            ("You understood that faster than any of my pupils.", "[Really|It was your drawing]."),
            ("Are your parents there? I would like to talk about the hours.", "[Dad is, wait|At {hour}]."),
            ("Did you tell your teacher that you need more time?", "[Not yet|She knows]."),
        ),
    ),
    Scenario(
        "music_teacher",
        (OTHER, MINOR),
        (
            ("Bring the {instrument} on {day}, we practise for the concert.", "[Okay|It needs a new string]."),
            ("How long have you played the {instrument}, since you were {age}?", "[Two years|Since the first class]."),
            ("I love that piece too, it was my favourite at school.", "[It is hard|The end is nice]."),
            ("Promise me ten minutes a day.", "[Promise|I try]."),
            ("Your parents may sit in the lesson whenever they like.", "[Mum comes on {day}|Okay]."),
        ),
    ),
    Scenario(
        "club_leader",
        (OTHER, MINOR),
        (
            ("We go to {place} on {day}, your parents have the letter.", "[I am coming|They have signed]."),
            ("How old are you now? From {age} on you may lead a group.", "[Not yet|In spring]."),
            ("Who do I ring if something happens, and under which number?", "[My mum, it is on the card|My gran]."),
            ("There are always two of us leaders with you.", "[Okay|Who is the other one]?"),
            ("Everybody brings a torch, and nobody goes off alone.", "[Got one|Okay]."),
            ("Our song for the last evening stays a secret.", "[I told nobody|When do we practise]?"),
        ),
    ),
    Scenario(
        "doctor",
        (OTHER, OTHER),
        (
            ("What is the date of birth of your child, please?", "[May of twenty twelve|It is in your file]."),
            ("The appointment is on {day} at {hour}, please come with one parent.", "[We will|Can we move it]?"),
            ("Everything you tell the doctor is private.", "[Good|Thank you]."),
            ("Which school does she go to, for the letter?", "[The one near {place}|The new one]."),
            ("How old is he, and what does he weigh?", "[{age}, forty kilos|I must look]."),
            ("If he feels alone or sad, there is a line for children to ring.", "[Thank you|We have the number]."),
            ("Is anyone with him at home this week?", "[My mother is|I took days off]."),
        ),
    ),
    Scenario(
        "library",
        (OTHER, MINOR),
        (
            ("Your book about {topic} is here, come by until {day}.", "[After school|Thanks]."),
            ("For a card we need your name, your address and a parent's signature.", "[I bring it|My dad has one]."),
            ("The reading club meets on {day} at {hour}, it is free.", "[Is it for {age} too|I will come]."),
            ("Which books do you like? I like {topic} as well.", "[Anything with dragons|Comics]."),
        ),
    ),
    Scenario(
        "colleagues",
        (OTHER, OTHER),
        (
            ("Keep this between us until the meeting, please.", "[Sure|I heard nothing]."),
            ("Are you alone in the office or is the boss in?", "[He is out|All here]."),
            ("Shall we have lunch at {place} at {hour}?", "[Yes|Only if there is {food}]."),
            ("The call moves to {app}, use the new link.", "[Joined|No sound yet]."),
            ("You are the only one who understands this file.", "[Sadly|I wrote it]."),
            ("Please delete the old list when you have read it.", "[Done|Which one]?"),
            ("I asked three times now, can you send me the numbers?", "[Today|Sorry, yes]."),
            ("How old is that printer, fifteen?", "[Older than me|It still works]."),
            ("Do me a small favour and print this.", "[Sure|On which floor]?"),
        ),
    ),
    Scenario(
        "couple",
        (OTHER, OTHER),
        (
            ("I miss you, when are you home?", "[At {hour}|On {day}]."),
            ("Nobody makes {food} like you do.", "[Flatterer|I know]."),
            ("Are the kids asleep?", "[At last|One is]."),
            ("Just the two of us on {day}? My mother takes the children.", "[Yes please|At last]."),
            ("Do not tell the boys about the trip, it is a surprise.", "[Not a word|They guess something]."),
            ("Are you still cross? I am sorry about this morning.", "[A bit|Forget it]."),
            ("I bought you {gift}, happy anniversary.", "[You are sweet|I forgot, help]."),
        ),
    ),
)  # fmt: skip
