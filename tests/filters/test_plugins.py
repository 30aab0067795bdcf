import pytest

from filters.errors import UserError
from filters.plugins import load

TABLE = {"length": "filters.length:Length"}


def test_a_name_of_the_table_and_a_place_of_ones_own_are_loaded():
    from filters.length import Length

    assert load("length", "filters", "filter", TABLE) is Length
    assert load("filters.length:Length", "filters", "filter", TABLE) is Length


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lenght", "filters: no filter 'lenght'; did you mean 'length'? (your own is named"),
        ("nowhere:Length", "filters: there is no module 'nowhere' for 'nowhere:Length'"),
        (
            "filters.length:Lenght",
            "'filters.length' has no 'Lenght'; did you mean 'Length'?",
        ),
        ("filters.length:", "filters: no filter 'filters.length:'"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_line(name, said):
    with pytest.raises(UserError) as error:
        load(name, "filters", "filter", TABLE)
    assert said in str(error.value)


def test_an_error_inside_the_module_passes_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("import something_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_that"):
        load("broken_module:x", "filters", "filter")
