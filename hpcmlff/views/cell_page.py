"""What is known of one cell, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpcmlff.console import duration
from hpcmlff.report.labels import LABELS
from hpcmlff.spec.states import CellState
from hpcmlff.spec.variants import shown
from hpcmlff.views.history_tables import attempts_table, jobs_table, plain_table, why_lines
from hpcmlff.views.loss_plot import loss_plot
from hpcmlff.views.marks import STYLES

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table

_PLOT_WIDTH, _PLOT_HEIGHT = 76, 14
_STUCK = (CellState.FAILED, CellState.STOPPED, CellState.PENDING)


class CellPage:
    """Lays itself out for the width it is given.

    Parameters
    ----------
    facts
        What `hpcmlff.dossier.dossier` returned.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the parts that there is something to say in."""
        del console
        facts = self._facts
        yield _title(facts)
        yield from map(Text, _now(facts))
        if facts["tries"]:
            yield from ("", attempts_table(facts["tries"]))
        if facts["state"] in _STUCK:
            yield from map(Text, why_lines(facts, options.max_width))
        if facts["jobs"]:
            yield from ("", jobs_table(facts["jobs"]))
        if facts["metrics"]:
            yield from ("", _metrics(facts["metrics"], facts["provenance"]))
        if facts["losses"]:
            yield from map(Text, ["", *_losses(facts["losses"], options.max_width)])
        yield from map(Text, ["", *_settings(facts), *_provenance(facts["provenance"])])


def file_lines(facts: Mapping[str, Any]) -> list[str]:
    """Return where the cell's files are, one a line, never broken."""
    files, checkpoint = facts["files"], facts["checkpoint"] or {}
    listed = [("folder", files["folder"]), ("log", files["log"])]
    listed += [("checkpoint", checkpoint.get("file"))]
    listed += [("job output", path) for path in files["output"]]
    return [f"{name + ':':12} {path}" for name, path in listed if path]


def _title(facts: Mapping[str, Any]) -> Text:
    state = CellState(facts["state"])
    title = Text(f"{facts['label']}: ")
    title.append(state.value, STYLES[state])
    if facts["reason"]:
        title.append(f": {facts['reason']}")
    return title


def _now(facts: Mapping[str, Any]) -> Iterator[str]:
    progress, checkpoint = facts["progress"], facts["checkpoint"] or {}
    if facts["unasked"]:
        yield "the scheduler could not be asked about its job"
    if progress:
        words = [str(progress.get("phase", "")), _step(progress)]
        if progress.get("loss") is not None:
            words.append(f"loss {progress['loss']:.4g}")
        if progress.get("time_left_s") and facts["state"] == CellState.RUNNING:
            words.append(f"{duration(progress['time_left_s'])} left")
        yield ", ".join(words)
    if facts["report_age_s"] is not None:
        yield f"last heard of {duration(facts['report_age_s'])} ago"
    if checkpoint.get("damage"):
        yield str(checkpoint["damage"])
    elif checkpoint:
        age = "" if checkpoint["age_s"] is None else f", {duration(checkpoint['age_s'])} old"
        kind = "result" if checkpoint["final"] else "checkpoint"
        yield f"{kind} {checkpoint['sequence']} at step {checkpoint['step']}{age}"
    if train_s := _total(facts["tries"], "train_s"):
        most_gb = max(one["peak_mem_gb"] or 0.0 for one in facts["tries"])
        cpu = duration(_total(facts["tries"], "cpu_s"))
        yield f"up to there: {duration(train_s)} of training, {cpu} of CPU time, {most_gb:.1f} GiB"


def _total(tries: Sequence[Mapping[str, Any]], name: str) -> float:
    return sum(one[name] or 0.0 for one in tries)


def _step(progress: Mapping[str, Any]) -> str:
    return f"step {progress['step']:,} of {progress['steps']:,}"


def _metrics(metrics: Mapping[str, float], counts: Mapping[str, Any]) -> Table:
    table = plain_table(f"error on {counts.get('n_test', '?')} test frames")
    table.add_column("", justify="right")
    table.add_column("")
    for name, value in metrics.items():
        table.add_row(LABELS[name].name, f"{value:.4g}", LABELS[name].unit)
    return table


def _losses(losses: Sequence[tuple[int, float]], width: int) -> list[str]:
    step, lowest = min(losses, key=lambda point: point[1])
    newest = losses[-1]
    words = f"validation loss: lowest {lowest:.4g} at step {step:,}, newest {newest[1]:.4g}"
    if len(losses) == 1:
        return [words]
    return [words, *loss_plot(losses, min(width, _PLOT_WIDTH), _PLOT_HEIGHT)]


def _settings(facts: Mapping[str, Any]) -> Iterator[str]:
    settings = (f"{name}={shown(value)}" for name, value in sorted(facts["settings"].items()))
    yield f"settings: {', '.join(settings) or 'none'}"
    if facts["varied"]:
        yield f"varied by the grid: {', '.join(facts['varied'])}"
    asked = (f"{name}={value}" for name, value in facts["resources"].items())
    yield f"asks for: {', '.join(asked)}"


def _provenance(known: Mapping[str, Any]) -> Iterator[str]:
    if "python" not in known:
        return
    packages = (f"{name} {version}" for name, version in known.get("packages", {}).items())
    yield f"trained with: python {known['python']}, {', '.join(packages)}"
    machine = [known.get("host"), known.get("cpu"), known.get("gpu")]
    machine.append(f"threads {known['threads']}" if "threads" in known else None)
    yield f"on: {', '.join(str(one) for one in machine if one)}"
    if known.get("git_commit"):
        yield f"commit: {known['git_commit']}"
