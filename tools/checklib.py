"""What the checkers share: C++ text without its comments and literals, and how a checker ends."""

import re
import sys

# Comments, raw strings, strings and characters; a digit separator (1'000) is no character literal.
LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL)


def code_of(text):
    """The text with comments blanked and literals emptied; every line keeps its number."""

    def blank(found):
        whole = found.group(0)
        kept = "" if whole.startswith("/") else '""'
        return kept + "\n" * whole.count("\n")

    return LITERAL.sub(blank, text)


def conclude(name, complaints):
    """Prints the complaints and ends the program: status 1 when there are any."""
    for complaint in complaints:
        print(complaint)
    print(f"{name}: {len(complaints)} complaints" if complaints else f"{name}: passed")
    sys.exit(1 if complaints else 0)
