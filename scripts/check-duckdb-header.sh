#!/usr/bin/env bash
# Compares the hand-written CDuckDB.h with DuckDB's official duckdb.h of the same version: every function's
# result and parameter types, every enumerator's value, every structure's fields, offsets and sizes, and
# every handle. What the official header has beyond ours does not matter.
#
#   scripts/check-duckdb-header.sh [OFFICIAL [OURS]]
#
# The official header is put there by `scripts/setup.sh --for test`. Needs python3 and a C compiler.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
official=${1:-$root/third_party/duckdb/include/duckdb.h}
ours=${2:-$root/Sources/CDuckDB/include/CDuckDB.h}
for header in "$official" "$ours"; do
  [ -r "$header" ] || { echo "there is no $header: run scripts/setup.sh --for test" >&2; exit 4; }
done
exec python3 - "$official" "$ours" <<'PY'
import os, re, subprocess, sys, tempfile


class Header:
    """What a header declares, by name."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        text = open(path).read()
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
        text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", " ", text, flags=re.M)
        text = re.sub(r'\bDUCKDB_C_API\b|\bextern\s*"C"\s*\{', " ", text)
        self.tokens = re.findall(r"\w+|[^\w\s]", text)
        self.functions, self.structs, self.handles, self.enums = {}, {}, {}, {}
        self.at = 0
        start = 0  # of the current declaration
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token == "typedef":
                self.typedef()
                start = self.at
            elif token == "(" and re.match(r"duckdb_\w+$", self.tokens[self.at - 1]):
                name, result = self.tokens[self.at - 1], self.tokens[start : self.at - 1]
                end = self.tokens.index(")", self.at)
                if self.tokens[end + 1] == ";":
                    self.functions[name] = (plain(result), parameters(self.tokens[self.at + 1 : end]))
                self.at = start = end + 1
            else:
                self.at += 1
                if token in ";{}":
                    start = self.at

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self):
        return self.tokens[self.at]

    def typedef(self):
        self.take()
        kind = self.take()
        if kind not in ("struct", "enum"):
            while self.take() != ";":
                pass
            return
        tag = self.take() if self.peek() != "{" else ""
        body = None
        if self.peek() == "{":
            self.take()
            body = self.fields("") if kind == "struct" else self.enumerators()
        pointer = self.peek() == "*"
        if pointer:
            self.take()
        name = self.take()
        if kind == "enum":
            self.enums[name] = body
        elif pointer:
            self.handles[name] = tag
        elif body is not None:
            self.structs[name] = body

    def enumerators(self):
        names = []
        while (token := self.take()) != "}":
            if re.match(r"[A-Za-z_]", token):
                names.append(token)
        return names

    def fields(self, prefix):
        """(path, type) of each field up to the closing brace, members of nested structures included."""
        found = []
        while self.peek() != "}":
            if self.peek() in ("struct", "union") and "{" in self.tokens[self.at + 1 : self.at + 3]:
                while self.take() != "{":
                    pass
                inner = self.fields("")
                name = self.take()
                self.take()
                found += [(f"{prefix}{name}.{path}", kind) for path, kind in inner]
            else:
                words = []
                while (token := self.take()) != ";":
                    words.append(token)
                array = words[words.index("[") :] if "[" in words else []
                words = words[: len(words) - len(array)]
                kind = "pointer" if "*" in words else plain(words[:-1])
                kind = {"idx_t": "uint64_t"}.get(kind, kind)
                found.append((prefix + words[-1], kind + "".join(array)))
        self.take()
        return found

    def measured(self, structs, enums, handles):
        """What the compiler makes of these names, one value per name."""
        lines = []
        for name in structs:
            lines += [f'SHOW("size of {name}", sizeof({name}))', f'SHOW("alignment of {name}", _Alignof({name}))']
            for path, _ in self.structs[name]:
                lines += [f'SHOW("offset of {name}.{path}", offsetof({name}, {path}))',
                          f'SHOW("size of {name}.{path}", sizeof((({name} *)0)->{path}))']
        lines += [f'SHOW("{item}", {item})' for item in enums]
        lines += [f'SHOW("size of {name}", sizeof({name}))' for name in handles]
        program = (f'#include "{self.path}"\n#include <stddef.h>\n#include <stdio.h>\n'
                   '#define SHOW(name, value) printf("%s=%lld\\n", name, (long long)(value));\n'
                   "int main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n")
        with tempfile.TemporaryDirectory() as folder:
            binary = os.path.join(folder, "measure")
            subprocess.run([os.environ.get("CC", "cc"), "-x", "c", "-o", binary, "-"], input=program, text=True, check=True)
            output = subprocess.run([binary], capture_output=True, text=True, check=True).stdout
        return dict(line.split("=") for line in output.splitlines())


def plain(words):
    text = " ".join(words).replace("DUCKDB_TYPE", "duckdb_type")
    return text.replace(" *", "*")


def parameters(words):
    kinds, current = [], []
    for word in words + [","]:
        if word != ",":
            current.append(word)
            continue
        if current and current != ["void"]:
            named = len(current) > 1 and re.match(r"\w", current[-1]) and current[-2:-1] != ["const"]
            kinds.append(plain(current[:-1] if named else current))
        current = []
    return kinds


official, ours = Header(sys.argv[1]), Header(sys.argv[2])
differences = []


def same(what, mine, theirs):
    if mine != theirs:
        differences.append(f"{what}: ours {mine}, official {theirs}")


for name, prototype in ours.functions.items():
    same(name, prototype, official.functions.get(name))
for name, tag in ours.handles.items():
    same(f"handle {name}", tag, official.handles.get(name))
for name, fields in ours.structs.items():
    same(f"fields of {name}", fields, official.structs.get(name))
for name, items in ours.enums.items():
    unknown = [item for item in items if item not in official.enums.get(name, [])]
    same(f"enumerators of {name}", unknown, [])
if not differences:
    names = (ours.structs, [item for items in ours.enums.values() for item in items], ours.handles)
    mine, theirs = ours.measured(*names), official.measured(*names)
    for what, value in mine.items():
        same(what, value, theirs.get(what))
# A parser that finds nothing would find no difference either.
for what, found in (("functions", ours.functions), ("structures", ours.structs), ("enumerations", ours.enums),
                    ("handles", ours.handles)):
    if not found:
        differences.append(f"no {what} were found in {sys.argv[2]}")
for line in differences:
    print(f"{sys.argv[2]}: {line}", file=sys.stderr)
if differences:
    sys.exit(1)
print(f"CDuckDB.h agrees with duckdb.h: {len(ours.functions)} functions, {len(ours.structs)} structures, "
      f"{len(ours.enums)} enumerations, {len(ours.handles)} handles")
PY
