"""A conversation's languages are found out however it is spelt; one that is hard to tell is left undetermined."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.attacks import ATTACKS
from scoring.language import LETTERS_READ, Language, identify, primary_subtag

ENGLISH = (
    "did you see the match yesterday, it was great",
    "no, I had to help my uncle with the garden all day",
    "the bus was late again and it rained",
    "we had soup for lunch and it was cold",
)
CHAT = (
    "u r gr8 thx",
    "lol idk wut 2 do 2nite",
    "k cya tmrw",
    "im gonna b l8 pls w8 4 me",
    "brb gotta go eat dinner",
)
ELSEWHERE = {
    "de": (
        "hast du das neue spiel schon probiert",
        "Meine Mutter kocht gerade Suppe, deshalb muss ich gehen.",
    ),
    "fr": ("tu fais quoi ce soir", "Il pleut depuis ce matin alors je reste à la maison avec mon chat."),
    "es": ("mañana no hay clase", "Mi hermana tiene un perro pequeño que duerme todo el día en el sofá."),
    "pt": ("o que vais fazer hoje", "O meu cão gosta de correr no jardim quando não está a chover."),
    "it": (
        "domani non c'è scuola",
        "Il mio gatto dorme sempre sulla sedia vicino alla finestra della cucina.",
    ),
    "nl": ("ik moet zo eten", "Mijn oma heeft een kleine hond die de hele dag op de bank ligt."),
    "sv": ("jag kommer tillbaka sen", "Min syster har en liten hund som sover på soffan hela dagen."),
    "da": (
        "jeg kommer tilbage om lidt",
        "I går spillede vi fodbold, og bagefter spiste vi is hos min mormor.",
    ),
    "pl": ("co robisz dzisiaj", "Moja siostra ma małego psa, który śpi cały dzień na kanapie."),
    "cs": ("co děláš dnes večer", "Můžeš mi zítra pomoct s úkolem, protože tomu vůbec nerozumím?"),
    "tr": ("bu akşam ne yapıyorsun", "Kız kardeşimin küçük bir köpeği var, bütün gün koltukta uyuyor."),
    "fi": ("tulen kohta takaisin", "Siskollani on pieni koira, joka nukkuu koko päivän sohvalla."),
    "hu": ("mit csinálsz ma este", "A nővéremnek van egy kis kutyája, aki egész nap a kanapén alszik."),
    "ro": ("ce faci în seara asta", "Sora mea are un câine mic care doarme toată ziua pe canapea."),
    "id": ("aku harus makan dulu", "Kemarin kami bermain bola di taman lalu makan es krim di rumah nenek."),
    "vi": ("tối nay bạn làm gì", "Ngày mai bạn có thể giúp tôi làm bài tập không, tôi không hiểu bài này?"),
    "tl": ("kakain muna ako", "May maliit na aso ang kapatid ko na natutulog buong araw sa sopa."),
    "sw": ("nitarudi baadaye", "Dada yangu ana mbwa mdogo ambaye analala siku nzima."),
    "ru": ("что ты делаешь", "У моей сестры есть маленькая собака, которая спит весь день на диване."),
    "el": ("τι κάνεις απόψε", "Η αδερφή μου έχει ένα μικρό σκύλο που κοιμάται όλη μέρα στον καναπέ."),
    "ar": ("ماذا تفعل هذا المساء", "عند أختي كلب صغير ينام طوال اليوم على الأريكة."),
    "hi": ("आज शाम को क्या कर रहे हो", "मेरी बहन के पास एक छोटा कुत्ता है जो पूरा दिन सोता है।"),
    "ja": ("今夜は何をしますか", "妹は小さい犬を飼っていて、一日中ソファーで寝ています。"),
    "ko": ("오늘 저녁에 뭐 해", "동생은 하루 종일 소파에서 자는 작은 개를 키워요."),
    "zh": ("你今天晚上做什么", "我妹妹有一只小狗，整天在沙发上睡觉。"),
    "th": ("เย็นนี้คุณทำอะไร", "น้องสาวของฉันมีหมาตัวเล็กที่นอนบนโซฟาทั้งวัน"),
}
REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.parametrize("code", ELSEWHERE)
def test_two_sentences_are_enough_to_name_a_language(code):
    found = identify(ELSEWHERE[code])
    assert found.code == code
    assert found.share_of(["en"]) < 0.1 < 0.5 < found.share_of([code])


@pytest.mark.parametrize("name", ["plain", *ATTACKS])
def test_misspelt_english_stays_english(name):
    rng = Random(4)
    texts = [text if name == "plain" else ATTACKS[name](text, rng) for text in ENGLISH * 3]
    found = identify(texts)
    assert found.share_of(["en"]) > 0.4
    assert found.code in {"en", "und"}


def test_english_in_the_spelling_of_chat_is_english():
    assert identify(CHAT).share_of(["en-GB"]) > 0.5


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_conversation_in_two_languages_has_a_share_of_both(share):
    rng = Random(8)
    texts = [rng.choice(ELSEWHERE["es"] if rng.random() < share else ENGLISH) for _ in range(60)]
    found = identify(texts)
    assert abs(found.share_of(["es"]) - share) < 0.2
    assert abs(found.share_of(["en"]) - (1 - share)) < 0.2


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["😀" * 90, "…"], ["\ud800\x00"], ["4 8 15 16 23 42"] * 9, ["xkq zzv qqw"] * 20],
    ids=["nothing", "empty", "emoji", "no characters", "numbers", "noise"],
)
def test_what_is_no_language_may_be_any(texts):
    found = identify(texts)
    assert (found.code, found.share_of(["en"]) > 0.9) == ("und", True)


def test_romanised_hindi_is_not_taken_for_a_language_that_it_is_not():
    texts = [
        "aaj shaam ko kya kar rahe ho",
        "meri behen ke paas ek chota kutta hai jo poora din sofa par sota hai",
    ]
    assert identify(texts).code == "und"


@pytest.mark.parametrize(
    ("tags", "share"),
    [
        (["de"], 0.6), (["de-AT"], 0.6), (["DE_ch"], 0.6), (["fr", "de"], 0.8), (["no"], 0.1), (["nb-NO"], 0.1),
        (["nn"], 0.1), (["en"], 0.1), (["tlh"], 1.0), (["en", "tlh"], 1.0), (["und"], 1.0),
        (["en", "mul"], 1.0), ([], 1.0),
    ],
)  # fmt: skip
def test_a_share_is_asked_by_language_tags(tags, share):
    found = Language(
        "de", 0.6, {"de": 0.6, "fr": 0.2, "no": 0.1, "nn": 0.0, "en": 0.04, "pcm": 0.06, "und": 0.0}
    )
    assert found.share_of(tags) == pytest.approx(share)


@pytest.mark.parametrize(("tag", "subtag"), [("pt-BR", "pt"), ("EN", "en"), ("zh_Hant", "zh"), ("", "")])
def test_a_tag_begins_with_its_language(tag, subtag):
    assert primary_subtag(tag) == subtag


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec=None, exclude_categories=())), max_size=6))
def test_any_strings_are_taken_and_shares_add_up(texts):
    found = identify(texts)
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-4)
    assert found.confidence == found.shares[found.code] == max(found.shares.values())


def test_only_the_beginning_is_read():
    beginning = [" ".join(ENGLISH)] * (LETTERS_READ // 100)
    assert identify([*beginning, *ELSEWHERE["de"] * 100]) == identify(beginning)


@pytest.mark.parametrize(
    "texts",
    [
        ["x" * 1_000_000],
        ["a" + "\u0301\u0316" * 500_000],
        [" " * 1_000_000] * 3,
        ["hi"] * 200_000,
        ["ฯ" * 1_000_000],
    ],
    ids=["one word", "marks", "blanks", "many messages", "three bytes each"],
)
def test_hostile_text_takes_little_time(texts):
    identify(["hello"])
    before = time.process_time()
    identify(texts)
    assert time.process_time() - before < 1


def test_threads_agree_and_load_one_model():
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda code: identify(ELSEWHERE[code]).code, list(ELSEWHERE) * 4))
    assert codes == list(ELSEWHERE) * 4


def test_nothing_is_loaded_before_the_first_question():
    code = "import scoring.language as l; print(l._loaded.cache_info().currsize)"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
