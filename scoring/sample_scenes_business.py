"""Benign situations with shops and services for training: each says what a signal would say, for a reason."""
# ruff: noqa: E501 - a phrase with its choices reads best on one line

from scoring.sample_scenario import OTHER, Scenario

BUSINESS: tuple[Scenario, ...] = (
    Scenario(
        "shop",
        (OTHER, OTHER),
        (
            ("Hello, your order of {gift} has been sent.", "[Thank you|When will it arrive]?"),
            ("Will someone be at home on {day} to take the parcel?", "[Yes, after {hour}|Please leave it with a neighbour]."),
            ("As a thank you, we added a gift voucher to your order.", "[Oh nice|Thank you]."),
            ("Please send us your order number and your postcode.", "[It is in the mail|One moment]."),
            ("You need to be over eighteen to order, what is your year of birth?", "[Nineteen eighty|I have sent my details]."),
            ("Your number is kept private and deleted after delivery.", "[Good|Thanks]."),
            ("Buy two and get {gift} for free.", "[No, thank you|Which colours]?"),
            ("We are sorry for the mistake, it will not happen again.", "[No problem|Third time]."),
        ),
    ),
    Scenario(
        "marketplace",
        (OTHER, OTHER),
        (
            ("Hi, I saw your advert for {thing}, is it still there?", "[Yes|Sold, sorry]."),
            ("How old is it, and does it work?", "[Three years, all fine|It has a scratch]."),
            ("Can I come and fetch it on {day}? What is your address?", "[After {hour}|I send it by mail]."),
            ("My last word is twenty, please think again.", "[No|Twenty five]."),
            ("Can you send me a photo of the back of it?", "[Later|I sent two]."),
            ("Write to my number, I am not often here.", "[I prefer it here|Okay]."),
            ("I pay now if you promise to keep it for me.", "[Until {day}|Agreed]."),
        ),
    ),
    Scenario(
        "help_desk",
        (OTHER, OTHER),
        (
            ("What is the name on your account, and which device is it?", "[The name of my firm|A laptop]."),
            ("Do not give your password to anybody, not even to us.", "[Understood|I changed it]."),
            ("Please install {app}, then I can see your screen.", "[It asks for a code|Installed]."),
            ("Delete the file and start again, does it work?", "[Yes|The same error]."),
            ("Is another person logged in at the moment?", "[My colleague|Only me]."),
            ("Try it once more, please, it often works the second time.", "[No|Now it does]."),
            ("How old is the machine?", "[Six years|New]."),
        ),
    ),
    Scenario(
        "craftsman",
        (OTHER, OTHER),
        (
            ("I could come on {day} at {hour}, is anyone in?", "[My wife is|I will be]."),
            ("What is the street and the number?", "[It is the last house|By {place}]."),
            ("How long have you lived there, and how old is the boiler?", "[Ten years|As old as the house]."),
            ("Send me a picture of the pipe, then I know what to bring.", "[Here it is|Too dark down there]."),
            ("You pay when it works, that is a promise.", "[Fair|Good]."),
        ),
    ),
    Scenario(
        "sports_club_office",
        (OTHER, OTHER),
        (
            ("For the pass of your daughter we need her year of birth.", "[Twenty thirteen|She is {age}]."),
            ("Two grown ups drive with each team to {place}.", "[I can drive|On which day]?"),
            ("Please put the photo from the match in the parents' group only.", "[Of course|Which group]?"),
            ("Nobody under sixteen goes home alone after {hour}.", "[I fetch him|Good rule]."),
            ("We give {gift} to every child at the end of the season.", "[They will love it|Who pays]?"),
        ),
    ),
    Scenario(
        "travel",
        (OTHER, OTHER),
        (
            ("We meet at the station at {hour}, do not be late.", "[I am never late|Which side]?"),
            ("Do you travel alone or with the family?", "[With {family}|Alone this time]."),
            ("Shall I pick you up from {town}?", "[That would be kind|I take the train]."),
            ("Which app do you use for the tickets, {app}?", "[Paper|Yes]."),
            ("The old one in the photo is me, I have more hair in real life.", "[Haha|I will find you]."),
        ),
    ),
)  # fmt: skip
