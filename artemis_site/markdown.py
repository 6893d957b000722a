"""Pages and tables of the documents that are written by the code."""

NOTE = "<!-- Written by `manage.py write_docs` from {source}; change {source}, then write again. -->"


def page(title: str, *parts: str, source: str = "the code") -> str:
    return "\n\n".join([f"# {title}", NOTE.format(source=source), *parts]) + "\n"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
