"""Probes: statements put into a source before it is compiled, each of which notes that it was passed.

They say what a tracer says and cost next to nothing, for Python 3.11 runs every instruction more slowly while something traces, those of
Django and of all libraries too: a third of the processor time of most tests. Which lines and ways out of them there are to pass is not
judged here: coverage reads that from the source itself, so a statement or a way that has no probe counts as missed.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

# In each module's globals: a byte for each of its probes.
PASSED: Final = "__passed__"


@dataclass(frozen=True, slots=True)
class Probe:
    """What has happened when a probe was passed.

    Attributes:
        spans: first and last line of each statement that has begun, and of a compound one only what stands above its body.
        ways: the line of each branch, and where it went: to the line where its body begins, or any other way, which is None.
    """

    spans: tuple[tuple[int, int], ...] = ()
    ways: tuple[tuple[int, int | None], ...] = ()


def with_probes(source: bytes) -> tuple[ast.Module, list[Probe]]:
    """Return a module with probes in it, each of which sets its byte to 1, and what they mean in the order of their bytes."""
    tree, probing = ast.parse(source), _Probing()
    tree.body = probing.block(tree.body, is_scope=True)
    return tree, probing.probes


class _Probing:
    """Puts probes into the blocks of one module."""

    def __init__(self) -> None:
        self.probes: list[Probe] = []

    def block(self, block: Sequence[ast.stmt], passed: Probe = Probe(), *, is_scope: bool = False) -> list[ast.stmt]:
        """Return the block with a probe before each statement; whoever reaches its first has also passed what `passed` says."""
        # Only as the first statements are they what they are: a docstring, and imports from __future__.
        lead = [each for each in block[:4] if (each is block[0] and is_text(each)) or is_future(each)] if is_scope else []
        found: list[ast.stmt] = [*lead]
        passed = Probe((*passed.spans, *map(above_body, lead)), passed.ways)
        for each in block[len(lead) :]:
            found += [self.probe(each.lineno, Probe((*passed.spans, above_body(each)), passed.ways)), each]
            passed = Probe()
            self.inside(each)
        return found

    def probe(self, line: int, probe: Probe) -> ast.stmt:
        """Return the statement that notes that a probe was passed."""
        self.probes.append(probe)
        at = place(line)
        name, index = ast.Name(PASSED, ast.Load(), **at), ast.Constant(len(self.probes) - 1, **at)
        return ast.Assign([ast.Subscript(name, index, ast.Store(), **at)], ast.Constant(1, **at), **at)

    def inside(self, node: ast.stmt) -> None:
        """Put probes into the blocks of a compound statement."""
        match node:
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                node.body = self.block(node.body, Probe(ways=((node.lineno, first_line(node.body[0])),)))
                other = Probe(ways=((node.lineno, None),))
                if node.orelse:
                    node.orelse = self.block(node.orelse, other)
                elif not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant)):
                    node.orelse = [self.probe(node.lineno, other)]
            case ast.Match():
                self.inside_match(node)
            case ast.Try() | ast.TryStar():
                node.body, node.orelse, node.finalbody = (self.block(block) for block in (node.body, node.orelse, node.finalbody))
                for number, handler in enumerate(node.handlers, start=1):
                    reached = tuple((each.lineno, end_above(each.body[0], each.lineno)) for each in node.handlers[:number])
                    handler.body = self.block(handler.body, Probe(reached))
            case ast.With() | ast.AsyncWith():
                node.body = self.block(node.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                node.body = self.block(node.body, is_scope=True)
            case _:
                pass

    def inside_match(self, node: ast.Match) -> None:
        """Put a probe into each case, and where no case fits."""
        lines = [case.pattern.lineno for case in node.cases]
        for number, case in enumerate(node.cases):
            others = tuple((line, None) for line in lines[:number])
            reached = tuple((line, line) for line in lines[: number + 1])
            case.body = self.block(case.body, Probe(reached, (*others, (lines[number], first_line(case.body[0])))))
        last = node.cases[-1]
        if last.guard or not (isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None):
            none = Probe(tuple((line, line) for line in lines), tuple((line, None) for line in lines))
            node.cases.append(ast.match_case(ast.MatchAs(**place(lines[-1])), None, [self.probe(lines[-1], none)]))


class Place(TypedDict):
    """Where a node of a tree says that it stands in the source."""

    lineno: int
    end_lineno: int
    col_offset: int
    end_col_offset: int


def place(line: int) -> Place:
    """Return the place of a probe: with the statement before which it stands."""
    return Place(lineno=line, end_lineno=line, col_offset=0, end_col_offset=0)


def is_text(statement: ast.stmt) -> bool:
    """Tell whether a statement is a string and nothing else."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def is_future(statement: ast.stmt) -> bool:
    """Tell whether a statement imports from __future__."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def first_line(statement: ast.stmt) -> int:
    """Return where a statement begins: a class or function with its first decorator."""
    decorators: Iterable[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(each.lineno for each in decorators)])


def end_above(statement: ast.stmt, at_least: int) -> int:
    """Return the line before a statement."""
    return max(at_least, first_line(statement) - 1)


def above_body(statement: ast.stmt) -> tuple[int, int]:
    """Return the lines of a statement that run when it begins: all of a simple one, what stands above the body of a compound one."""
    first = first_line(statement)
    if isinstance(statement, ast.Match):
        return first, max(first, statement.cases[0].pattern.lineno - 1)
    body: Iterable[ast.stmt] = getattr(statement, "body", ())
    for inner in body:
        return first, end_above(inner, statement.lineno)
    return first, statement.end_lineno or first
