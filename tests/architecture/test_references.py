"""Whatever is named in comments, docstrings and documents exists: paths, modules, what a module or a class defines, names in code."""

import re
from fnmatch import filter as matching
from pathlib import PurePosixPath

from tests.support.prose import OURS, files, folders, mentions_in_class, models_and_jobs, prose, resolves, words_of_code

FOLDERS = (*OURS, "docs", "deploy", "requirements", "script", "static", "templates")
# A path: below a folder of ours, or with a name that ends as our sources do. What begins with / or :// is an address.
BELOW_OURS = re.compile(rf"(?<![\w/.:@<{{}}>*-])(?:{'|'.join(FOLDERS)})/[\w./*-]*[\w*/]")
FILE = re.compile(r"(?<![\w/.:@<{}>*…-])[\w*][\w./*-]*\.(?:py|md|html|css|js|template)\b(?![\w/(-])")
DOTTED = re.compile(rf"(?<![\w/.:@-])(?:{'|'.join(OURS)})(?:\.[A-Za-z_]\w*)+")
OF_A_CLASS = re.compile(r"(?<![\w./-])([A-Z][A-Za-z]+)\.([A-Za-z_]\w*)")
WORD = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w*-]|/\w)")
STANDS_FOR_ANY = re.compile(r"\b(?:APP|NAME|NOUN|PAGE|ROOM)\b")
PERMISSION = re.compile(r"\w+\.(?:add|change|delete|view)_\w+")
PATHS_ELSEWHERE = {
    **dict.fromkeys(("spec/auth/scope.md", "jwt.md", "oauth.md", "token.md"), "chapters of the registry's own documentation"),
    **dict.fromkeys(("css/site.css", "site.css"), "joined when static files are collected"),
}
WORDS_OF_OTHERS = {
    **dict.fromkeys(("auth_type", "auth_file", "connect_query", "max_client_conn", "server_reset_query_always"), "settings of PgBouncer"),
    "docker_auth": "another token server",
    "duplicate_prepared_statement": "PostgreSQL's name of an error",
    "feature_not_supported": "PostgreSQL's name of an error",
    "insufficient_scope": "RFC 6750",
    "invalid_sql_statement_name": "PostgreSQL's name of an error",
    "noun_verb": "a pattern",
    "parse_qsl": "of Python's urllib",
    "pulp_container": "another token server",
    "verb_noun": "a pattern",
    "to_tsquery": "of PostgreSQL",
}


def is_there(path: str, said_in: str) -> bool:
    """Whether a path leads to a file or folder: from the root, from where it is said, or as the end of a path."""
    wanted = STANDS_FOR_ANY.sub("*", path.rstrip("/"))
    beside = str(PurePosixPath(said_in).parent / wanted)
    known = files() | folders()
    return wanted in known or beside in known or bool(matching(known, wanted) or matching(known, f"*/{wanted}"))


def test_every_path_that_is_named_exists() -> None:
    missing = {
        (said_in, path)
        for said_in, text in prose().items()
        for path in {*BELOW_OURS.findall(text), *FILE.findall(text)}
        if path not in PATHS_ELSEWHERE and not is_there(path, said_in)
    }

    assert sorted(missing) == []


def test_every_module_and_attribute_that_is_named_exists() -> None:
    missing = {
        (said_in, name)
        for said_in, text in prose().items()
        for name in DOTTED.findall(text)
        if not (resolves(name) or name in models_and_jobs() or PERMISSION.fullmatch(name) or is_there(name, said_in))
    }

    assert sorted(missing) == []


def test_every_attribute_of_a_class_of_ours_that_is_named_exists() -> None:
    missing = {
        (said_in, f"{owner}.{name}")
        for said_in, text in prose().items()
        for owner, name in OF_A_CLASS.findall(text)
        if mentions_in_class(owner) and name not in mentions_in_class(owner)
    }

    assert sorted(missing) == []


def test_every_name_with_an_underscore_stands_in_code() -> None:
    known = words_of_code() | WORDS_OF_OTHERS.keys() | {PurePosixPath(path).stem for path in files()}
    missing = {(said_in, name) for said_in, text in prose().items() for name in WORD.findall(text) if name not in known}

    assert sorted(missing) == []


def test_each_exception_is_still_spoken_of() -> None:
    spoken = "\n".join(prose().values())

    assert [name for name in {**PATHS_ELSEWHERE, **WORDS_OF_OTHERS} if name not in spoken] == []
