"""How often PBS is asked, with ten thousand cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from pbs.conftest import QUEUES, StartPbs
from pbs.pbs_study import pbs_study

from hpcmlff import status
from hpcmlff.testing.fake_pbs import FakeQueue

CAP = 1000


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "history"), [(10_000, False), (2_000, True)])
def test_a_qsub_takes_as_many_cells_as_fit_and_one_qstat_tells_of_all(
    start_pbs: StartPbs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    cells: int,
    history: bool,
) -> None:
    waiting = FakeQueue(name="workq", started=False)
    pbs = start_pbs(queues=(waiting, QUEUES[1]), history=history)
    study = pbs_study(tmp_path, seeds=range(cells), history=history)
    assert study.submit() == 0
    assert len(pbs.counting.calls("qsub")) == cells // CAP
    before = len(pbs.counting.calls("qstat"))
    study.store.layout.polled.unlink(missing_ok=True)
    capsys.readouterr()
    assert status.main([str(study.store.path)]) == 0
    assert f"{cells} cells: {cells} queued" in capsys.readouterr().out
    assert len(pbs.counting.calls("qstat")) - before == 1
    assert study.cancel() == 0
    assert len(pbs.counting.calls("qdel")) == 1
    before = len(pbs.counting.calls("qstat"))
    study.store.layout.polled.unlink()
    assert status.main([str(study.store.path)]) == 0
    assert f"{cells} cells: {cells} pending" in capsys.readouterr().out
    assert len(pbs.counting.calls("qstat")) - before == 1 + history
