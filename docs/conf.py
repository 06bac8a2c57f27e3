"""How the documentation is built: see CONTRIBUTING.md. Every warning is an error."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

from pellucid.version import VERSION  # noqa: E402

project = "pellucid"
author = "the pellucid developers"
project_copyright = f"{author}, BSD-3-Clause"
version = release = VERSION

extensions = [
    "sphinx.ext.autodoc",
    "myst_parser",
    "sphinx_copybutton",
    "formulas",
    "shown",
    "course",
    "reference",
]
exclude_patterns = ["build"]
nitpicky = True
default_role = "code"  # `name` in a docstring is a parameter, or a piece of code
highlight_language = "none"

autodoc_typehints = "none"  # what a parameter takes stands in its description
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath", "colon_fence"]
copybutton_exclude = ".linenos, .gp, .go"

pygments_dark_style = "a11y-dark"

html_theme = "furo"
html_title = "pellucid"
html_static_path = ["static"]
html_css_files = ["pellucid.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5c99",
        "color-brand-content": "#1f5c99",
        "font-stack": "system-ui, sans-serif",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7db7f0",
        "color-brand-content": "#7db7f0",
    },
}
