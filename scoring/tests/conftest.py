"""The platforms that send to the tests of scoring."""

import pytest

from licensees.models import Licensee
from scoring.pipeline import Model
from scoring.sample_corpus import generate
from scoring.tests.sending import Platform
from scoring.training import train


@pytest.fixture
def platform(northwind: Licensee) -> Platform:
    """Northwind's platform."""
    return Platform(northwind)


@pytest.fixture
def other_platform(lakeside: Licensee) -> Platform:
    """Lakeside's platform, which must see nothing of Northwind's."""
    return Platform(lakeside)


@pytest.fixture(scope="session")
def other_model() -> Model:
    """A second trained model, which says other things than `sample_model`."""
    corpus = generate(seed=8, count=300, share_positive=0.5, split="train")
    return train(corpus, seed=8, name="another of the tests", demonstration=True)[0]
