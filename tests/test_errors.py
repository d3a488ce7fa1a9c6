from hpcmlff.errors import GridError, HpcmlffError, StoreMismatch, nearest


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
