"""The seven pairs, and that both members are built from the parameters that are shown."""

import importlib

import numpy as np
import pytest
from stub_models import small_dataset

from probml.reports import Pair, default_pairs, mnist_pairs, select_pairs

PARAMETERS = {
    "lda": {},
    "qda": {"reg_param": 0.05},
    "gnb": {"var_smoothing": 0.1},
    "bnb": {"binarize": 0.5},
    "mnb": {},
    "logreg": {"C": 1.0, "max_iter": 1000},
    "mlp": {
        "hidden_layer_sizes": (512,),
        "solver": "adam",
        "alpha": 1e-4,
        "batch_size": 128,
        "max_iter": 5,
    },
}


def test_the_seven_pairs_and_their_parameters():
    assert {pair.name: dict(pair.parameters) for pair in mnist_pairs()} == PARAMETERS
    assert [pair.name for pair in mnist_pairs() if pair.stochastic] == ["mlp"]


@pytest.mark.parametrize("pair", mnist_pairs(), ids=lambda pair: pair.name)
@pytest.mark.parametrize("implementation", ["probml", "sklearn"])
def test_members_are_built_with_those_parameters(pair, implementation):
    model = pair.build(implementation, seed=3)
    assert type(model).__module__.startswith(implementation)
    actual = model.get_params()
    assert {name: actual[name] for name in pair.parameters} == PARAMETERS[pair.name]
    if pair.stochastic:
        assert actual["random_state"] == 3


def test_twins_have_one_name():
    for pair in mnist_pairs():
        ours, theirs = pair.build("probml", 0), pair.build("sklearn", 0)
        assert type(ours).__name__ == type(theirs).__name__


def test_small_data_gets_more_epochs_and_large_data_does_not():
    small = small_dataset()
    assert default_pairs(small)[-1].parameters["max_iter"] == 60
    large = type("D", (), {"y_train": np.zeros(10_000)})()
    assert default_pairs(large)[-1].parameters["max_iter"] == 5


def test_selection_keeps_order_and_names_what_is_unknown():
    assert [p.name for p in select_pairs(mnist_pairs(), "mlp,lda")] == ["lda", "mlp"]
    with pytest.raises(ValueError, match=r"expected models out of lda, .* \(got svm\)"):
        select_pairs(mnist_pairs(), "lda,svm")
    with pytest.raises(ValueError, match="got none"):
        select_pairs(mnist_pairs(), " , ")


def test_parameters_cannot_change_afterwards():
    given = {"a": 1}
    pair = Pair("p", "P", dict, dict, parameters=given)
    given["a"] = 2
    assert pair.build("probml", 0) == {"a": 1}
    with pytest.raises(TypeError):
        pair.parameters["a"] = 2


def test_listing_pairs_imports_no_model():
    module = importlib.import_module("probml.reports.pairs")
    assert not {"sklearn", "classifiers"} & set(vars(module))
