"""
The JSON5 reader beside two others: npm's json5 and Python's json5. Documents are
written at random by the grammar of the standard, then damaged; all readers have
to accept the same ones and to understand the same.

Usage: test_json5_peers.py READER [NUMBER [SEED]]. Exit status 77 where neither
of the others is installed.

Where we differ on purpose, the rule says so (see json5.h): a key that stands
twice, a lone surrogate, nesting beyond 64. Where another reader leaves the
standard, that is written down below with its reason, as narrowly as it can be.
"""
import os
import random
import re
import shutil
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LINE_ENDS = "\n\r\u2028\u2029"
BLANKS = [" ", "\t", "\v", "\f", "\u00a0", "\ufeff", "\u2003", *LINE_ENDS,
          "\r\n"]
NAMES = ["a", "$", "_x", "ключ", "a\u200cb", "\\u0061b", "Infinity", "null",
         "x1", "ℵ", "\U00020000"]


class Writer:
    """Documents by the grammar."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def chance(self, n):
        return self.r.randrange(n) == 0

    def blank(self):
        parts = []
        while self.chance(3):
            kind = self.r.randrange(6)
            if kind == 0:
                parts.append("// %s%s" % (self.r.choice(["", "x", "*/", "'"]),
                                          self.r.choice(LINE_ENDS)))
            elif kind == 1:
                parts.append("/*%s*/" % self.r.choice(
                    ["", "*", "/", "\n", " // ", "**"]))
            else:
                parts.append(self.r.choice(BLANKS))
        return "".join(parts)

    def character(self, quote):
        kind = self.r.randrange(14)
        if kind == 0:
            return "\\" + self.r.choice("bfnrtv'\"\\/aqz")
        if kind == 1:
            return "\\x%02x" % self.r.randrange(256)
        if kind == 2:
            return "\\u%04X" % self.r.choice(
                [0x41, 0x7f, 0xe9, 0x2028, 0xffff, 0x0, 0xd7ff, 0xe000])
        if kind == 3:
            return "\\ud83d\\ude00"
        if kind == 4:
            return "\\" + self.r.choice(["\n", "\r\n", "\r", "\u2028",
                                         "\u2029"])
        if kind == 5:
            return "\\0"
        if kind == 6:
            return self.r.choice(["\u2028", "\u2029", "\t", "é", "😀", "\x7f"])
        other = {"'": '"', '"': "'"}[quote]
        return self.r.choice("ab /*,:{}[]9" + other)

    def string(self):
        quote = self.r.choice("'\"")
        text = "".join(self.character(quote)
                       for _ in range(self.r.randrange(7)))
        # A digit behind \0 would be an octal escape, which there is none of.
        return quote + re.sub(r"(\\0)(?=\d)", r"\1_", text) + quote

    def number(self):
        sign = self.r.choice(["", "", "", "-", "+"])
        kind = self.r.randrange(8)
        if kind == 0:
            body = self.r.choice(["Infinity", "NaN"])
        elif kind == 1:
            body = self.r.choice(["0x", "0X"]) + "%x" % self.r.getrandbits(
                self.r.choice([4, 31, 52]))
        else:
            whole = str(self.r.choice([0, 7, 10, 123456789,
                                       self.r.getrandbits(62)]))
            part = str(self.r.getrandbits(self.r.choice([3, 30])))
            body = self.r.choice([whole, whole + ".", whole + "." + part,
                                  "." + part])
            if self.chance(3):
                body += self.r.choice("eE") + self.r.choice(["", "+", "-"]) + \
                    str(self.r.choice([0, 5, 22, 308, 400]))
        return sign + body

    def key(self, used):
        for _ in range(20):
            key = self.r.choice(NAMES) if self.chance(2) else self.string()
            if key not in used:
                used.add(key)
                return key
        return "z%d" % len(used)

    def items(self, write):
        parts = [write() for _ in range(self.r.randrange(4))]
        text = ",".join(parts)
        return text + ("," + self.blank() if parts and self.chance(3) else "")

    def value(self, depth=0):
        kind = self.r.randrange(4 if depth > 4 else 7)
        if kind == 0:
            text = self.r.choice(["null", "true", "false"])
        elif kind == 1:
            text = self.number()
        elif kind <= 3:
            text = self.string()
        elif kind == 4:
            text = "[%s%s]" % (self.blank(),
                               self.items(lambda: self.value(depth + 1)))
        else:
            used = set()
            text = "{%s%s}" % (self.blank(), self.items(
                lambda: "%s%s%s:%s" % (self.blank(), self.key(used),
                                       self.blank(), self.value(depth + 1))))
        return self.blank() + text + self.blank()

    def damaged(self, text):
        for _ in range(1 + self.r.randrange(3)):
            at = self.r.randrange(len(text) + 1)
            kind = self.r.randrange(5)
            if kind == 0:
                text = text[:at] + text[at + 1:]
            elif kind == 1:
                text = text[:at] + self.r.choice(
                    list("{}[],:'\"\\/*.+-eExu01\n _#") + BLANKS) + text[at:]
            elif kind == 2:
                text = text[:at]
            elif kind == 3:
                text = text[:at] + text[self.r.randrange(len(text) + 1):]
            else:
                text += self.value()
        return text


def documents(seed, number):
    w = Writer(seed)
    for _ in range(number):
        text = w.value()
        yield w.damaged(text) if w.chance(2) else text


def read_all(command, texts):
    data = b"".join(struct.pack("<I", len(b)) + b
                    for b in (t.encode("utf-8", "surrogatepass")
                              for t in texts))
    lines = subprocess.run(command, input=data, check=True,
                           stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout.decode().split("\n")
    assert len(lines) == len(texts) + 1, (command, len(lines), len(texts))
    return lines[:-1]


def is_ours(line):
    """We refuse more than the standard, by name."""
    return line in ("! duplicate-key", "! too-deep") or \
        line == "! encoding"


def is_npm_wrong(text, ours, theirs):
    """It lets lone surrogates pass."""
    del theirs
    pairs = r"\\u[dD][89a-bA-B][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    plain = re.sub(pairs, "", text.replace("\\\\", ""))
    return ours == "! syntax" and re.search(r"\\u[dD][89a-fA-F]",
                                            plain) is not None


def is_python_wrong(text, ours, theirs):
    """Python's json5 0.9.10 knows fewer blanks and escapes than the standard,
    more numbers, and lets control characters and line ends into strings."""
    if "!" in (ours[:1], theirs[:1]) and not re.fullmatch(
            r"[ \n\[\]{},:'\"a-zA-Z0-9$_.+-]*", text):
        return True
    if "-0" in text and theirs == "#0000000000000000":
        return True
    # Numbers: "1." with an exponent, "+" before words, leading zeros.
    if re.search(r"[+-]\s*(Infinity|NaN|0[xX])|0\d|\.(?![0-9])|[eE]", text):
        return True
    return "\\" in text or any(c in text for c in LINE_ENDS[1:])


def compare(name, command, texts, ours, is_wrong):
    theirs = read_all(command, texts)
    n_both = n_neither = n_excused = n_told = 0
    for text, mine, other in zip(texts, ours, theirs):
        if mine[:1] == other[:1] == "!":
            n_neither += 1
        elif mine == other:
            n_both += 1
        elif is_ours(mine) or is_wrong(text, mine, other):
            n_excused += 1
        else:
            n_told += 1
            if n_told <= 10:
                print("%r\n  ours   %s\n  %-6s %s" % (text, mine, name, other))
    print("%s: %d documents: %d read alike, %d refused by both, %d excused, "
          "%d differ" % (name, len(texts), n_both, n_neither, n_excused,
                         n_told))
    # Most of it is compared, and neither side just refuses.
    assert n_both > len(texts) // 4 and n_neither > len(texts) // 20
    assert n_excused < len(texts) // 4 or name == "python"
    return n_told


def main():
    reader = sys.argv[1]
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    texts = list(documents(seed, number))
    ours = read_all([reader], texts)
    told = n_peers = 0
    environment_path = "/usr/share/nodejs"
    node = shutil.which("node") or shutil.which("nodejs")
    if node:
        os.environ.setdefault("NODE_PATH", environment_path)
        if not subprocess.run([node, "-e", "require('json5')"],
                              stderr=subprocess.DEVNULL).returncode:
            told += compare("npm", [node, os.path.join(HERE, "peer.js")],
                            texts, ours, is_npm_wrong)
            n_peers += 1
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import json5"],
                          stderr=subprocess.DEVNULL).returncode:
            continue
        # It is slow: a part is enough to be a second opinion.
        few = [i for i, t in enumerate(texts) if len(t) < 60][:number // 8]
        told += compare("python", [python, os.path.join(HERE, "peer.py")],
                        [texts[i] for i in few], [ours[i] for i in few],
                        is_python_wrong)
        n_peers += 1
        break
    if not n_peers:
        print("neither npm's nor Python's json5 is installed")
        sys.exit(77)
    sys.exit(1 if told else 0)


main()
