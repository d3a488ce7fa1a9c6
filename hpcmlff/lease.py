"""``python -m hpcmlff.lease``: which site trains which cells."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import completing, console

if TYPE_CHECKING:
    from hpcmlff.leasing import Leased
    from hpcmlff.store.store import Store

_EXAMPLES = console.examples(
    "python -m hpcmlff.lease runs/study                              who has what",
    "python -m hpcmlff.lease runs/study 'schnet/*' --to vega         give cells away",
    "python -m hpcmlff.lease runs/study --every 2 --to vega          half of them",
    "python -m hpcmlff.lease runs/study '*' --take-back --force      from a site that is lost",
    "python -m hpcmlff.lease runs/study --here office                name this site",
)


@click.command(epilog=_EXAMPLES)
@click.argument("words", nargs=-1, shell_complete=completing.cells, metavar="[STORE] [PATTERN]...")
@click.option("--to", metavar="SITE", help="Give the cells to this site.")
@click.option("--every", type=click.IntRange(min=1), help="Only every so many of them.")
@click.option("--take-back", is_flag=True, help="Take the cells from the sites that have them.")
@click.option("--force", is_flag=True, help="Do so although those sites do not know of it.")
@click.option("--here", metavar="SITE", help="Name the site whose own store this is.")
@click.option(
    "--profile",
    shell_complete=completing.profiles,
    help="Profile after which this site is called; else it is recognised.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON on stdout.")
def command(words: Sequence[str], *, here: str | None, profile: str | None, **given: Any) -> int:
    """Say which site trains which cells of STORE (a folder or a grid file).

    PATTERN is as for status: 'schnet/glycine/*', digits of an id, size>=800. Without a
    lease every store trains all of its cells. After the first one each cell belongs to one site:
    give cells away, copy the store, merge the copy into a store there; submit and resume then
    leave alone what other sites have. A site is called as its profile, or as --here says.
    """
    from hpcmlff.finding import store_and_selection

    found, named = store_and_selection(words)
    _check(given | {"cells": bool(named)})
    if here is not None:
        _name(found, here, first=bool(given["to"]))
    if not (given["to"] or given["take_back"]):
        return _show(found, given["as_json"])
    given |= {"named": named, "profile": found.site.here() or here or _recognised(profile)}
    return _give(found, given) if given["to"] else _take(found, given)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.lease", argv)


def _name(store: Store, here: str, *, first: bool) -> None:
    from hpcmlff.sites import name_site
    from hpcmlff.store.names import checked_name

    checked_name(here, "site")
    if first and not store.leases.resolved() and not store.site.stated():
        # It is written down with the first lease.
        return
    with store.exclusive():
        name_site(store, here)


def _recognised(profile: str | None) -> str:
    from hpcmlff.executors.recognition import choose_profile

    return choose_profile(profile, console.say).name


def _check(given: dict[str, Any]) -> None:
    wanted = given["to"] or given["take_back"]
    if given["to"] and given["take_back"]:
        raise click.UsageError("--to gives cells away, --take-back takes them: choose one")
    if given["every"] and not given["to"]:
        raise click.UsageError("--every goes with --to SITE")
    if wanted and not (given["cells"] or given["every"]):
        raise click.UsageError("say which cells; '*' for all")
    if not wanted and given["cells"]:
        raise click.UsageError("say what is to be done with the cells: --to SITE or --take-back")
    if given["take_back"] and not given["force"]:
        raise click.UsageError(
            "--take-back is for sites that are lost: one that still trains the cells would train "
            "them a second time. Else let that site give them: lease STORE CELLS --to SITE. If it "
            "is lost, add --force"
        )


def _give(store: Store, given: dict[str, Any]) -> int:
    from hpcmlff.leasing import give

    named, every = given["named"], given["every"] or 1
    made = give(store, named, to=given["to"], profile=given["profile"], every=every)
    if given["as_json"]:
        console.emit_json(_facts(store, made, given["to"]))
        return 0
    _tell(made, f"gave {{}} to the site {given['to']!r}")
    copy, own = f"from-{made.here}", shlex.quote(str(store.path))
    click.echo(f"next, at {given['to']}: rsync -a THIS_HOST:{own}/ {copy}/")
    click.echo(f"then: python -m hpcmlff.store merge {copy} runs/{store.name}")
    return 0


def _take(store: Store, given: dict[str, Any]) -> int:
    from hpcmlff.leasing import take

    made = take(store, given["named"], profile=given["profile"])
    console.say(
        "warning: if the site they were taken from still trains these cells, they are trained "
        "twice; cancel its jobs, and merge this store into its own before it submits again"
    )
    if given["as_json"]:
        console.emit_json(_facts(store, made, made.here))
        return 0
    _tell(made, f"took {{}} back to the site {made.here!r}")
    click.echo(console.next_step("hpcmlff.resume", store.path))
    return 0


def _tell(made: Leased, what: str) -> None:
    from hpcmlff.announcing import kinds
    from hpcmlff.reconcile import counted

    click.echo(what.format(kinds(made.cells)))
    if made.stay:
        click.echo(f"the others stay as they are: {counted(made.stay)}")


def _facts(store: Store, made: Leased, to: str) -> dict[str, Any]:
    stay = {one.cell.id: one.state.value for one in made.stay}
    leased = [cell.id for cell in made.cells]
    return {"store": str(store.path), "here": made.here, "to": to, "leased": leased, "stay": stay}


def _show(store: Store, as_json: bool) -> int:
    from hpcmlff.store.headers import is_done
    from hpcmlff.store.merging_leases import in_dispute

    leases, here = store.leases.resolved(), store.site.here()
    rows: dict[str, list[int]] = {}
    cells = store.current_grid().cells
    for cell in cells if leases else ():
        row = rows.setdefault(leases.of(cell.id).site, [0, 0])
        row[0] += 1
        row[1] += is_done(store.cell(cell))
    if as_json:
        sites = {site: {"cells": n, "done": done} for site, (n, done) in rows.items()}
        holders = {cell.id: leases.of(cell.id).site for cell in cells} if leases else {}
        facts = {"store": str(store.path), "here": here or None, "sites": sites}
        console.emit_json({**facts, "cells": holders})
        return 0
    click.echo(f"{store.path}: {f'the site {here!r}' if here else 'no site has been named'}")
    for site, (number, done) in sorted(rows.items()):
        click.echo(f"  {site}: {number} cells, {done} of them done here")
    for label, what in in_dispute(leases):
        click.echo(f"warning: {label} {what}")
    if not leases:
        click.echo(f"nothing is leased: this store trains all of its {len(cells)} cells")
    click.echo(console.next_step("hpcmlff.status", store.path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
