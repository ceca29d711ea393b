"""Reads the source of a tool as data and prints what it says, in one line of JSON. Runs nothing of it."""
import ast
import json
import sys
import warnings

LIST = 100
TEXT = 300
CONSTANT = 2000
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
OWN_NAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Reader:
    def __init__(self, source, rules):
        self.rules = {key: set(value) for key, value in rules.items()}
        self.lines = source.encode("utf-8", "replace").splitlines()
        self.tree = ast.parse(source)
        self.nodes = list(ast.walk(self.tree))
        self.imported = set()
        self.bound = set()
        for node in self.nodes:
            self.bind(node)

    def place(self, node, **more):
        line = getattr(node, "lineno", 1)
        offset = getattr(node, "col_offset", 0)
        before = self.lines[line - 1][:offset] if line <= len(self.lines) else b""
        return {"line": line, "column": len(before.decode("utf-8", "ignore")) + 1, **more}

    def bind(self, node):
        if isinstance(node, ast.alias):
            name = (node.asname or node.name).split(".")[0]
            self.imported.add(name)
            self.bound.add(name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)
        elif isinstance(node, OWN_NAMES):
            self.bound.add(node.name)
        elif isinstance(node, ast.arg):
            self.bound.add(node.arg)

    def imports(self):
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    if one.name.split(".")[0] in self.rules["roots"]:
                        found.append(self.place(one, module=one.name[:TEXT], names=[]))
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                names = [one.name for one in node.names if one.name.lstrip("_") in self.rules["modules"]]
                if node.level > 0 or names or module.split(".")[0] in self.rules["roots"]:
                    found.append(self.place(node, module=module[:TEXT], names=names))
        return found

    def used(self):
        found = []
        for node in self.nodes:
            for kind, name in self.uses_of(node):
                found.append(self.place(node, kind=kind, name=name[:TEXT]))
        return found

    def uses_of(self, node):
        rules = self.rules
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in rules["names"]:
            if node.id not in rules["ownable"] or node.id not in self.bound:
                yield "name", node.id
        elif isinstance(node, ast.Attribute):
            if node.attr in rules["fields"]:
                yield "field", node.attr
            elif node.attr.lstrip("_") in rules["modules"] and root_of(node) in self.imported:
                yield "module", node.attr
        elif isinstance(node, ast.Call):
            yield from self.calls_of(node)
        elif isinstance(node, ast.MatchClass):
            for name in node.kwd_attrs:
                if name in rules["fields"]:
                    yield "field", name
        yield from self.texts_of(node)

    def calls_of(self, node):
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in self.rules["calls"]:
            yield "call", called.attr
        if isinstance(called, ast.Name) and called.id == "getattr" and len(node.args) > 1:
            name = folded(node.args[1])
            if name in self.rules["fields"] | self.rules["calls"] | {"compile"}:
                yield "field", name

    def texts_of(self, node):
        text = folded(node) if isinstance(node, (ast.Constant, ast.BinOp, ast.JoinedStr)) else None
        if text is None or "__" not in text:
            return
        for name in self.rules["dunders"]:
            if text == name or ("{" in text and "." + name in text):
                yield "text", name
                return

    def handlers(self):
        found = []
        open_ = list(reversed(self.tree.body))
        while open_:
            node = open_.pop()
            kind = binds_handler(node)
            if kind:
                found.append((node, kind))
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                open_.extend(reversed(list(ast.iter_child_nodes(node))))
        for node in self.nodes:
            if isinstance(node, ast.Global) and "handler" in node.names:
                found.append((node, "other"))
        return found

    def text_places(self, handler):
        found = []
        for node in ast.walk(handler):
            if isinstance(node, ast.Dict):
                parts = node.values
            elif isinstance(node, ast.Return) and node.value is not None:
                parts = [node.value]
            else:
                continue
            for part in parts:
                text = text_of(part)
                if text and any(word in text.lower() for word in self.rules["words"]):
                    found.append(self.place(part, text=text[:TEXT]))
        return found

    def throws(self, handler):
        found = []
        for node in inside(handler, (ast.ClassDef,)):
            if isinstance(node, ast.Raise) and node.exc is not None:
                call = node.exc
                args = call.args if isinstance(call, ast.Call) else []
                name = call.func if isinstance(call, ast.Call) else call
                text = folded(args[0]) if args else None
                found.append(
                    self.place(node, name=getattr(name, "id", "")[:TEXT], text=(text or "")[:TEXT])
                )
        return found

    def returns(self, handler):
        found = []
        for node in inside(handler, (*FUNCTIONS, ast.ClassDef)):
            if not isinstance(node, ast.Return) or node.value is None:
                continue
            if isinstance(node.value, ast.Constant) and node.value.value is None:
                continue
            found.append(self.place(node, **constant_of(node.value)))
        return found


def root_of(node):
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def folded(node, depth=0):
    """Text that the code says as it is, in one or in several pieces."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if depth > 20:
        return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = folded(node.left, depth + 1)
        right = folded(node.right, depth + 1) if left is not None else None
        return None if right is None else left + right
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        return folded(node.value, depth + 1)
    if isinstance(node, ast.JoinedStr):
        parts = [folded(part, depth + 1) for part in node.values]
        return None if None in parts else "".join(parts)
    return None


def text_of(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return folded(node)


def binds_handler(node):
    if isinstance(node, ast.FunctionDef) and node.name == "handler":
        return "generator" if yields(node) else "function"
    if isinstance(node, ast.AsyncFunctionDef) and node.name == "handler":
        return "async"
    if isinstance(node, ast.ClassDef) and node.name == "handler":
        return "other"
    if isinstance(node, ast.Name) and node.id == "handler" and not isinstance(node.ctx, ast.Load):
        return "other"
    if isinstance(node, ast.alias) and (node.asname or node.name).split(".")[0] == "handler":
        return "other"
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name == "handler":
        return "other"
    return None


def yields(function):
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in inside(function, FUNCTIONS))


def inside(function, closed):
    """The nodes of a function's body, without those of functions and classes in it."""
    open_ = list(reversed(function.body))
    while open_:
        node = open_.pop()
        if isinstance(node, closed):
            continue
        yield node
        open_.extend(reversed(list(ast.iter_child_nodes(node))))


def constant_of(node):
    try:
        value = ast.literal_eval(node)
        text = json.dumps(value, allow_nan=False)
        return {"constant": value} if len(text) <= CONSTANT else {}
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return {}


def input_of(handler, place):
    args = handler.args
    plain = [arg.arg for arg in args.args]
    byname = plain + [arg.arg for arg in args.kwonlyargs]
    rest = args.kwarg.arg if args.kwarg else None
    read, open_ = reads_of(handler, rest)
    names = set(byname) | {arg.arg for arg in args.posonlyargs}
    if rest:
        names.add(rest)
    used = any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names
        for part in handler.body
        for node in ast.walk(part)
    )
    found = {"reads": (byname + read)[:LIST * 2], "open": open_, "used": used}
    error = input_error(args)
    if error:
        found["problem"] = place(handler, error=error)
    return found


def input_error(args):
    if len(args.posonlyargs) > 0:
        return "arguments before / cannot be given by name"
    if args.args and not args.kwonlyargs and not args.kwarg:
        return "its arguments can be given by position"
    return None


def reads_of(handler, rest):
    """Names that are read of `**rest`, and whether it may be read in other ways, too."""
    if rest is None:
        return [], False
    names, seen = [], set()
    for part in handler.body:
        for node in ast.walk(part):
            name = read_of(node, rest)
            if name is not None:
                names.append(name[1])
                seen.add(name[0])
    open_ = any(
        isinstance(node, ast.Name) and node.id == rest and id(node) not in seen
        for part in handler.body
        for node in ast.walk(part)
    )
    return names, open_


def read_of(node, rest):
    if isinstance(node, ast.Subscript):
        holder, key = node.value, folded(node.slice)
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pop")
        and node.args
    ):
        holder, key = node.func.value, folded(node.args[0])
    else:
        return None
    if isinstance(holder, ast.Name) and holder.id == rest and key is not None:
        return id(holder), key
    return None


def look(source, rules):
    reader = Reader(source, rules)
    handlers = reader.handlers()
    handler = next((node for node, kind in handlers if kind != "other"), None)
    found = {
        "handlers": [reader.place(node, kind=kind) for node, kind in handlers],
        "input": {"reads": [], "open": True, "used": True},
        "returns": [],
        "texts": [],
        "throws": [],
        "imports": reader.imports(),
        "used": reader.used(),
    }
    if handler is not None:
        found["input"] = input_of(handler, reader.place)
        found["returns"] = reader.returns(handler)
        found["texts"] = reader.text_places(handler)
        found["throws"] = reader.throws(handler)
    return {key: value[:LIST] if isinstance(value, list) else value for key, value in found.items()}


def main():
    warnings.simplefilter("ignore")
    asked = json.loads(sys.stdin.buffer.read())
    try:
        found = look(asked["source"], asked["rules"])
    except SyntaxError as error:
        found = {"unread": str(error.msg), "line": error.lineno or 1, "column": max(1, error.offset or 1)}
    except (RecursionError, MemoryError):
        found = {"unread": "too many parts are in each other"}
    except (ValueError, OverflowError) as error:
        found = {"unread": str(error)}
    print(json.dumps(found))


main()
