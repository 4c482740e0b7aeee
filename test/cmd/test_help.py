#!/usr/bin/env python3
"""Every verb and option that reeve takes has its place in the manual and in the
completion of both shells; and these have none that reeve does not take.

test_help.py REEVE SOURCE_ROOT BUILD_ROOT
"""
import os
import re
import subprocess
import sys
import unittest

REEVE, SOURCE = os.path.realpath(sys.argv[1]), sys.argv[2]
COMPLETION = os.path.join(SOURCE, "tools", "completion")


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as f:
        return f.read()


def help_text(*args):
    done = subprocess.run([REEVE, *args], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, (args, done)
    assert done.stderr == "", (args, done)
    return done.stdout


def verbs():
    return re.findall(r"^  ([a-z]+) {2,}\S", help_text("--help"), re.M)


def options(verb):
    """{long: short or None} of what the help of a verb names."""
    found = {}
    for short, name in re.findall(r"^  (?:(-\w), |    )(--[\w-]+)",
                                  help_text(verb, "--help"), re.M):
        found[name] = short or None
    return found


def manual(verb):
    """The page of a verb; a page may only name another."""
    if verb == "version":
        return read("doc", "man", "reeve.1")
    page = read("doc", "man", f"reeve-{verb}.1")
    other = re.match(r"\.so man1/(\S+)\s*$", page)
    return read("doc", "man", other[1]) if other else page


class Help(unittest.TestCase):
    def test_lines_fit(self):
        for verb in verbs():
            for line in help_text(verb, "--help").splitlines():
                self.assertLessEqual(len(line), 82, line)

    def test_help_has_three_forms(self):
        for verb in verbs():
            text = help_text(verb, "--help")
            self.assertEqual(text, help_text(verb, "-h"))
            self.assertEqual(text, help_text("help", verb))
            self.assertTrue(text.startswith(f"usage: reeve {verb}"), text)


class Manual(unittest.TestCase):
    def test_overview_names_every_verb(self):
        page = read("doc", "man", "reeve.1")
        for verb in verbs():
            self.assertRegex(page, rf"(?m)^\.It (Cm {verb}|Xr reeve-{verb} 1)$")

    def test_every_option_is_explained(self):
        for verb in verbs():
            page = manual(verb)
            for name, short in options(verb).items():
                with self.subTest(verb=verb, option=name):
                    self.assertRegex(page, rf"(?m)^\.It .*Fl -{name[2:]}\b")
                    if short:
                        self.assertRegex(page,
                                         rf"(?m)^\.It .*Fl {short[1:]}\b")

    def test_no_option_is_invented(self):
        pages = {}
        for verb in verbs():
            if verb != "version":
                pages.setdefault(manual(verb), []).append(verb)
        for page, of in pages.items():
            known = {"--help"}.union(*(options(v) for v in of))
            for line in re.findall(r"(?m)^\.It (Fl .*)$", page):
                for name in re.findall(r"Fl -([\w-]+)", line):
                    with self.subTest(verb=of, option=name):
                        self.assertIn("--" + name, known)

    def test_every_page_says_how_it_ends(self):
        for verb in verbs():
            self.assertRegex(manual(verb), r"(?m)^\.Sh EXIT STATUS$")
            self.assertRegex(manual(verb), r"(?m)^\.Sh EXAMPLES$")


class Rules(unittest.TestCase):
    def test_every_rule_of_a_route_is_explained(self):
        pages = manual("route") + manual("check")
        rules = set()
        for file in (("src", "route", "route.c"), ("src", "route", "check.c"),
                     ("src", "route", "walk.c"),
                     ("src", "route", "walk_check.c"),
                     ("src", "cmd", "route.c"), ("src", "cmd", "check.c")):
            # Long ones are written in two parts.
            text = re.sub(r'"\s+"', "", read(*file))
            rules.update(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text))
        self.assertGreater(len(rules), 15)
        for rule in rules:
            with self.subTest(rule=rule):
                self.assertRegex(pages, rf"(?<![\w-]){rule}(?![\w-])")


class Bash(unittest.TestCase):
    @staticmethod
    def offers(*words):
        script = """
            . "$1"
            shift
            COMP_WORDS=("$@")
            COMP_CWORD=$(($# - 1))
            COMP_LINE="$*"
            COMP_POINT=${#COMP_LINE}
            _reeve reeve "" ""
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(
            ["bash", "-c", script, "bash",
             os.path.join(COMPLETION, "reeve.bash"), *words],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return set(done.stdout.split())

    def test_verbs(self):
        self.assertEqual(self.offers("reeve", ""),
                         set(verbs()) | {"help", "--help", "--version"})
        self.assertEqual(self.offers("reeve", "help", ""), set(verbs()))

    def test_options(self):
        for verb in verbs():
            with self.subTest(verb=verb):
                self.assertEqual(self.offers("reeve", verb, "--"),
                                 set(options(verb)) | {"--help"})


class Zsh(unittest.TestCase):
    def setUp(self):
        self.text = read("tools", "completion", "_reeve")

    def body(self, name):
        found = re.search(rf"(?ms)^_reeve_{name}\(\)\n{{\n(.*?)^}}$", self.text)
        self.assertIsNotNone(found, name)
        return found[1]

    def array(self, name):
        found = re.search(rf"(?ms)^_reeve_options_{name}=\((.*?)^\)", self.text)
        self.assertIsNotNone(found, name)
        return found[1]

    def test_verbs_and_their_summaries(self):
        body = self.body("verb")
        for verb, summary in re.findall(r"^  ([a-z]+) {2,}(\S.*)$",
                                        help_text("--help"), re.M):
            self.assertIn(f"'{verb}:{summary}'", body)

    def test_options(self):
        for verb in verbs():
            body = self.body(verb)
            for name in re.findall(r"\$_reeve_options_(\w+)", body):
                body += self.array(name)
            # What stands in parentheses excludes; it offers nothing.
            body = re.sub(r"'\([^)]*\)'?", "'", body)
            offered = set(re.findall(r"--[a-z][\w-]*", body))
            with self.subTest(verb=verb):
                self.assertEqual(offered, set(options(verb)) | {"--help"})
            for name, short in options(verb).items():
                if short:
                    self.assertIn(f"{{{short},{name}}}", body)


if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
