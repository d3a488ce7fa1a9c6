"""Figures of matplotlib inside a page: in its colours, and apart from each other."""

from __future__ import annotations

import re

_COLOURS = {
    "#000000": "var(--ink)",
    "#ffffff": "var(--paper)",
    "#4c4c4c": "var(--soft)",
    "#e6e6e6": "var(--rule)",
    "#f2f2f2": "var(--band)",
}
"""What is not data follows the page between light and dark; see `hpcmlff.report.styles.RC`."""

_COLOUR = re.compile("|".join(_COLOURS), re.IGNORECASE)
_STYLE = re.compile(r'style="[^"]*"')
_REFERENCE = re.compile(r'(\bid="|\bhref="#|url\(#)')
_UNWANTED = re.compile(r"<metadata>.*?</metadata>|<style\b.*?</style>|<defs>\s*</defs>", re.DOTALL)


def inlined(text: str, name: str, label: str) -> str:
    """Return an SVG file's picture as a part of a page.

    Parameters
    ----------
    text
        The file.
    name
        Put before all ids, which must be unique in the page.
    label
        What the picture shows, for who cannot see it; without quotes and angle brackets.
    """
    picture = _UNWANTED.sub("", text[text.index("<svg") :])
    picture = _STYLE.sub(lambda match: _themed(match[0]), picture)
    picture = _REFERENCE.sub(rf"\g<1>{name}-", picture)
    head, body = picture.split(">", 1)
    head = re.sub(r'\s(?:width|height|version|xmlns(?::xlink)?)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{label}">{body}'


def _themed(style: str) -> str:
    return _COLOUR.sub(lambda match: _COLOURS[match[0].lower()], style)
