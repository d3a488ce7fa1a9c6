"""The page that collect --html writes, as a person meets it in a real browser."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from browser.tab import Tab
from evidence.finished import Outcome, make_finished

from hpcmlff.collect import main
from hpcmlff.store.attempts import claim, record_end, record_start


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a store with gaps and faults, and take it away from all else."""

    def shift(outcome: Outcome) -> None:
        outcome.energies += 3.0

    made = make_finished(tmp_path_factory.mktemp("study") / "store", molecules=("one", "two"))
    *cells, failed, _, shifted = made.frozen.cells
    for cell in cells:
        if (cell.model, cell.molecule, cell.size) != ("schnet", "two", 80):
            made.finish(cell)
    made.finish(shifted, shift)
    attempt = claim(made.store.cell(failed))
    record_start(attempt, {"record": 0, "threads": 1, "gpu": None})
    reason = "no <b>memory</b> & no time"
    record_end(attempt, {"outcome": "failed", "message": reason, "wall_s": 60.0, "cpu_s": 50.0})
    assert main([str(made.store.path), "--html"]) == 0
    alone = tmp_path_factory.mktemp("mailed") / "results.html"
    shutil.copy(made.store.path / "report" / "results.html", alone)
    return alone


def column(tab: Tab, table: str, number: int) -> list[str]:
    """Return what stands in a column of the rows that are shown."""
    found: list[str] = tab.value(
        f"[...document.querySelectorAll('{table} tbody tr')].filter(r => !r.hidden)"
        f".map(r => r.cells[{number}].textContent)"
    )
    return found


def heading(tab: Tab, name: str) -> int:
    """Return the number of a column of the table of all cells."""
    names = tab.value("[...document.querySelectorAll('#all th span')].map(s => s.textContent)")
    return int(names.index(name))


def test_it_opens_alone_without_a_word_on_the_console(tab: Tab, page: Path) -> None:
    tab.open(page)
    assert tab.troubles() == []
    assert tab.requests() == [page.as_uri()]
    assert tab.value("document.title") == "study: results"


def test_every_figure_is_there_and_has_a_size(tab: Tab, page: Path) -> None:
    tab.open(page)
    figures = tab.value(
        "[...document.querySelectorAll('figure')].map(f => { const s = f.querySelector('svg');"
        " const box = s.getBoundingClientRect();"
        " return [f.className, s.getAttribute('aria-label').slice(0, 24),"
        " s.querySelectorAll('path').length > 5,"
        " s.checkVisibility() && box.width > 400 && box.height > 60]; })"
    )
    shown = [figure for figure in figures if figure[3]]
    assert [name for name, *_ in shown] == [
        *["plot learning", "plot parity", "plot elements", "plot cost"] * 2,
        "plot efficiency",
    ]
    assert all(drawn for _, _, drawn, _ in figures)
    # Learning curves of mean absolute errors are folded up.
    assert [name for name, *_, size in figures if not size] == ["plot learning"] * 2


def test_points_of_parity_plots_are_drawn(tab: Tab, page: Path) -> None:
    tab.open(page)
    images = tab.value(
        "[...document.querySelectorAll('.parity image')].map(i => i.getBBox().width > 20)"
    )
    assert images == [True] * 8


def test_no_two_elements_have_one_name_and_no_reference_is_lost(tab: Tab, page: Path) -> None:
    tab.open(page)
    assert (
        tab.value(
            "(() => { const all = [...document.querySelectorAll('[id]')].map(e => e.id);"
            " return all.length - new Set(all).size; })()"
        )
        == 0
    )
    assert (
        tab.value(
            "[...document.querySelectorAll('use')].filter(u => !document.querySelector("
            "u.getAttribute('xlink:href') || u.getAttribute('href'))).length"
        )
        == 0
    )
    assert (
        tab.value(
            "[...document.querySelectorAll('[clip-path]')].filter(e => !document.getElementById("
            "e.getAttribute('clip-path').slice(5, -1))).length"
        )
        == 0
    )


def test_a_click_sorts_by_numbers_and_another_one_back(tab: Tab, page: Path) -> None:
    tab.open(page)
    place = heading(tab, "force RMSE")
    tab.click(f"#all th:nth-child({place + 1}) button")
    values = column(tab, "#all", place)
    numbers = [float(text) for text in values if text]
    assert len(numbers) == 31
    assert numbers == sorted(numbers)
    assert values[31:] == [""] * 5
    tab.click(f"#all th:nth-child({place + 1}) button")
    values = column(tab, "#all", place)
    assert [float(text) for text in values if text] == numbers[::-1]
    assert values[31:] == [""] * 5
    state = f"document.querySelectorAll('#all th')[{place}].ariaSort"
    assert tab.value(state) == "descending"


def test_sizes_are_sorted_as_numbers_and_models_as_words(tab: Tab, page: Path) -> None:
    tab.open(page)
    size, model = heading(tab, "size"), heading(tab, "model")
    tab.click(f"#all th:nth-child({size + 1}) button")
    assert column(tab, "#all", size) == ["20"] * 12 + ["40"] * 12 + ["80"] * 12
    tab.click(f"#all th:nth-child({model + 1}) button")
    tab.click(f"#all th:nth-child({model + 1}) button")
    assert column(tab, "#all", model) == ["sgdml"] * 18 + ["schnet"] * 18


def test_words_and_states_filter_the_cells(tab: Tab, page: Path) -> None:
    tab.open(page)
    count = "document.getElementById('count').textContent"
    assert tab.value(count) == "36 of 36 cells"
    tab.click("#filter")
    tab.type("sgdml 40 two")
    assert tab.value(count) == "3 of 36 cells"
    assert set(column(tab, "#all", heading(tab, "size"))) == {"40"}
    tab.value("document.getElementById('filter').value = ''")
    tab.value(
        "(() => { const s = document.getElementById('state'); s.value = 'failed';"
        " s.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert tab.value(count) == "1 of 36 cells"
    assert column(tab, "#all", heading(tab, "reason")) == ["no <b>memory</b> & no time"]


def test_the_keyboard_alone_reaches_and_works_everything(tab: Tab, page: Path) -> None:
    tab.open(page)
    tab.press("Tab")
    assert tab.value("document.activeElement.textContent") == "Skip to the results"
    tab.press("Tab")
    assert tab.value("document.activeElement.id") == "theme"
    tab.press("Space")
    assert tab.value("document.documentElement.dataset.theme") == "dark"
    reached = set()
    for _ in range(400):
        tab.press("Tab")
        name = tab.value("document.activeElement.id || document.activeElement.textContent")
        if name in reached and name == "Skip to the results":
            break
        reached.add(name)
        if name == "force RMSE kcal/mol/Å" and tab.value(
            "!!document.activeElement.closest('#all')"
        ):
            break
    assert {"filter", "state", "At a glance", "Quality"} <= reached
    outline = tab.value("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    tab.press("Enter")
    values = [float(text) for text in column(tab, "#all", heading(tab, "force RMSE")) if text]
    assert values == sorted(values)


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_small_screen_scrolls_down_only(tab: Tab, page: Path, width: int) -> None:
    tab.resize(width, 800, mobile=True)
    tab.open(page)
    assert tab.value("document.documentElement.scrollWidth") == width
    # What is wider scrolls in a box of its own, that the keyboard reaches as well.
    boxes = tab.value(
        "[...document.querySelectorAll('.scroll')].map(b => [b.tabIndex,"
        " b.getBoundingClientRect().right <= innerWidth])"
    )
    assert {tuple(box) for box in boxes} == {(0, True)}
    assert tab.troubles() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system_and_can_be_read(
    tab: Tab, page: Path, tmp_path: Path, scheme: str
) -> None:
    tab.prefer(scheme)
    tab.open(page)
    paper, ink = _colours(tab, "section p, section li")
    assert (_luminance(paper) > 0.5) == (scheme == "light")
    assert _contrast(paper, ink) > 7
    assert _contrast(paper, _colours(tab, ".plot svg text")[1]) > 7
    for kind in ("th small", ".remark", "td.gap", ".tag", "nav a", "figcaption"):
        assert _contrast(*_colours(tab, kind)) > 4.5, kind
    picture = matplotlib.image.imread(io.BytesIO(tab.picture(tmp_path / f"{scheme}.png")))
    assert (np.median(picture[..., :3]) > 0.5) == (scheme == "light")


def test_the_button_overrules_the_system_and_is_remembered(tab: Tab, page: Path) -> None:
    tab.prefer("dark")
    tab.open(page)
    words = "document.getElementById('theme').textContent"
    assert tab.value(words) == "Theme: system"
    tab.click("#theme")
    tab.click("#theme")
    assert tab.value(words) == "Theme: light"
    assert _luminance(_colours(tab, "section p, section li")[0]) > 0.5
    tab.open(page)
    assert tab.value(words) == "Theme: light"
    tab.click("#theme")
    assert _luminance(_colours(tab, "section p, section li")[0]) < 0.5


def test_paper_is_white_and_has_no_buttons(tab: Tab, page: Path) -> None:
    tab.prefer("dark", medium="print")
    tab.open(page)
    paper, ink = _colours(tab, "section p, section li")
    assert (_luminance(paper), _luminance(ink)) == (1.0, 0.0)
    shown = "getComputedStyle(document.querySelector('{}')).display"
    assert tab.value(shown.format(".filter")) == "none"
    assert tab.value(shown.format("nav")) == "none"
    pdf = tab.printed()
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 3 <= pages <= 15


def test_findings_name_cells_numbers_and_what_to_do(tab: Tab, page: Path) -> None:
    tab.open(page)
    text = tab.value("document.getElementById('quality').innerText")
    assert "energy-offset" in text
    assert "sgdml two 80 (seed 2): test energies are off by 3.00 kcal/mol on the mean" in text
    assert "cells-failed" in text
    assert "no <b>memory</b> & no time" in text
    assert tab.value("document.querySelectorAll('#quality b b').length") == 0


def test_gaps_stand_in_the_tables(tab: Tab, page: Path) -> None:
    tab.open(page)
    texts = "[...document.querySelectorAll('{}')].map(e => e.textContent)"
    assert tab.value(texts.format("td.gap")) == ["– pending"] * 4
    partly = tab.value(texts.format(".tables td.part"))
    assert [text.split(" ", 1)[1] for text in partly] == ["(1/3)"] * 4


def test_without_scripts_everything_is_there(tab: Tab, page: Path) -> None:
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(page)
    hidden = "getComputedStyle(document.querySelector('{}')).display"
    assert tab.value(hidden.format(".filter")) == "none"
    assert tab.value(hidden.format("#theme")) == "none"
    assert tab.value("document.querySelectorAll('#all tbody tr').length") == 36


def _colours(tab: Tab, selector: str) -> tuple[list[float], list[float]]:
    """Return what a text stands on and its own colour, red, green and blue from 0 to 1."""
    texts = tab.value(
        f"(() => {{ let one = document.querySelector({selector!r});"
        " const style = getComputedStyle(one);"
        " const ink = one instanceof SVGElement ? style.fill : style.color;"
        " while (getComputedStyle(one).backgroundColor === 'rgba(0, 0, 0, 0)')"
        " one = one.parentElement;"
        " return [getComputedStyle(one).backgroundColor, ink]; })()"
    )
    found = [[float(n) / 255 for n in re.findall(r"[\d.]+", text)[:3]] for text in texts]
    return found[0], found[1]


def _luminance(colour: list[float]) -> float:
    """Return relative luminance as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return round(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2], 6)


def _contrast(one: list[float], other: list[float]) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)
