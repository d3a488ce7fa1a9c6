from hpcmlff.spec.resources import Asked, ResourceRule, Resources, resources_of


def test_later_rules_win_where_their_condition_holds() -> None:
    rules = [
        ResourceRule(cpus=2, mem_gb=4),
        ResourceRule(when={"model": "sgdml", "size": ">= 600"}, mem_gb=64),
        ResourceRule(when={"model": "schnet"}, gpus=1, walltime="48h"),
    ]
    large = {"model": "sgdml", "size": 600}
    assert resources_of(large, rules) == Asked(cpus=2, mem_gb=64)
    assert resources_of({**large, "size": 599}, rules) == Asked(cpus=2, mem_gb=4)
    found = resources_of({"model": "schnet", "size": 200}, rules)
    assert (found.gpus, found.walltime, found.cpus) == (1, 172800, 2)


def test_without_rules_the_defaults_hold() -> None:
    assert resources_of({"model": "mean"}, []) == Asked()


def test_a_condition_on_another_models_hyperparameter_does_not_hold() -> None:
    rules = [ResourceRule(when={"sgdml.sigma": "> 10"}, cpus=8)]
    assert resources_of({"model": "schnet", "size": 1}, rules).cpus == 1
    assert resources_of({"model": "sgdml", "sgdml.sigma": 20}, rules).cpus == 8


def test_auto_may_stand_for_memory_and_walltime() -> None:
    rules = [
        ResourceRule(mem_gb="auto", walltime="auto"),
        ResourceRule(when={"model": "mean"}, walltime="5m"),
    ]
    found = resources_of({"model": "mean"}, rules)
    assert (found.stated_gb, found.walltime, found.stated_walltime_s) == (None, 300, 300)
    other = resources_of({"model": "sgdml"}, rules)
    assert (other.walltime, other.stated_walltime_s) == ("auto", None)
    assert other.granted(2.0, 60) == Resources(mem_gb=2.0, walltime="60s")


def test_what_was_asked_survives_a_file() -> None:
    for asked in (Asked(mem_gb="auto", walltime="auto"), Asked(mem_gb=3, walltime="90m"), Asked()):
        assert Asked.model_validate(asked.model_dump(), strict=False) == asked


def test_auto_is_written_as_the_word() -> None:
    dumped = Asked(mem_gb="auto", walltime="auto").model_dump()
    assert (dumped["mem_gb"], dumped["walltime"]) == ("auto", "auto")
    assert Asked(walltime="90m").model_dump()["walltime"] == "5400s"


def test_the_last_rule_says_how_many_cells_share_a_job() -> None:
    rules = [ResourceRule(cells_per_job=4), ResourceRule(when={"size": "> 500"}, cells_per_job=1)]
    small, large = (resources_of({"size": size}, rules) for size in (500, 600))
    assert (small.cells_per_job, large.cells_per_job) == (4, 1)
    assert small.granted(2.0, 60) == Resources(mem_gb=2.0, walltime="60s", cells_per_job=4)
    assert resources_of({"size": 500}, []).cells_per_job is None


def test_what_was_asked_before_cells_could_share_jobs_is_read() -> None:
    old = {"cpus": 2, "gpus": 0, "mem_gb": 4.0, "walltime": None}
    assert Asked.model_validate(old, strict=False) == Asked(cpus=2)
