"""Finds sentences in Python that people read on pages, in mails and in the API's answers, and that nothing translates."""

import ast
import re
from collections.abc import Iterator
from typing import Final

TRANSLATING: Final = frozenset(
    f"{context}gettext{kind}" for context in ("", "n", "p", "np") for kind in ("", "_lazy", "_noop") if not (context and kind == "_noop")
)
# Whom these tell something reads English: whoever runs the shop, its log and its metrics, and who reads the API's documentation.
OF_OPERATORS: Final = frozenset(
    (
        *("Counter", "Gauge", "Histogram", "GaugeMetricFamily", "CounterMetricFamily", "Fact", "act", "periodic", "warn", "exit"),
        *(
            "debug",
            "info_log",
            "warning",
            "error",
            "exception",
            "critical",
            "log",
            "note",
            "extend_schema",
            "OpenApiParameter",
            "require_reason",
        ),
        *(
            "record_audit",
            "execute",
            "RunSQL",
            "RawSQL",
            "Extension",
            "compile",
            "Index",
            "CheckConstraint",
            "UniqueConstraint",
            "inline_serializer",
        ),
        *("ValueError", "TypeError", "RuntimeError", "LookupError", "KeyError", "AssertionError", "CommandError", "ImproperlyConfigured"),
    )
)
_LOGGERS: Final = frozenset(("logger", "logging"))
_SILENT_KEYWORDS: Final = frozenset(("help_text", "verbose_name", "verbose_name_plural", "help", "description", "reason_for_staff"))
_SILENT_NAMES: Final = frozenset(("msg", "help", "description", "verbose_name", "verbose_name_plural", "short_description", "__doc__"))
_SENTENCE: Final = re.compile(r"^[A-Z{][^_]*\w[’']?\w*,? [a-zA-Z{“‘`0-9].*[.?!:]$", re.DOTALL)


def bare_sentences(source: str) -> list[tuple[int, str]]:
    """Return line and text of each sentence in a module that is written in one language."""
    finder = _Sentences()
    finder.visit(ast.parse(source))
    return sorted(set(finder.found))


def unreadable_messages(source: str) -> list[int]:
    """Return the lines where something else than a literal text is handed to be translated: no catalogue can hold it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and _name(node.func) in TRANSLATING
        and any(isinstance(one, ast.JoinedStr | ast.BinOp) for one in node.args[:2])
    ]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _root(function: ast.expr) -> str:
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


class _Sentences(ast.NodeVisitor):
    """Goes through a module, past what is translated and what only operators read."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def visit_Call(self, node: ast.Call) -> None:
        if (
            _name(node.func) in TRANSLATING
            or _root(node.func) in _LOGGERS
            or (_name(node.func) in OF_OPERATORS and _root(node.func) != "messages")
        ):
            return
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _SILENT_KEYWORDS:
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id in _SILENT_NAMES for target in node.targets):
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._judge(node.lineno, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._judge(node.lineno, "".join(_written(node.values)))
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self.visit(value.value)

    def _judge(self, line: int, text: str) -> None:
        if _SENTENCE.match(text):
            self.found.append((line, text))


def _written(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        yield str(value.value) if isinstance(value, ast.Constant) else "{}"
