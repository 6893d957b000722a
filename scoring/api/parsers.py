"""Reads a JSON body, gzip allowed, and stops at 20 MB whatever it would unpack to."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any, cast

from django.http.request import HttpHeaders
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from scoring.api.problems import TooLarge
from scoring.strict_json import NotStrictJSON, parse

LARGEST_BODY = 20 * 1024 * 1024
CHUNK = 64 * 1024
MOST_DISCARDED = 5 * LARGEST_BODY

TOO_LARGE = f"A body has at most {LARGEST_BODY:,} bytes after decompression. Send it in several calls."
NOT_GZIP = "The body is not gzip, although Content-Encoding says so, or it broke off."


class LimitedJSONParser(BaseParser):
    """Leaves the SHA-256 of the decompressed body in the parser's context, for the Idempotency-Key."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        # The framework hands over the request's own dictionary.
        context = cast(dict[str, Any], parser_context)
        _check_charset(media_type or self.media_type)
        body = read_body(stream, context["request"].headers)
        context["body_digest"] = hashlib.sha256(body).digest()
        try:
            return parse(body)
        except NotStrictJSON as fault:
            raise ParseError(str(fault)) from None


def read_body(stream: IO[bytes], headers: HttpHeaders) -> bytes:
    """The decompressed body, read in pieces. Raises a problem at the first byte over the limit."""
    encoding = headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise UnsupportedMediaType(encoding, "Content-Encoding may be gzip or absent.")
    pieces = iter(lambda: stream.read(CHUNK), b"")
    try:
        if int(headers.get("Content-Length") or 0) > LARGEST_BODY:
            raise TooLarge(TOO_LARGE)
        return _limited(unzipped(pieces) if "gzip" in encoding else pieces)
    except TooLarge:
        # A client that is still sending would see a broken connection instead of the answer.
        for _ in islice(pieces, MOST_DISCARDED // CHUNK):
            pass
        raise


def _limited(pieces: Iterator[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > LARGEST_BODY:
            raise TooLarge(TOO_LARGE)
    return bytes(body)


def unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """At most one chunk is unpacked at a time, so a bomb is never held whole."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for piece in pieces:
            waiting = piece
            while waiting and not unzip.eof:
                yield unzip.decompress(waiting, CHUNK)
                waiting = unzip.unconsumed_tail
            if unzip.eof and (waiting or unzip.unused_data):
                raise ParseError("The gzip body goes on after its end. Send one gzip member.")
        while not unzip.eof and (rest := unzip.decompress(b"", CHUNK)):
            yield rest
    except zlib.error:
        raise ParseError(NOT_GZIP) from None
    if not unzip.eof:
        raise ParseError(NOT_GZIP)


def _check_charset(media_type: str) -> None:
    _, parameters = parse_header_parameters(media_type)
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(media_type, "JSON is sent in UTF-8.")
