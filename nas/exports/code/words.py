"""Names of modules, classes and variables; calls and texts that fit into 100 columns.

Words of a document are anybody's text: they become identifiers of ASCII letters, digits and underscores, and text in
docstrings loses whatever could end it.
"""

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import nn

WIDTH = 100
DROPS = ("DropPath", "DropBatch")  # they hold nothing: those of a class that are alike are one
NAMES = (
    *("ResNet", "PreAct", "DenseNet", "GoogLeNet", "LeNet", "EfficientNet", "MobileNet", "MBConv", "NASNet", "VGG"),
    *("AlexNet", "SqueezeNet", "ShuffleNet", "MNASNet", "ResNeXt", "ConvNeXt", "RegNet", "SENet", "DARTS", "NASBench"),
    *("NASBench101", "NASBench201", "ENAS", "PNASNet", "AmoebaNet", "FractalNet", "ZFNet", "CNN", "EvaNet", "SimpNet"),
)
SPELLED = {name.lower(): name for name in NAMES}
# What no variable or attribute is called:
TAKEN = {*dir(nn.Module()), *keyword.kwlist, *keyword.softkwlist}
TAKEN |= {"self", "torch", "nn", "functional", "Tensor", "range", "n"}
# What no class is called:
GLOBAL = {"CLASSES", "MEAN", "STD", "Sequence", "Any", "Tensor"}
GLOBAL |= {"Image", "ImageOps", *dir(builtins)}


def identifier(text: str) -> str:
    """Letters, digits and single underscores, in the case that they have."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text.encode("ascii", "ignore").decode()).strip("_")[:40].strip("_")


def camel(text: str) -> str:
    """`conv_bn_relu` to ConvBnRelu, resnet50 to ResNet50."""
    result = ""
    for word in identifier(text).split("_"):
        letters = re.match(r"[A-Za-z]*", word)[0]  # type: ignore[index]
        rest = word[len(letters) :]
        spelled = SPELLED.get(word.lower()) or SPELLED.get(letters.lower(), letters[:1].upper() + letters[1:]) + rest
        result += ("_" if result[-1:].isdigit() and spelled[:1].isdigit() else "") + spelled
    return result if result[:1].isalpha() else f"Net{'_' if result else ''}{result}"


class Names:
    """Names given once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def unique(self, name: str) -> str:
        found, number = name, 2
        while found in self.taken:
            found, number = f"{name}{'_' if name[-1:].isdigit() else ''}{number}", number + 1
        self.taken.add(found)
        return found

    def parameter(self, name: str) -> str:
        return self.unique(variable(name))


def variable(name: str) -> str:
    name = identifier(name).lower() or "x"
    name = f"n{name}" if name[0].isdigit() else name
    return f"{name}_" if name in TAKEN else name


def attributes(items: list[tuple[tuple[str, ...], str]]) -> list[str]:
    """Of the items of a class, a path and what makes it each: the last word of the path where it is one item's alone;
    else the name of its class; else the word with its numbers.

    The nodes of cells keep theirs: `nodes.0.1` is `node_0_1`.
    """
    items = [(("drop_path",), "") if maker in DROPS else (name, maker) for name, maker in items]
    short, long = [_attribute(name, False) for name, _ in items], [_attribute(name, True) for name, _ in items]
    kinds = [snake(maker) if maker.isidentifier() else "" for _, maker in items]
    for at, (_, maker) in enumerate(items):
        if short[at].startswith("layer") and maker.startswith("nn.") and maker != "nn.Sequential":
            kinds[at] = maker.removeprefix("nn.").lower()
    given = Names(TAKEN)
    chosen = []
    for word, kind, full, (name, _) in zip(short, kinds, long, items, strict=True):
        alone = short.count(word) == 1 and not word.startswith("layer")
        by_kind = kind and kinds.count(kind) == 1 and kind not in short and "nodes" not in name
        chosen.append(word if alone else kind if by_kind else full)
    return [given.unique(name) for name in chosen]


def snake(name: str) -> str:
    """ConvBnRelu to conv_bn_relu."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _attribute(name: tuple[str, ...], numbers: bool) -> str:
    words = [word for word in name if identifier(word) and word not in ("do", "else", "body")]
    words = words[:-1] if words[-1:] == ["nodes"] and len(words) > 1 else words
    said = [at for at, word in enumerate(words) if not word.isdecimal()]
    if "nodes" in words:
        at = len(words) - 1 - words[::-1].index("nodes")
        counts = [word for word in words[at + 1 :] if word.isdecimal()][:2]
        rest = [word for word in words[at + 1 :] if not word.isdecimal()]
        words = ["node", *counts, *([] if len(counts) == 2 and not numbers else rest[-1:])]
    elif said:
        words = words[said[-1] :] if numbers else words[said[-1] : said[-1] + 1]
    else:
        words = ["layer", *words]
    text = "_".join(map(identifier, words)).lower()
    text = f"branch_{text}" if text[:1].isdigit() else text
    return f"{text}_" if text in TAKEN or text.startswith("_") else text


@dataclass
class Call:
    """Code with arguments that may stand on lines of their own."""

    head: str
    arguments: "list[Call | str]" = field(default_factory=list)
    tail: str = ""
    brackets: str = "()"

    def flat(self) -> str:
        inside = ", ".join(each if isinstance(each, str) else each.flat() for each in self.arguments)
        return f"{self.head}{self.brackets[0]}{inside}{self.brackets[1]}{self.tail}"

    def lines(self, indent: int, room: int = 0) -> list[str]:
        """Lines of it, the first without its indent; `room`: columns that others take on the first and last."""
        flat = self.flat()
        if indent + len(flat) + room <= WIDTH or not self.arguments:
            return [flat]
        start, end = f"{self.head}{self.brackets[0]}", f"{' ' * indent}{self.brackets[1]}{self.tail}"
        texts = [each if isinstance(each, str) else each.flat() for each in self.arguments]
        simple = all(isinstance(each, str) for each in self.arguments)
        if indent + 4 + len(", ".join(texts)) <= WIDTH:
            return [start, " " * (indent + 4) + ", ".join(texts), end]
        if simple:
            return [start, *filled(texts, indent + 4), end]
        lines = [start]
        for each in self.arguments:
            inner = [each] if isinstance(each, str) else each.lines(indent + 4, 1)
            lines += [" " * (indent + 4) + inner[0], *inner[1:]]
            lines[-1] += "," if not each_is_generator(each) or len(self.arguments) > 1 else ""
        return [*lines, end]


@dataclass
class Choice(Call):
    """`a if test else b`: each on its line where they do not fit into one. arguments: the alternatives, in order."""

    tests: list[str] = field(default_factory=list)

    def flat(self) -> str:
        texts = [each if isinstance(each, str) else each.flat() for each in self.arguments]
        return " else ".join([*(f"{a} if {t}" for a, t in zip(texts, self.tests, strict=False)), texts[-1]])

    def lines(self, indent: int, room: int = 0) -> list[str]:
        flat = self.flat()
        if indent + len(flat) + room <= WIDTH:
            return [flat]
        space = " " * (indent + 4)
        if len(space) + len(flat) <= WIDTH:
            return ["(", f"{space}{flat}", f"{' ' * indent})"]
        lines = ["("]
        for at, each in enumerate(self.arguments):
            first, *rest = [each] if isinstance(each, str) else each.lines(indent + 4, 5)
            lines += [f"{space}{'else ' if at else ''}{first}", *rest]
            if at < len(self.tests):
                lines.append(f"{space}if {self.tests[at]}")
        return [*lines, f"{' ' * indent})"]


def filled(texts: list[str], indent: int) -> list[str]:
    """Arguments on as few lines as hold them."""
    lines = [" " * indent + texts[0]]
    for text in texts[1:]:
        if len(lines[-1]) + len(text) + 3 > WIDTH:
            lines[-1] += ","
            lines.append(" " * indent + text)
        else:
            lines[-1] += f", {text}"
    return [*lines[:-1], f"{lines[-1]}," if len(lines) > 1 else lines[-1]]


def each_is_generator(argument: "Call | str") -> bool:
    """A generator that is the only argument takes no comma."""
    return isinstance(argument, Call) and argument.tail.startswith(" for ") and not argument.head.startswith("*")


def assigned(target: str, value: "Call | str", indent: int) -> list[str]:
    """`target = value`."""
    if isinstance(value, str):
        return [f"{' ' * indent}{target} = {value}"]
    first, *rest = value.lines(indent, len(target) + 3)
    return [f"{' ' * indent}{target} = {first}", *rest]


def prose(text: str, indent: int = 0, width: int = WIDTH) -> list[str]:
    """Any text, harmless in a docstring, wrapped: only printable characters, no backslash, no double quote."""
    seen = "".join(character if character.isprintable() else " " for character in text)
    seen = seen.replace("\\", "/").replace('"', "'")
    return textwrap.wrap(seen, width, initial_indent=" " * indent, subsequent_indent=" " * indent)
