#!/usr/bin/env python3
"""Holds every #include of the tree against the layer table.

Usage: check_layers.py SOURCE_DIR [TABLE]

Prints one line for each include that the table does not allow and exits 1; exits 0 and says how
much it looked at when every arrow is allowed.
"""

import fnmatch
import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
TOP_FOLDERS = ("engine", "services", "tools", "tests", "proto")
SUFFIXES = {".h", ".cc", ".inc"}


class Table:
    """The parsed table: which layer may include which, and who may include outside headers."""

    def __init__(self, text):
        self.arrows = {}
        self.backends = []
        self.roots = []
        self.headers = {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            word, _, rest = line.partition(" ")
            if word == "layer" and "->" in rest:
                name, _, targets = rest.partition("->")
                self.arrows[name.strip()] = targets.split()
            elif word == "backend":
                self.backends.append(rest.strip())
            elif word == "root":
                self.roots.append(rest.strip())
            elif word == "header" and " :" in rest:
                prefix, _, folders = rest.partition(" :")
                self.headers[prefix.strip()] = folders.split()
            else:
                raise ValueError(f"line {number} of the table is not understood: {line}")
        for name, targets in self.arrows.items():
            for target in targets:
                if target != "*" and target not in self.arrows:
                    raise ValueError(f"layer {name} may include {target}, which is no layer")
            if name in self.reachable(name, start=False):
                raise ValueError(f"layer {name} reaches itself: the table has a cycle")

    def layer_of(self, path):
        """The longest layer folder that holds the path; None when there is none."""
        best = None
        for name in self.arrows:
            if path.startswith(name + "/") and (best is None or len(name) > len(best)):
                best = name
        return best

    def reachable(self, name, start=True):
        """Every layer that `name` may include, directly or through another."""
        seen = {name} if start else set()
        todo = list(self.arrows[name])
        while todo:
            target = todo.pop()
            if target not in seen:
                seen.add(target)
                todo.extend(self.arrows.get(target, []))
        return seen

    def faults_of(self, path, text):
        """(line, message) of every include in the file that the table does not allow."""
        layer = self.layer_of(path)
        found = []
        if layer is None:
            return [(1, "lies in no folder of the layer table: add its arrow there")]
        allowed = self.reachable(layer)
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            bracket, target = match.groups()
            message = self._fault(path, layer, allowed, bracket, target)
            if message:
                found.append((line, message))
        return found

    def _fault(self, path, layer, allowed, bracket, target):
        for prefix, folders in self.headers.items():
            if target.startswith(prefix) and layer not in folders:
                return f"<{target}> may be included in {', '.join(folders)} only"
        if target.startswith("lastmeter/"):
            wanted = "proto"
        elif target.split("/", 1)[0] in TOP_FOLDERS and "/" in target:
            wanted = self.layer_of(target)
            if wanted is None:
                return f'"{target}" lies in no folder of the layer table'
        elif bracket == '"' and "/" not in target:
            return f'"{target}": includes are written from the root of the repository'
        else:
            return None
        if wanted in self.backends and wanted != layer:
            if any(fnmatch.fnmatch(path, root) for root in self.roots):
                return None
            return f'"{target}": the back end {wanted} is named outside a main.cc'
        if wanted not in allowed and "*" not in allowed:
            return f'"{target}": {layer} may not include {wanted}'
        return None


def sources(root):
    """All source files below the top-level folders, in a stable order, without built ones."""
    for folder in TOP_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if path.suffix in SUFFIXES and "node_modules" not in relative.parts:
                yield relative.as_posix(), path


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[1])
    default = pathlib.Path(__file__).with_name("layers.txt")
    table_path = pathlib.Path(arguments[2]) if len(arguments) == 3 else default
    table = Table(table_path.read_text(encoding="utf-8"))
    files = faults = 0
    for name, path in sources(root):
        files += 1
        for line, message in table.faults_of(name, path.read_text(encoding="utf-8")):
            faults += 1
            print(f"{name}:{line}: {message}")
    if files == 0:
        print(f"no source files below {root}: nothing was checked", file=sys.stderr)
        return 2
    print(f"{files} files held against {len(table.arrows)} layers: {faults} wrong arrows")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
