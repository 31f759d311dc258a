"""The HTML page's jinja2 templates and style sheet, read by :mod:`reports.html`; no code and no decisions."""
