import pytest

from sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    """One sandbox for all tests of a file."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def v1(sandbox):
    """Stripe's client."""
    return sandbox.v1


@pytest.fixture
def faults(sandbox):
    """Sets a fault plan; it is cleared after the test."""
    yield sandbox.faults
    sandbox.faults()
