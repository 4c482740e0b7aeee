"""A small client of reeve lsp: what an editor does, without the editor."""
import json
import os
import pathlib
import queue
import subprocess
import threading

from reeve_test import REEVE

PATIENCE = 60


def frame(body):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def units(text, encoding="utf-16"):
    if encoding == "utf-16":
        return len(text.encode("utf-16-le")) // 2
    return len(text.encode()) if encoding == "utf-8" else len(text)


def position(text, offset, encoding="utf-16"):
    """The position of a character of @text, lines ending in \\n."""
    before = text[:offset].split("\n")
    return {"line": len(before) - 1,
            "character": units(before[-1], encoding)}


def offset(text, at, encoding="utf-16"):
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[:at["line"]])
    n = 0
    while units(lines[at["line"]][:n], encoding) < at["character"]:
        n += 1
    return start + n


def cut(text, range_, encoding="utf-16"):
    """What a range holds."""
    return text[offset(text, range_["start"], encoding):
                offset(text, range_["end"], encoding)]


class Client:
    def __init__(self, encoding="utf-16", initialize=True, cwd=None,
                 **options):
        self.run = subprocess.Popen([REEVE, "lsp"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, cwd=cwd)
        self.encoding = encoding
        self.arrived = queue.Queue()
        self.published = {}
        self.others = []
        self.last_id = 0
        self.texts = {}
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        if initialize:
            self.capabilities = self.initialize(**options)

    def _listen(self):
        out = self.run.stdout
        while True:
            length = None
            while True:
                line = out.readline()
                if not line:
                    self.arrived.put(None)
                    return
                if line == b"\r\n":
                    break
                name, _, value = line.partition(b":")
                assert name == b"Content-Length", line
                length = int(value)
            body = out.read(length)
            self.arrived.put(json.loads(body))

    def close(self):
        try:
            self.run.stdin.close()
        except BrokenPipeError:
            pass
        self.run.wait(PATIENCE)
        self.listener.join(PATIENCE)
        self.run.stdout.close()
        self.run.stderr.close()

    def write(self, data):
        self.run.stdin.write(data)
        self.run.stdin.flush()

    def send(self, message):
        self.write(frame(message))

    def read(self):
        """The next message; None at the end."""
        message = self.arrived.get(timeout=PATIENCE)
        if message and message.get("method") == \
                "textDocument/publishDiagnostics":
            self.published[message["params"]["uri"]] = message["params"]
        elif message and "method" in message:
            self.others.append(message)
        return message

    def ask(self, method, params=None):
        """A request and the whole answer."""
        self.last_id += 1
        self.send({"jsonrpc": "2.0", "id": self.last_id, "method": method,
                   "params": params})
        return self.answer(self.last_id)

    def answer(self, id_):
        while True:
            message = self.read()
            assert message is not None, self.run.stderr.read()
            if "method" not in message and message["id"] == id_:
                return message

    def request(self, method, params=None):
        answer = self.ask(method, params)
        assert "result" in answer, answer
        return answer["result"]

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def initialize(self, roots=None, packages=None, root=None):
        options = {}
        if roots is not None:
            options["roots"] = [str(p) for p in roots]
        if packages is not None:
            options["packages"] = [str(p) for p in packages]
        answer = self.request("initialize", {
            "processId": os.getpid(),
            "rootUri": pathlib.Path(root).as_uri() if root else None,
            "capabilities": {"general": {
                "positionEncodings": [self.encoding]}},
            "initializationOptions": options})
        self.notify("initialized", {})
        return answer["capabilities"]

    def open(self, file, text=None, version=1):
        """Open a file, maybe with another text; its URI."""
        file = pathlib.Path(file)
        if text is None:
            text = file.read_text(encoding="utf-8")
        uri = file.as_uri()
        self.texts[uri] = text
        self.notify("textDocument/didOpen", {"textDocument": {
            "uri": uri, "languageId": "cml", "version": version,
            "text": text}})
        return uri

    def change(self, uri, text, version):
        """The whole text anew."""
        self.texts[uri] = text
        self.notify("textDocument/didChange", {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"text": text}]})

    def edit(self, uri, version, *edits):
        """Each of (start, end, text), in characters, one after the other."""
        changes = []
        for start, end, new in edits:
            text = self.texts[uri]
            changes.append({"range": {
                "start": position(text, start, self.encoding),
                "end": position(text, end, self.encoding)}, "text": new})
            self.texts[uri] = text[:start] + new + text[end:]
        self.notify("textDocument/didChange", {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": changes})

    def until(self, condition):
        """Read until @condition of what is published holds."""
        while not condition(self.published):
            assert self.read() is not None, self.run.stderr.read()

    def diagnostics(self, uri, version=1):
        self.until(lambda p: p.get(uri, {}).get("version") == version)
        return self.published[uri]["diagnostics"]

    def at(self, uri, needle, shift=0, nth=0):
        """Parameters: the @nth place of @needle in the text, and @shift
        characters on."""
        text, place = self.texts[uri], -1
        for _ in range(nth + 1):
            place = text.index(needle, place + 1)
        return {"textDocument": {"uri": uri},
                "position": position(text, place + shift, self.encoding)}

    def hover(self, *where, **more):
        result = self.request("textDocument/hover", self.at(*where, **more))
        return result and result["contents"]["value"]

    def definition(self, *where, **more):
        return self.request("textDocument/definition",
                            self.at(*where, **more))

    def complete(self, uri, text, version):
        """The items at the mark | of @text, which becomes the text."""
        place = text.index("|")
        self.change(uri, text[:place] + text[place + 1:], version)
        return self.request("textDocument/completion", {
            "textDocument": {"uri": uri},
            "position": position(self.texts[uri], place, self.encoding)}
        )["items"]

    def apply(self, uri, item):
        """The text with a completion taken."""
        text, edit = self.texts[uri], item["textEdit"]
        return (text[:offset(text, edit["range"]["start"], self.encoding)] +
                edit["newText"] +
                text[offset(text, edit["range"]["end"], self.encoding):])

    def shut(self):
        """The polite end; the exit status."""
        assert self.request("shutdown") is None
        self.notify("exit", None)
        return self.run.wait(PATIENCE)
