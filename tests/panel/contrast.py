#!/usr/bin/env python3
"""The panel's colours: each pair that text or a control is drawn in reaches WCAG 2.2 AA, dark and light.

usage: contrast.py FOLDER (assets/panel). Reads the tokens of panel.css; prints the least of each kind, and each pair that falls short.
"""
import re
import sys
from pathlib import Path

GROUNDS = ["ground", "surface", "raised", "hover", "field"]
# Foreground → the grounds it is drawn on. Text wants 4.5; what is a border or a sign wants 3.
TEXT = {
    "text": GROUNDS + ["accent-tint", "good-tint", "bad-tint", "info-tint"],
    "soft": GROUNDS + ["accent-tint", "bad-tint"],
    "accent": ["ground", "surface", "raised", "accent-tint"],
    "good": ["ground", "surface", "raised", "good-tint"],
    "bad": ["ground", "surface", "raised", "bad-tint"],
    "info": ["ground", "surface", "raised", "info-tint", "accent-tint"],
    "on-accent": ["accent-fill"],
    "on-bad": ["bad-fill"],
    **{name: [f"{name}-tint"] for name in ("twitch", "youtube", "kick", "discord")},
}
SIGNS = {"edge": ["ground", "surface", "raised", "field"], "focus": GROUNDS, "good": ["surface"], "bad": ["surface"]}


def tokens(css):
    """Dark stands in :root, light in :root[data-theme="light"] and takes the rest from there."""
    def block(head):
        start = css.index(head) + len(head)
        return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-fA-F]{6})\b", css[start:css.index("}", start)]))
    dark = block(":root {")
    return {"dark": dark, "light": {**dark, **block(':root[data-theme="light"] {')}}


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def main():
    themes, short = tokens((Path(sys.argv[1]) / "panel.css").read_text(encoding="utf-8")), []
    for theme, colours in themes.items():
        for kind, pairs, least in (("text", TEXT, 4.5), ("signs", SIGNS, 3.0)):
            found = [(contrast(colours[front], colours[back]), front, back) for front, backs in pairs.items() for back in backs]
            short += [f"{theme}: --{front} on --{back}: {value:.2f}, {least} is wanted" for value, front, back in found if value < least]
            print("%s, %s: %d pairs, least %.2f (--%s on --%s)" % (theme, kind, len(found), *min(found)))
    print("\n".join(short))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
