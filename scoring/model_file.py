"""Writes and reads a model as one deterministic file: a canonical JSON header and plain arrays, nothing executable.

The file is an uncompressed NumPy `.npz` (a zip of `.npy` members, NumPy format 1.0, no pickle) with fixed
times, so the same model gives the same bytes. Weights are sparse by row: `buckets` are the rows that are not
all zero, `weights` those rows as whole numbers of 16 bits, and `vocabulary` the bits of the words that training saw.
The header is canonical JSON (RFC 8785) in UTF-8, held as bytes.
"""

import ast
import json
import math
import struct
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
import rfc8785

from scoring.characteristics import BY_KEY
from scoring.features import BUCKETS, VOCABULARY_BITS

FORMAT = "artemis-model/2"
LARGEST_FILE = 200_000_000
LARGEST_HEADER = 1_000_000
MEMBERS = ("header.npy", "buckets.npy", "weights.npy", "vocabulary.npy")
KINDS = {"header.npy": "|u1", "buckets.npy": "<i4", "weights.npy": "<i2", "vocabulary.npy": "|u1"}
OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "demonstration": bool,
    "seed": int,
    "corpus_digest": str,
    "languages": list,
    "heads": list,
    "head_scales": list,
    "head_intercepts": list,
    "untrained": list,
    "classifier": dict,
    "libraries": dict,
    "card": dict,
}
CLASSIFIER_FIELDS = ("scale", "power", "noise_mean", "noise_deviation", "intercept", "slope", "offset")
READING_WEIGHTS = ("whole", "window", "peak")


class ModelFileError(ValueError):
    """The bytes are not a model file of this form; the message says what is wrong."""


def write_model_file(header: dict[str, Any], weights: np.ndarray, vocabulary: np.ndarray) -> bytes:
    """Return the file for a header, weights, [buckets, 1 + K] int16, and the words seen, [2²⁰] bool."""
    narrow = np.asarray(weights, dtype="<i2")
    rows = np.flatnonzero(narrow.any(axis=1)).astype("<i4")
    text = rfc8785.dumps(header | {"format": FORMAT})
    arrays = (
        np.frombuffer(text, dtype="u1"),
        rows,
        np.ascontiguousarray(narrow[rows]),
        np.packbits(vocabulary),
    )
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, array in zip(MEMBERS, arrays, strict=True):
            archive.writestr(_member(name), _npy(array))
    return out.getvalue()


def _member(name: str) -> ZipInfo:
    member = ZipInfo(name, OLDEST_ZIP_TIME)
    member.create_system = 3
    member.external_attr = 0o644 << 16
    return member


def _npy(array: np.ndarray) -> bytes:
    out = BytesIO()
    np.lib.format.write_array(out, array, version=(1, 0), allow_pickle=False)
    return out.getvalue()


def read_model_file(data: bytes) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Return header, dense weights, [buckets, 1 + K] int16, and vocabulary, [2²⁰] bool. Raises ModelFileError."""
    if len(data) > LARGEST_FILE:
        raise ModelFileError(f"The model file is larger than {LARGEST_FILE:,} bytes.")
    arrays = _members(data)
    header = _header(arrays["header.npy"])
    weights = _dense(header, arrays["buckets.npy"], arrays["weights.npy"])
    return header, weights, _vocabulary(arrays["vocabulary.npy"])


def _vocabulary(packed: np.ndarray) -> np.ndarray:
    if packed.shape != (2**VOCABULARY_BITS // 8,):
        raise ModelFileError("The vocabulary of the model file has a wrong size.")
    return np.unpackbits(packed).astype(bool)


def _members(data: bytes) -> dict[str, np.ndarray]:
    try:
        with ZipFile(BytesIO(data)) as archive:
            if tuple(archive.namelist()) != MEMBERS:
                raise ModelFileError("The model file does not hold the four expected parts.")
            if any(member.compress_type != ZIP_STORED for member in archive.infolist()):
                raise ModelFileError("A part of the model file is compressed; a model file never is.")
            return {name: _array(name, archive.read(name)) for name in MEMBERS}
    except (
        BadZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        struct.error,
        UnicodeDecodeError,
    ) as error:
        raise ModelFileError("The model file is damaged: it is not a complete zip archive.") from error


def _array(name: str, data: bytes) -> np.ndarray:
    """Read one array without trusting its description: the shape must fit the bytes that follow."""
    if data[:8] != b"\x93NUMPY\x01\x00" or len(data) < 10:
        raise ModelFileError(f"{name} is not a NumPy array of format 1.0.")
    start = 10 + struct.unpack("<H", data[8:10])[0]
    shape = _shape(name, data[10:start])
    kind = np.dtype(KINDS[name])
    if math.prod(shape) * kind.itemsize != len(data) - start:
        raise ModelFileError(f"{name} does not hold as many values as it says.")
    return np.frombuffer(data, dtype=kind, offset=start).reshape(shape)


def _shape(name: str, description: bytes) -> tuple[int, ...]:
    try:
        described = ast.literal_eval(description.decode("latin-1").strip())
        kind, fortran, shape = described["descr"], described["fortran_order"], described["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise ModelFileError(f"{name} has an unreadable description.") from error
    plain = isinstance(shape, tuple) and all(isinstance(size, int) and size >= 0 for size in shape)
    if kind != KINDS[name] or fortran is not False or not plain:
        raise ModelFileError(f"{name} is not of the expected kind.")
    return shape


def _header(raw: np.ndarray) -> dict[str, Any]:
    if raw.ndim != 1 or raw.size > LARGEST_HEADER:
        raise ModelFileError("The header of the model file has a wrong size.")
    try:
        header = json.loads(raw.tobytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelFileError("The header of the model file is not JSON.") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ModelFileError(f"This is not a model of the form {FORMAT}; train it again with this version.")
    _check_fields(header)
    return header


def _check_fields(header: dict[str, Any]) -> None:
    for name, kind in FIELDS.items():
        if not isinstance(header.get(name), kind):
            raise ModelFileError(f"The header of the model file lacks {name} or has it in another form.")
    if not all(isinstance(key, str) and key in BY_KEY for key in header["heads"] + header["untrained"]):
        raise ModelFileError("The model file names a characteristic that this version does not know.")
    if not all(isinstance(language, str) for language in header["languages"]):
        raise ModelFileError("The model file does not say which languages it was evaluated on.")
    if len(set(header["heads"])) != len(header["heads"]):
        raise ModelFileError("The model file names a characteristic twice.")
    if not len(header["heads"]) == len(header["head_scales"]) == len(header["head_intercepts"]):
        raise ModelFileError("The model file does not have one scale and one intercept for each head.")
    _check_classifier(header["classifier"])
    if not all(map(_is_number, header["head_scales"] + header["head_intercepts"])):
        raise ModelFileError("A number in the header of the model file is missing or not finite.")


def _check_classifier(classifier: dict[str, Any]) -> None:
    weights, centres = classifier.get("weights"), classifier.get("centres")
    if not isinstance(weights, dict) or not isinstance(centres, dict) or not set(centres) <= set(weights):
        raise ModelFileError("The classifier of the model file lacks its weights.")
    numbers = [classifier.get(name) for name in CLASSIFIER_FIELDS]
    numbers += [weights.get(name) for name in READING_WEIGHTS] + [*weights.values(), *centres.values()]
    if not all(map(_is_number, numbers)):
        raise ModelFileError("A number in the header of the model file is missing or not finite.")
    if classifier["slope"] <= 0 or min(weights[name] for name in READING_WEIGHTS) < 0:
        raise ModelFileError("The calibration of the model file is not monotone.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _dense(header: dict[str, Any], rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    columns = 1 + len(header["heads"])
    if rows.ndim != 1 or values.shape != (rows.size, columns):
        raise ModelFileError("The weights of the model file do not fit its heads.")
    in_order = bool((np.diff(rows.astype(np.int64)) > 0).all())
    if rows.size and (rows[0] < 0 or rows[-1] >= BUCKETS or not in_order):
        raise ModelFileError("The buckets of the model file are out of range or out of order.")
    weights = np.zeros((BUCKETS, columns), dtype=np.int16)
    weights[rows] = values
    return weights
