"""A model survives its file to the byte; a file that is damaged or made up is refused in words."""

import json
import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.model_file import MEMBERS, ModelFileError, read_model_file
from scoring.pipeline import Model
from scoring.tests.trained import held_out, small_model


def file_of(**changed: bytes) -> bytes:
    """The small model's file with some of its parts exchanged."""
    with ZipFile(BytesIO(small_model().to_bytes())) as archive:
        parts = {name: archive.read(name) for name in MEMBERS} | {f"{k}.npy": v for k, v in changed.items()}
    return zipped(parts)


def zipped(parts: dict[str, bytes], **options: int) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", **options) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def npy(array: np.ndarray) -> bytes:
    out = BytesIO()
    np.save(out, array)
    return out.getvalue()


def header_of(**changed: object) -> bytes:
    header = small_model().header | {"format": "artemis-model/2"} | changed
    return npy(np.frombuffer(json.dumps(header).encode(), dtype="u1"))


def test_a_model_read_back_scores_the_same_and_has_the_same_bytes():
    data = small_model().to_bytes()
    again = Model.from_bytes(data)
    assert again.to_bytes() == data
    assert again.digest == small_model().digest
    conversations = [turns for _, turns in held_out()]
    assert again.score_many(conversations) == small_model().score_many(conversations)


def test_the_file_holds_plain_arrays_that_numpy_reads_without_pickle():
    with np.load(BytesIO(small_model().to_bytes()), allow_pickle=False) as arrays:
        assert arrays["weights"].dtype == np.int16
        header = json.loads(arrays["header"].tobytes())
    assert header["name"] == "small"
    assert header["demonstration"] is True
    assert set(header["libraries"]) == {"python", "numba", "numpy", "scipy", "scikit-learn"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_byte_never_gives_another_model(data):
    whole = small_model().to_bytes()
    place = data.draw(st.one_of(st.integers(0, 4_000), st.integers(0, len(whole) - 1), st.integers(-300, -1)))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        header, weights, vocabulary = read_model_file(bytes(changed))
    except ModelFileError:
        return
    assert header["corpus_digest"] == small_model().header["corpus_digest"]
    assert np.array_equal(weights, small_model().weights)
    assert np.array_equal(vocabulary, small_model().vocabulary)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100), st.binary(max_size=200))
def test_a_cut_file_or_other_bytes_are_refused(percent, other):
    whole = small_model().to_bytes()
    for data in (whole[: len(whole) * percent // 101], other):
        with pytest.raises(ModelFileError):
            Model.from_bytes(data)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"header": header_of(format="artemis-model/0")}, "This is not a model of the form artemis-model/2"),
        (
            {"header": header_of(heads=["unheard_of"], head_intercepts=[0.0])},
            "names a characteristic that this version",
        ),
        (
            {"header": header_of(head_intercepts=[])},
            "does not have one scale and one intercept for each head",
        ),
        ({"header": header_of(seed="one")}, "lacks seed or has it in another form"),
        ({"header": header_of(classifier={})}, "The classifier of the model file lacks its weights."),
        (
            {"header": header_of(classifier=small_model().header["classifier"] | {"scale": None})},
            "A number in the header of the model file is missing",
        ),
        (
            {"header": header_of(classifier=small_model().header["classifier"] | {"slope": -1.0})},
            "The calibration of the model file is not monotone.",
        ),
        ({"vocabulary": npy(np.zeros(9, dtype="u1"))}, "The vocabulary of the model file has a wrong size."),
        ({"header": npy(np.frombuffer(b"{", dtype="u1"))}, "The header of the model file is not JSON."),
        ({"header": header_of()[:-1]}, "header.npy does not hold as many values as it says."),
        ({"header": b""}, "header.npy is not a NumPy array of format 1.0."),
        ({"buckets": npy(np.array([1], dtype="<i4"))}, "The weights of the model file do not fit its heads."),
        ({"weights": npy(np.zeros((2, 2), dtype="<f8"))}, "weights.npy is not of the expected kind."),
    ],
)
def test_a_file_that_does_not_fit_together_is_refused_in_words(parts, words):
    with pytest.raises(ModelFileError, match=re.escape(words)):
        Model.from_bytes(file_of(**parts))


def test_a_description_that_promises_more_than_the_file_holds_is_refused_at_once():
    promised = npy(np.zeros(4, dtype="<i4")).replace(b"(4,), ", b"(4000000000,),"[:14])
    with pytest.raises(ModelFileError):
        Model.from_bytes(file_of(buckets=promised))


def test_rows_out_of_order_are_refused():
    with np.load(BytesIO(small_model().to_bytes())) as arrays:
        buckets = arrays["buckets"]
    with pytest.raises(ModelFileError, match="out of range or out of order"):
        Model.from_bytes(file_of(buckets=npy(buckets[::-1].copy())))


def test_a_pickled_array_is_refused_and_never_run():
    out = BytesIO()
    np.lib.format.write_array(out, np.array([print], dtype=object), version=(1, 0), allow_pickle=True)
    with pytest.raises(ModelFileError, match=r"weights.npy is not of the expected kind."):
        Model.from_bytes(file_of(weights=out.getvalue()))


def test_a_compressed_or_incomplete_archive_is_refused():
    with ZipFile(BytesIO(small_model().to_bytes())) as archive:
        parts = {name: archive.read(name) for name in MEMBERS}
    with pytest.raises(ModelFileError, match=r"A part of the model file is compressed"):
        Model.from_bytes(zipped(parts, compression=ZIP_DEFLATED))
    with pytest.raises(ModelFileError, match=r"does not hold the four expected parts"):
        Model.from_bytes(zipped({"header.npy": parts["header.npy"]}))
