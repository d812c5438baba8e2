"""The part of `model.py` that makes pictures or signals into input: names of classes, and a function, which needs PIL
for pictures.

It is written for the one size and way that the network was trained with, and gives what `nas.data.picture`, or
`nas.data.signal`, does.
"""

from collections.abc import Sequence

from nas.data.preprocessing import Preprocessing
from nas.data.record import Record
from nas.tasks import Regression

WIDTH, PIECE = 100, 9  # columns; characters of a long name that stay together, of ten columns at most

PREPROCESS = '''

def preprocess(images: Any) -> Tensor:
    """Make input, float32 (N, {shape}), of pixels in 0..255 (N, {shape}), or of {one}:
    PIL's, or an array of {its} pixels, (height, width, channels) or (height, width).
    """
    if not hasattr(images, "ndim") or images.ndim < {rank}:
        images = {batch}
    if tuple(images.shape[1:]) != ({shape}):
        raise ValueError(f"{{tuple(images.shape)}} where (N, {shape}) is expected")
    mean, std = (torch.tensor(each).view(-1, {ones}) for each in (MEAN, STD))
    return (torch.as_tensor(images).float() - mean) * (1 / std)


def pixels(image: Any) -> Tensor:
    """uint8 (1, {channels}, {height}, {width}) of a picture as it is shown, on white where it is transparent."""
    import numpy
    from PIL import Image, ImageOps

    if not isinstance(image, Image.Image):
        array = numpy.asarray(image, numpy.uint8)
        image = Image.fromarray(array[..., 0] if array.shape[2:] == (1,) else array)
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":  # 16 bits, of which the upper eight are kept
        values = numpy.asarray(image)
        if image.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise ValueError("the picture has more than 16 bits a channel: convert it first")
        image = Image.fromarray((values >> 8).astype(numpy.uint8))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    image = image.convert("{mode}")
{fitting}
    array = numpy.array(image).reshape(1, {height}, {width}, {channels})
    return torch.from_numpy(array).permute(0, 3, 1, 2)
'''
FITTINGS = {
    "none": """\
    if image.size != ({width}, {height}):
        raise ValueError(f"{{image.size}} pixels where ({width}, {height}) are expected")
""",
    "crop": """\
    image = ImageOps.fit(image, ({width}, {height}), Image.Resampling.{method})
""",
    "stretch": """\
    image = image.resize(({width}, {height}), Image.Resampling.{method})
""",
    "pad": """\
    if image.size != ({width}, {height}):
        scale = min({width} / image.width, {height} / image.height)
        sides = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        inner = image.resize(sides, Image.Resampling.{method})
        image = Image.new(image.mode, ({width}, {height}))
        image.paste(inner, (({width} - inner.width) // 2, ({height} - inner.height) // 2))
""",
}


SIGNALS = '''

def preprocess(signals: Any) -> Tensor:
    """Make input, float32 (N, {channels}, {length}), of signals (N, {channels}, steps), or of one:
    ({channels}, steps), or (steps,) if it has one channel.
    """
    values = torch.as_tensor(signals, dtype=torch.float32)
    if values.ndim < 3:
        values = values.reshape(1, -1, values.shape[-1])
{fitting}
    if tuple(values.shape[1:]) != ({channels}, {length}):
        raise ValueError(f"{{tuple(values.shape)}} where (N, {channels}, {length}) is expected")
    mean, std = (torch.tensor(each).view(-1, 1) for each in (MEAN, STD))
    return (values - mean) * (1 / std)
'''
LENGTHS = {
    "none": "",
    "crop": """\
    start = max(0, values.shape[2] - {length}) // 2
    values = values[:, :, start : start + {length}]
    values = torch.nn.functional.pad(values, (0, {length} - values.shape[2]))
""",
    "stretch": """\
    if values.shape[2] != {length}:
        sampling = {{"mode": "linear", "align_corners": True}}
        values = torch.nn.functional.interpolate(values, {length}, **sampling)
""",
    "pad": """\
    if values.shape[2] < {length}:
        values = torch.nn.functional.pad(values, (0, {length} - values.shape[2]))
""",
}


def preparing(record: Record | None) -> tuple[list[str], list[str]]:
    """(constants, functions) of the file; none of what nobody noted. Class names are escaped: they are any text."""
    constants: list[str] = []
    if record is not None and record.classes is not None:
        logits = "The classes, in the order of the logits" if record.task.noun == "class" else "What the outputs are"
        constants += [f"\n# {logits}:", *_listed(record.classes)]
    if record is not None and isinstance(record.task, Regression):
        mean, std = (", ".join(map(repr, values)) for values in (record.task.mean, record.task.std))
        constants += ["\n# In the targets' units: output * TARGET_STD + TARGET_MEAN.", f"TARGET_MEAN = ({mean},)"]
        constants += [f"TARGET_STD = ({std},)"]
    if record is None or (how := record.preprocessing) is None:
        return constants, []
    mean, std = (", ".join(repr(how.unit * value) for value in values) for values in (how.mean, how.std))
    lines = [f"MEAN = ({mean},)", f"STD = ({std},)"]
    constants += [
        f"\n# Of {'signals as they are' if how.noun == 'signal' else 'pixels in 0..255'}, by channel:",
        *([f"MEAN, STD = ({mean},), ({std},)"] if _short(lines) else lines),
    ]
    return constants, [_functions(how)]


def _short(lines: Sequence[str]) -> bool:
    return sum(map(len, lines)) + len("MEAN, ") <= WIDTH


def _functions(how: Preprocessing) -> str:
    """Their code; numbers and our own words are all that enters it."""
    if how.noun == "signal":
        length = {"channels": how.channels, "length": how.size[0]}
        text = SIGNALS.format(fitting=LENGTHS[how.resize].format(**length).rstrip("\n"), **length)
        return text.replace("\n\n    if tuple", "\n    if tuple").rstrip("\n")
    *frames, height, width = how.size
    words = {
        "width": width,
        "height": height,
        "method": {"bilinear": "BILINEAR", "nearest": "NEAREST"}[how.interpolation],
    }
    fitting = FITTINGS[how.resize].format(**words)
    clip = {"one": f"the {how.size[0]} pictures of a clip", "its": "their", "rank": 5, "ones": "1, 1, 1"}
    picture = {"one": "a picture", "its": "its", "rank": 4, "ones": "1, 1"}
    return PREPROCESS.format(
        shape=", ".join(map(str, (how.channels, *how.size))),
        batch="torch.stack([pixels(each) for each in images], 2)" if frames else "pixels(images)",
        **(clip if frames else picture),
        mode="L" if how.channels == 1 else "RGB",
        fitting=fitting.rstrip("\n"),
        channels=how.channels,
        **words,
    ).rstrip("\n")


def _listed(names: Sequence[str]) -> list[str]:
    """`CLASSES = [..]`, with names escaped, those that are too long for a line in pieces."""
    alone = f"CLASSES = [{', '.join(map(_quoted, names))}]"
    if len(alone) <= WIDTH:
        return [alone]
    lines = ["CLASSES = [", "   "]
    for name in names:
        whole = len(ascii(name)) < WIDTH - 6
        pieces = [_quoted(name)] if whole else [_quoted(name[at : at + PIECE]) for at in range(0, len(name), PIECE)]
        pieces[-1] += ","
        for piece in pieces:
            if len(lines[-1]) + len(piece) >= WIDTH:
                lines.append("   ")
            lines[-1] += f" {piece}"
    return [*lines, "]"]


def _quoted(text: str) -> str:
    """ASCII code of a string, in double quotes where it holds none."""
    code = ascii(text)
    return code if '"' in code else f'"{code[1:-1]}"'
