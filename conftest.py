"""What every test may use: the people of tests/people.py and the makers of tests/factories.py."""

pytest_plugins = ["tests.people", "tests.factories", "tests.machinery"]
