#!/usr/bin/env python3
"""The panel's words: every key that the page asks for stands in every language, with the same parameters, and none is left over.

usage: strings.py FOLDER (assets/panel). No browser is needed. Prints each gap with file and key; exit status 1 if there were any.
"""
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

LANGUAGES = ["ar", "en", "es", "fa", "zh-Hans", "zh-Hant"]
# The forms that Intl.PluralRules may ask for with whole numbers and that each language tells apart (CLDR).
FORMS = {"ar": {"one", "two", "few", "many", "other"}, "en": {"one", "other"}, "es": {"one", "other"}, "fa": {"one", "other"},
         "zh-Hans": {"other"}, "zh-Hant": {"other"}}
ALL_FORMS = {"zero", "one", "two", "few", "many", "other"}
# Where a form says its number in words ("one message"), {n} may be missing.
MAY_LACK = {"zero", "one", "two"}


def split(key):
    stem, _, form = key.rpartition(".")
    return (stem, form) if form in ALL_FORMS else (key, None)


def parameters(text):
    return set(re.findall(r"\{(\w+)\}", text))


def read(folder, language, problems):
    path = folder / "strings" / f"{language}.json"
    pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    if keys != sorted(keys):
        first = next(a for a, b in zip(keys, sorted(keys)) if a != b)
        problems.append(f"{path.name}: not sorted, from {first!r} on")
    for key in {key for key in keys if keys.count(key) > 1}:
        problems.append(f"{path.name}: {key!r} stands there twice")
    if sum(line.startswith('  "') for line in path.read_text(encoding="utf-8").splitlines()) != len(pairs):
        problems.append(f"{path.name}: one key a line, two spaces before it")
    return dict(pairs)


def code_of(path):
    """Without comments: they give examples."""
    text = re.sub(r"^[ \t]*/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    return re.sub(r"^[ \t]*//.*$", "", text, flags=re.M)


def used_keys(folder):
    """Exact keys, and beginnings that are completed while running: t(`poll.state_${state}`)."""
    exact, begun = defaultdict(set), defaultdict(set)
    for path in sorted(folder.glob("*.js")):
        text = code_of(path)
        for key in re.findall(r'"([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)"', text):
            exact[key].add(path.name)
        for key in re.findall(r"`([a-z][a-z0-9_]*\.[a-z0-9_]*)\$\{", text):
            begun[key].add(path.name)
    return exact, begun


def asked_keys(folder):
    """Those that stand in a call of t() for certain."""
    found = defaultdict(set)
    for path in sorted(folder.glob("*.js")):
        for key in re.findall(r'\bt\("([^"]+)"', code_of(path)):
            found[key].add(path.name)
    return found


def check_language(language, words, english, problems):
    stems, ours = defaultdict(dict), defaultdict(dict)
    for key, text in english.items():
        stem, form = split(key)
        stems[stem][form] = text
    for key, text in words.items():
        stem, form = split(key)
        ours[stem][form] = text
    for stem in sorted(set(stems) | set(ours)):
        if stem not in ours:
            problems.append(f"{language}.json: {stem!r} is missing ({english.get(stem) or stems[stem].get('other')!r} in English)")
        elif stem not in stems:
            problems.append(f"{language}.json: {stem!r} is not in en.json")
        else:
            check_forms(language, stem, stems[stem], ours[stem], problems)


def check_forms(language, stem, theirs, ours, problems):
    wanted = FORMS[language] if None not in theirs else {None}
    for form in sorted(wanted - set(ours), key=str):
        problems.append(f"{language}.json: {stem!r} lacks the form {form!r}")
    for form in sorted(set(ours) - wanted - {"zero"}, key=str):
        problems.append(f"{language}.json: {stem!r} has the form {form!r}, which this language does not ask for")
    expected = set().union(*(parameters(text) for text in theirs.values()))
    for form, text in ours.items():
        optional = {"n"} if form in MAY_LACK else set()
        if not text.strip():
            problems.append(f"{language}.json: {stem!r} is empty")
        if parameters(text) - expected or expected - optional - parameters(text):
            problems.append(f"{language}.json: {stem!r}{f' ({form})' if form else ''} has {sorted(parameters(text))}, English has {sorted(expected)}")


def main():
    folder, problems = Path(sys.argv[1]), []
    words = {language: read(folder, language, problems) for language in LANGUAGES}
    stems = {split(key)[0] for key in words["en"]}
    for language in LANGUAGES:
        check_language(language, words[language], words["en"], problems)
    exact, begun = used_keys(folder)
    for key, places in asked_keys(folder).items():
        if key not in stems:
            problems.append(f"{', '.join(sorted(places))}: t({key!r}) has no words in en.json")
    for stem in sorted(stems):
        if stem not in exact and not any(stem.startswith(beginning) for beginning in begun):
            problems.append(f"en.json: {stem!r} is used nowhere")
    print("\n".join(problems) or f"{len(stems)} keys in {len(LANGUAGES)} languages, no gap")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
