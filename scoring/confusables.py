"""Letters that are drawn like a Latin letter: Latin in another dress, and those of other scripts (after Unicode TR 39).

`DRESSED` are replaced wherever they stand. Letters of other scripts are replaced where the whole word then is Latin:
`LOOK_ALIKES` in words without any Latin letter, `MIXED_LOOK_ALIKES` also in words that mix scripts, where a weaker
likeness is enough. All are as they come out of case folding, NFKC and the removal of marks.
"""

BLACK_CIRCLES, BLACK_SQUARES = 0x1F150, 0x1F170


def _by_drawing(drawings: dict[str, str]) -> dict[str, str]:
    return {drawing: letter for letter, drawn in drawings.items() for drawing in drawn}


def _alphabet(first: int) -> dict[str, str]:
    return {chr(first + place): chr(ord("a") + place) for place in range(26)}


# Small capitals, strokes, hooks, tails and turned letters.
DRESSED = (
    _by_drawing(
        {
            "a": "ᴀɑɐ", "b": "ʙɓƀƅ", "c": "ᴄƈɕ", "d": "ᴅɖɗđƌ", "e": "ᴇɛǝə", "f": "ꜰƒ", "g": "ɢɡɠǥ", "h": "ʜɦħɥⱨ",
            "i": "ɪıɨɩ", "j": "ᴊɟʝ", "k": "ᴋƙⱪ", "l": "ʟłɫɭƚʅ", "m": "ᴍɱ", "n": "ɴɲɳŋƞ", "o": "ᴏøɵ", "p": "ᴘƥ",
            "q": "ꞯ", "r": "ʀɽɾɍ", "s": "ꜱʂƨƽ", "t": "ᴛƭʈŧ", "u": "ᴜʉ", "v": "ᴠʋⱱ", "w": "ᴡɯʍ", "y": "ʏƴɏ", "z": "ᴢƶʐⱬ",
        }
    )
    | _alphabet(BLACK_CIRCLES)
    | _alphabet(BLACK_SQUARES)
)  # fmt: skip

# Cyrillic, Greek, Cherokee, Lisu.
LOOK_ALIKES = _by_drawing(
    {
        "a": "аαᎪꓮ", "b": "вᏴꓐ", "c": "сᏟꓚ", "d": "ԁᎠꓓ", "e": "еᎬꓰ", "f": "ꓝ", "g": "Ꮐꓖ", "h": "нһᎻꓧ", "i": "іιᎥꓲ",
        "j": "јϳᎫꓙ", "k": "кκᏦꓗ", "l": "ӏᏞꓡ", "m": "мᎷꓟ", "n": "ꓠ", "o": "оοᎾꓳ", "p": "рρᏢꓑ", "q": "ԛ", "r": "Ꮢꓣ",
        "s": "ѕᏚꓢ", "t": "тτᎢꓔ", "u": "υꓴ", "v": "νᏙꓦ", "w": "ԝᎳꓪ", "x": "хχꓫ", "y": "уүᎩꓬ", "z": "Ꮓꓜ",
    }
)  # fmt: skip

# Those, and more of Cyrillic, Greek and Armenian.
MIXED_LOOK_ALIKES = LOOK_ALIKES | _by_drawing(
    {
        "b": "бьβ", "e": "єзε", "g": "ԍց", "h": "ђԋհ", "j": "յ", "n": "пηո", "o": "σօ", "p": "ք", "q": "զ",
        "r": "гя", "u": "иս", "v": "ѵ", "w": "шѡωա", "y": "γ", "z": "ζ",
    }
)  # fmt: skip
