from __future__ import annotations

from hpcmlff.report.page.svg import inlined

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="518.4pt" height="200pt" \
viewBox="0 0 518.4 200" xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><rdf:RDF>hpcmlff:0123</rdf:RDF></metadata>
 <defs>
  <style type="text/css">*{stroke-linejoin: round}</style>
 </defs>
 <g id="figure_1">
  <path id="m1" d="M 0 0" style="fill: #FFFFFF; stroke: #000000"/>
  <use xlink:href="#m1" style="stroke: #0072b2"/>
  <g clip-path="url(#p2)"><text style="fill: #4c4c4c">#000000</text></g>
  <clipPath id="p2"/>
 </g>
</svg>
"""


def test_names_are_the_figures_own() -> None:
    found = inlined(SVG, "f3", "label")
    assert 'id="f3-figure_1"' in found
    assert 'id="f3-m1"' in found
    assert 'href="#f3-m1"' in found
    assert "url(#f3-p2)" in found
    assert 'id="f3-p2"' in found


def test_colours_of_the_page_and_not_of_the_data_follow_the_theme() -> None:
    found = inlined(SVG, "f3", "label")
    assert 'style="fill: var(--paper); stroke: var(--ink)"' in found
    assert 'style="stroke: #0072b2"' in found
    assert '<text style="fill: var(--soft)">#000000</text>' in found


def test_it_grows_with_the_page_and_brings_nothing_along() -> None:
    found = inlined(SVG, "f3", "what it shows")
    assert found.startswith('<svg viewBox="0 0 518.4 200" role="img" aria-label="what it shows">')
    for unwanted in ("<?xml", "DOCTYPE", "<metadata", "<style", "width=", "518.4pt", "http"):
        assert unwanted not in found
