"""Makes a PDF/A-3 of a Typst source and data, in a process of its own that ends with its work.

Typst keeps what it set in memory for its next runs; here nothing of a referral stays behind, a document that takes
too long is given up, and whatever else a process of this installation holds is out of reach. Run as a script, this
file is that process: it imports nothing of Artemis.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import typst

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
STANDARD: Final = "a-3a"
LONGEST_SECONDS = 60


class CannotBeSet(Exception):
    """Typst refused the document, or took too long."""


class TookTooLong(CannotBeSet):
    """Another try would take as long."""


def typeset(source: bytes, *, said: dict[str, Any], at: int) -> bytes:
    """`said` reaches the source as sys.inputs.said, as JSON; `at` is the time that the PDF bears, in Unix seconds."""
    order = json.dumps({"source": source.decode(), "said": json.dumps(said), "at": at})
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(Path(__file__))],
            input=order.encode(),
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
            env={},
            cwd=FONTS,
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong(f"The report took more than {LONGEST_SECONDS} s.") from None
    if done.returncode:
        # What Typst said may quote the document: it goes nowhere.
        raise CannotBeSet("The report could not be set.")
    return done.stdout


def _compile(source: bytes, *, said: str, at: int) -> bytes:
    """No system fonts, no packages, no file outside the folder of fonts: the same bytes on every machine."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    nowhere = FONTS / "no-packages"
    compiler = typst.Compiler(
        input=source,
        root=FONTS,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"said": said},
        package_path=nowhere,
        package_cache_path=nowhere,
    )
    made = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=at)
    if not isinstance(made, bytes):
        raise TypeError("A PDF is one file.")
    return made


def _main() -> int:
    order = json.load(sys.stdin.buffer)
    try:
        made = _compile(order["source"].encode(), said=order["said"], at=order["at"])
    except RuntimeError:
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
