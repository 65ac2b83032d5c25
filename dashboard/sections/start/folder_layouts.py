"""Pictures of the folder layouts that are understood."""

from base64 import b64encode
from html import escape

_LAYOUTS = (
    ("One folder per class", ("leaves/", "  oak/", "    1.jpg", "  beech/", "    2.jpg", "  unlabeled/", "    3.jpg")),
    ("No labels yet", ("leaves/", "  1.jpg", "  2.jpg", "  3.jpg")),
    ("Given splits", ("leaves/", "  train/", "    oak/", "    beech/", "  val/", "  test/", "    oak/")),
    ("A table", ("leaves/", "  images/", "  labels.csv", "", "file,label", "images/1.jpg,oak", "images/2.jpg,")),
)
_LINE, _WIDTH = 15, 158  # pixels


def pictures() -> str:
    """Return HTML of one small picture a layout, with its name below."""
    cells = "".join(
        f'<figure style="margin:0">{_picture(name, lines)}<figcaption style="font-size:0.8rem;opacity:0.75">'
        f"{escape(name)}</figcaption></figure>"
        for name, lines in _LAYOUTS
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px">{cells}</div>'


def _picture(name: str, lines: tuple[str, ...]) -> str:
    height = _LINE * len(lines) + 12
    drawn = "".join(_line(number, text) for number, text in enumerate(lines))
    label = escape(f"{name}: " + ", ".join(text.strip() for text in lines if text))
    size = f'width="{_WIDTH}" height="{height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{drawn}</svg>'
    style = "display:block;border:1px solid rgba(128,128,128,.35);border-radius:6px"
    return f'<img src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" alt="{label}" style="{style}">'


def _line(number: int, text: str) -> str:
    depth = (len(text) - len(text.lstrip())) // 2
    x, y, name = 8 + 14 * depth, _LINE * (number + 1), text.strip()
    if name.endswith("/"):
        icon = f'<path d="M{x} {y - 9}h4l1 2h6v7h-11z" fill="#d9a441"/>'
    elif name.endswith(".jpg"):
        icon = f'<rect x="{x}" y="{y - 9}" width="10" height="9" rx="1" fill="#5b8def"/>'
    else:
        icon = ""
    left = x + (15 if icon else 0)
    return f'{icon}<text x="{left}" y="{y - 1}" font-size="10.5" fill="#7d8290">{escape(name)}</text>'
