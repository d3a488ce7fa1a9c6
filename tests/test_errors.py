import re
from pathlib import Path

from hpcmlff import errors
from hpcmlff.errors import EXIT_CODES, GridError, HpcmlffError, StoreMismatch, nearest


def test_a_message_says_where_what_and_what_to_do() -> None:
    error = HpcmlffError("is wrong", where="grid.yaml:3: name", hint="Change it")
    assert str(error) == "grid.yaml:3: name: is wrong. Change it"


def test_a_message_without_place_or_hint_is_what_is_wrong() -> None:
    assert str(HpcmlffError("is wrong")) == "is wrong"


def test_each_kind_has_its_exit_code() -> None:
    assert (HpcmlffError.exit_code, GridError.exit_code, StoreMismatch.exit_code) == (1, 3, 4)


def test_the_nearest_word_is_suggested() -> None:
    assert nearest("sizes", ["size", "seed"]) == "Did you mean 'size'?"


def test_all_words_are_listed_where_none_is_near() -> None:
    assert nearest("xyz", ["size", "seed"]) == "Valid: seed, size"
    assert nearest("xyz", []) == ""


def errors_of(kind: type[HpcmlffError]) -> list[type[HpcmlffError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in errors_of(below))]


def test_every_error_ends_with_a_code_that_is_explained_and_stands_in_the_tree() -> None:
    tree = dict(re.findall(r"(\w+) +(\d+)", (errors.__doc__ or "").partition("::")[2]))
    for kind in errors_of(HpcmlffError):
        assert kind.exit_code in EXIT_CODES
        assert tree[kind.__name__] == str(kind.exit_code)


def test_the_documentation_has_the_same_codes() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Exit codes")[2].partition("##")[0]
    found = dict(re.findall(r"^\| (\d+) \| (.*) \|$", table, re.M))
    assert found == {str(code): meaning for code, meaning in EXIT_CODES.items()}
