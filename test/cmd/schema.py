"""The schemas of doc/schema, and a validator for as much of JSON Schema as they
use. It notes each property that it meets, so that a test can tell which were
never seen."""
import json
import os
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "integer": int, "number": (int, float), "null": type(None)}
# What says nothing about a value.
SILENT = {"$schema", "$defs", "title", "description"}


def is_type(value, name):
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def is_same(a, b):
    return type(a) is type(b) and a == b


class Schemas:
    def __init__(self, directory):
        self.files = {}
        for name in sorted(os.listdir(directory)):
            with open(os.path.join(directory, name), encoding="utf-8") as f:
                self.files[name.removesuffix(".json")] = json.load(f)
        self.seen = set()  # (file, pointer of an object, property)
        self.used = set()  # files

    def find(self, file, ref):
        """What a reference means: its file, its pointer and the schema."""
        name, _, pointer = ref.partition("#")
        file = name.removesuffix(".json") or file
        schema = self.files[file]
        for part in pointer.split("/")[1:]:
            schema = schema[part]
        return file, pointer, schema

    def each_object(self):
        """(file, pointer, schema) of all that describe objects."""
        def walk(file, pointer, schema):
            if isinstance(schema, list):
                for i, item in enumerate(schema):
                    yield from walk(file, f"{pointer}/{i}", item)
            elif isinstance(schema, dict):
                if isinstance(schema.get("properties"), dict):
                    yield file, pointer, schema
                for key, value in schema.items():
                    yield from walk(file, f"{pointer}/{key}", value)
        for file, schema in self.files.items():
            yield from walk(file, "", schema)

    def describes(self, file, schema):
        """The description of a property: its own, or that of what it is."""
        while "description" not in schema and "$ref" in schema:
            file, _, schema = self.find(file, schema["$ref"])
        return schema.get("description")

    def check(self, name, value):
        """What is wrong with a value, as sentences; none if nothing is."""
        seen, wrong = set(), []
        self.used.add(name)
        self.walk((name, "", self.files[name]), value, "$", seen, wrong)
        if not wrong:
            self.seen |= seen
        return wrong

    def walk(self, place, value, at, seen, wrong):
        for keyword in place[2]:
            if keyword not in SILENT:
                getattr(self, "has_" + keyword.lstrip("$"))(
                    place, value, at, seen, wrong)

    # ---- a keyword each ----

    def has_ref(self, place, value, at, seen, wrong):
        self.walk(self.find(place[0], place[2]["$ref"]), value, at, seen, wrong)

    def has_type(self, place, value, at, seen, wrong):
        names = place[2]["type"]
        names = names if isinstance(names, list) else [names]
        if not any(is_type(value, n) for n in names):
            wrong.append(f"{at}: {value!r} is no {' or '.join(names)}")

    def has_enum(self, place, value, at, seen, wrong):
        if not any(is_same(value, v) for v in place[2]["enum"]):
            wrong.append(f"{at}: {value!r} is none of {place[2]['enum']}")

    def has_const(self, place, value, at, seen, wrong):
        if not is_same(value, place[2]["const"]):
            wrong.append(f"{at}: {value!r} is not {place[2]['const']!r}")

    def has_minimum(self, place, value, at, seen, wrong):
        if is_type(value, "number") and value < place[2]["minimum"]:
            wrong.append(f"{at}: {value} is below {place[2]['minimum']}")

    def has_pattern(self, place, value, at, seen, wrong):
        if isinstance(value, str) and not re.search(place[2]["pattern"], value):
            wrong.append(f"{at}: {value!r} is not {place[2]['pattern']}")

    def has_items(self, place, value, at, seen, wrong):
        file, pointer, schema = place
        for i, item in enumerate(value if isinstance(value, list) else []):
            self.walk((file, pointer + "/items", schema["items"]), item,
                      f"{at}[{i}]", seen, wrong)

    def has_required(self, place, value, at, seen, wrong):
        for key in place[2]["required"] if isinstance(value, dict) else ():
            if key not in value:
                wrong.append(f"{at}: has no {key}")

    def has_properties(self, place, value, at, seen, wrong):
        file, pointer, schema = place
        for key, item in value.items() if isinstance(value, dict) else ():
            if key in schema["properties"]:
                seen.add((file, pointer, key))
                self.walk((file, f"{pointer}/properties/{key}",
                           schema["properties"][key]), item, f"{at}.{key}",
                          seen, wrong)

    def has_additionalProperties(self, place, value, at, seen, wrong):
        assert place[2]["additionalProperties"] is False, place
        for key in value if isinstance(value, dict) else ():
            if key not in place[2]["properties"]:
                wrong.append(f"{at}: {key} is not documented")

    def branches(self, place, keyword, value, at):
        """What is wrong by each branch, the best one first."""
        file, pointer, schema = place
        found = []
        for i, branch in enumerate(schema[keyword]):
            seen, wrong = set(), []
            self.walk((file, f"{pointer}/{keyword}/{i}", branch), value, at,
                      seen, wrong)
            found.append((wrong, seen))
        return sorted(found, key=lambda f: len(f[0]))

    def has_anyOf(self, place, value, at, seen, wrong):
        best = self.branches(place, "anyOf", value, at)[0]
        wrong += best[0]
        seen |= best[1]

    def has_oneOf(self, place, value, at, seen, wrong):
        found = self.branches(place, "oneOf", value, at)
        wrong += found[0][0]
        seen |= found[0][1]
        if len([f for f in found if not f[0]]) > 1:
            wrong.append(f"{at}: is more than one of its forms")
