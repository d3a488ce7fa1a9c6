from hpcmlff.spec.resources import ResourceRule, Resources, resources_of


def test_later_rules_win_where_their_condition_holds() -> None:
    rules = [
        ResourceRule(cpus=2, mem_gb=4),
        ResourceRule(when={"model": "sgdml", "size": ">= 600"}, mem_gb=64),
        ResourceRule(when={"model": "schnet"}, gpus=1, walltime="48h"),
    ]
    large = {"model": "sgdml", "size": 600}
    assert resources_of(large, rules) == Resources(cpus=2, mem_gb=64)
    assert resources_of({**large, "size": 599}, rules) == Resources(cpus=2, mem_gb=4)
    found = resources_of({"model": "schnet", "size": 200}, rules)
    assert (found.gpus, found.walltime, found.cpus) == (1, 172800, 2)


def test_without_rules_the_defaults_hold() -> None:
    assert resources_of({"model": "mean"}, []) == Resources()


def test_a_condition_on_another_models_hyperparameter_does_not_hold() -> None:
    rules = [ResourceRule(when={"sgdml.sigma": "> 10"}, cpus=8)]
    assert resources_of({"model": "schnet", "size": 1}, rules).cpus == 1
    assert resources_of({"model": "sgdml", "sgdml.sigma": 20}, rules).cpus == 8
