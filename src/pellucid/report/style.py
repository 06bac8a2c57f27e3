"""How the page looks: quiet paper, one accent, light and dark, small and large, on paper."""

from __future__ import annotations

__all__ = ["POLICY", "STYLE"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

STYLE = """
:root { --paper: #fdfdfb; --panel: #f4f4f0; --ink: #22262b; --muted: #5b6269; --line: #b4b6b5;
  --grid: #e6e6e2; --accent: #005ab5; --contrast: #be5000; --most: 60%;
  --class-2: #6da045; --class-3: #8a6a93; --class-4: #b98600; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #15181b; --panel: #1d2125; --ink: #e9eaeb; --muted: #a5adb4; --line: #565d64;
    --grid: #2b3036; --accent: #6fb0f2; --contrast: #f0914f; --most: 45%;
    --class-2: #9fcb7b; --class-3: #c09cca; --class-4: #f2b725; }
  .cards .grey { filter: invert(.92); border-color: transparent; } }
* { box-sizing: border-box; }
@media (min-width: 120rem) { html { font-size: 125%; } }
@media (min-width: 200rem) { html { font-size: 175%; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header p { margin: 0; color: var(--muted); font-size: .875rem; }
h1 { margin: 0 0 1.5rem; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 1rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--muted); }
h1, h2, h3 { font-weight: 600; }
p { margin: 0 0 1rem; max-width: 40rem; }
section { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--grid); }
.wide { display: grid; gap: 0 2.5rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.wide > div, .wide > figure { margin-bottom: 1rem; }
.large { margin: 0 0 .5rem; line-height: 1.15; }
.large strong { display: block; font-size: clamp(3rem, 10vw, 4.5rem); font-weight: 600;
  letter-spacing: -.02em; color: var(--accent); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { max-width: calc(100vw - 2.5rem); text-align: left; color: var(--muted);
  font-size: .8125rem; padding-bottom: .5rem; }
th, td { padding: .25rem 1.25rem .25rem 0; text-align: right;
  border-bottom: 1px solid var(--grid); }
th { font-weight: 400; color: var(--muted); }
th:first-child { text-align: left; }
thead th { white-space: nowrap; }
th[scope=row] { color: var(--ink); overflow-wrap: break-word; min-width: 3.5rem; max-width: 16rem; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 600; }
.facts { min-width: min(100%, 20rem); }
.facts td { text-align: left; overflow-wrap: anywhere; }
.facts th[scope=row] { color: var(--muted); padding-right: 2rem; vertical-align: top; }
.told th, .told td { text-align: left; vertical-align: top; }
.told th[scope=row] { white-space: nowrap; }
.confusion th, .confusion td { padding: .3rem .25rem; text-align: center; font-size: .75rem;
  border: 1px solid var(--paper); min-width: 2.1rem; }
.confusion thead td, .confusion th[scope=row] { text-align: right; padding-right: .5rem; }
.confusion thead { color: var(--muted); vertical-align: bottom; }
.upright thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  max-height: 10rem; }
.confusion small { display: block; font-size: .625rem; line-height: 1.2; }
.few th, .few td { min-width: 4.5rem; padding: .5rem .25rem; font-size: .875rem; }
.few small { font-size: .75rem; }
.confusion tbody td { background: var(--panel); }
.confusion .none { color: var(--muted); }
.confusion .right { background:
  color-mix(in srgb, var(--accent) calc(var(--depth) * var(--most)), var(--panel)); }
.confusion .wrong { background:
  color-mix(in srgb, var(--contrast) calc(var(--depth) * var(--most)), var(--panel)); }
figure { margin: 0; }
.picture svg { display: block; width: 100%; height: auto; max-width: 28rem; overflow: visible;
  stroke-linejoin: round; stroke-linecap: butt; }
.picture text { font-family: inherit !important; }
figcaption { font-size: .8125rem; line-height: 1.35; color: var(--muted); margin-top: .25rem; }
figcaption span { display: block; overflow-wrap: anywhere; }
.cards { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(5.5rem, 20%), 1fr)); }
.cards img { display: block; width: 100%; image-rendering: pixelated;
  border: 1px solid var(--grid); }
.cards figcaption span:first-child, .layers figcaption span:first-child {
  color: var(--ink); font-weight: 600; }
.layers figure { margin-top: 1.25rem; }
.layers img { display: block; width: 100%; image-rendering: pixelated; }
pre { margin: 0; padding: .75rem 1rem; background: var(--panel); overflow-x: auto;
  font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--muted); font-size: .875rem; padding: .25rem 0; }
details[open] summary { margin-bottom: .5rem; }
ul { margin: 1rem 0 0; padding-left: 1.25rem; max-width: 40rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 30rem) {
  .many th, .many td { min-width: 0; padding: .3rem .1rem; font-size: .625rem; } }
@media print {
  :root { --paper: #ffffff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .wide { grid-template-columns: 1fr 1fr; }
  section { margin-top: 1.25rem; padding-top: .75rem; }
  figure, tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
  .scroll { overflow: visible; } pre { white-space: pre-wrap; } }
"""
