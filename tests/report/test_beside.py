from __future__ import annotations

import pandas as pd
import pytest

from hpcmlff.errors import InputError
from hpcmlff.report.beside import beside, beside_lines
from hpcmlff.report.markdown import document
from hpcmlff.report.reference.reading import METRICS, read, shipped, table

OWN = """\
label: paper
source: somewhere
measured: test errors
units: {energy: kJ/mol, length: nm}
curves:
  - model: schnet
    molecule: Ethanol
    size: [200, 800]
    energy_rmse: [4.184, 2.092]
    force_rmse: [83.68, 1]
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_units_are_brought_to_those_of_the_library(own):
    found = table([read(str(own))])
    assert (
        found["metric"].tolist() == ["energy_rmse_kcal_mol"] * 2 + ["force_rmse_kcal_mol_ang"] * 2
    )
    assert found["value"].tolist() == pytest.approx([1.0, 0.5, 2.0, 0.1 / 4.184])
    assert found["size"].tolist() == [200, 800, 200, 800]


def test_those_that_come_along_can_be_read():
    found = table(read(name) for name in shipped())
    assert list(shipped()) == ["published", "student_report"]
    assert set(found["metric"]) == set(METRICS.values())
    report = found[(found["label"] == "students' report") & (found["size"] == 1000)]
    chosen = report[report["metric"] == "energy_rmse_kcal_mol"].set_index(["model", "molecule"])
    assert chosen["value"].to_dict() == {
        ("schnet", "glycine"): 1.960,
        ("schnet", "azobenzene_rotation"): 4.682,
        ("schnet", "azobenzene_inversion"): 4.308,
        ("sgdml", "azobenzene_rotation"): 12.010,
        ("sgdml", "azobenzene_inversion"): 11.596,
    }
    # 11.6 kcal/mol is what a broadcast makes of energies whose standard deviation is 8.2.
    mace = found[(found["model"] == "MACE") & (found["metric"] == "force_mae_kcal_mol_ang")]
    assert mace["value"].tolist() == pytest.approx([0.06918], rel=1e-3)


def test_means_stand_beside_equal_sizes_only(small, own):
    found = beside(small, table([read(str(own))]))
    keys = ["molecule", "model", "size", "metric", "mean", "value", "times_lower"]
    assert found[keys].to_numpy().tolist() == [
        ["ethanol", "schnet", 200, "energy_rmse_kcal_mol", 1.25, 1.0, 0.8],
        ["ethanol", "schnet", 200, "force_rmse_kcal_mol_ang", 2.5, 2.0, 0.8],
    ]
    head, lines = beside_lines(found)
    assert head == ["molecule", "model", "error", "beside", "200"]
    assert lines[0][2:] == ["energy RMSE (kcal/mol)", "paper", "1.25, theirs 1: 1.2 times higher"]


def test_nothing_stands_beside_molecules_of_another_name(small, own):
    found = beside(small.assign(molecule="benzene"), table([read(str(own))]))
    assert found.empty
    assert beside(pd.DataFrame(), table([read(str(own))])).empty
    assert "Beside" not in document(small.assign(molecule="benzene"), [], [read(str(own))])


def test_sources_are_told_with_the_table(small, own):
    text = document(small, [], [read(str(own))])
    assert "- paper: somewhere. test errors" in text
    assert (
        "| ethanol | schnet | force RMSE (kcal/mol/Å) | paper | 2.5, theirs 2: 1.2 times higher |"
        in text
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "[4.184, 2.092]",
            "[4.184]",
            "own.yaml:6: curves.0: energy_rmse has 1 numbers for 2 sizes",
        ),
        ("energy: kJ/mol", "energy: kJ", "unknown energy unit 'kJ'"),
        ("2.092]", "-2.092]", "should be greater than 0"),
        ("label:", "lable:", "Did you mean 'label'?"),
    ],
)
def test_wrong_files_are_refused_with_file_and_line(own, before, after, message):
    own.write_text(OWN.replace(before, after), encoding="utf-8")
    with pytest.raises(InputError) as found:
        read(str(own))
    assert "own.yaml:" in str(found.value)
    assert message in str(found.value)


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(InputError, match="there is no reference 'publish'.*'published'"):
        read("publish")
