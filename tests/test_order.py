"""The longest files begin first: see conftest.py."""

from conftest import LONGEST, place_of
from tests.machinery import REPOSITORY


def test_each_name_is_that_of_a_file_or_a_folder():
    assert [name for name in LONGEST if not list(REPOSITORY.glob(f"{name}*"))] == []


def test_those_stand_before_all_others(request):
    places = [place_of(item.nodeid) for item in request.session.items]
    assert places == sorted(places)
    assert place_of("review/tests/test_care.py::test_x") > place_of("tests/browser/test_finding.py::test_x")
