"""Trees of manifests that a test writes: packages in a directory."""
import os


def write(directory, **files):
    """Each file is the package of its name, a root among them; returns the path
    of root."""
    for name, text in files.items():
        meta = os.path.join(directory, name, "meta")
        os.makedirs(meta, exist_ok=True)
        with open(os.path.join(meta, name + ".cml"), "w",
                  encoding="utf-8") as f:
            f.write(text)
    return os.path.join(directory, "root", "meta", "root.cml")


def child(name, more=""):
    return f'{{ name: "{name}", url: "{name}#meta/{name}.cm"{more} }},\n'


PROGRAM = 'program: { runner: "elf", binary: "bin/x" },\n'
