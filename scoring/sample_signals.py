"""The signals of the sample corpus for training, by characteristic."""

from scoring.sample_signals_approach import APPROACH
from scoring.sample_signals_closeness import CLOSENESS
from scoring.sample_signals_requests import REQUESTS

SIGNALS: dict[str, tuple[str, ...]] = APPROACH | CLOSENESS | REQUESTS
