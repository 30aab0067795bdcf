import pytest

from filters.errors import UserError
from filters.verifiers import sandbox


@pytest.fixture
def jail(request, monkeypatch):
    """A fork server of the kind asked for, in the place of the usual one."""
    sandbox.close()
    monkeypatch.setenv("CURATE_SANDBOX", request.param)
    try:
        sandbox.layers()
    except UserError as error:
        pytest.skip(str(error))
    yield request.param
    sandbox.close()
