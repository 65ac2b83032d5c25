"""Model card in Hugging Face's format, and Python programs that need no Winnow: one short, one complete."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.base.types import Estimate
from core.export.label_table import markdown_row

_PROGRAM = '''"""Name the class of image files: python predict.py IMAGE … (needs onnxruntime, numpy and pillow)."""
import io, json, sys
import numpy as np, onnxruntime
from PIL import Image, ImageCms, ImageOps

facts, session = json.load(open("model.json", encoding="utf-8")), onnxruntime.InferenceSession("model.onnx")
height, width, channels, classes = (facts[name] for name in ("height", "width", "channels", "class_names"))
for path in sys.argv[1:]:
    image = Image.open(path)
    image.draft(None, (2 * max(height, width),) * 2)  # a large JPEG file at a fraction of its size
    image, profile = ImageOps.exif_transpose(image), image.info.get("icc_profile")
    if image.mode[0] in "IF":  # more than 8 bits: by the value range of the project
        low, high = facts["value_range"] or (0, 65535)
        levels = (np.asarray(image, np.float32) - np.float32(low)) * np.float32(255 / (high - low))
        image = Image.fromarray(np.rint(np.clip(levels, 0, 255)).astype(np.uint8))
    if image.has_transparency_data:  # on the ground of the project
        image = Image.alpha_composite(Image.new("RGBA", image.size, facts["background"]), image.convert("RGBA"))
        image = image.convert("RGB")
    if profile and image.mode in ("RGB", "CMYK"):
        image = ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
    image = image.convert("L" if channels == 1 else "RGB")
{fitted}
    probs = session.run(["probabilities"], {{"pixels": np.asarray(whole).reshape(1, height, width, channels)}})[0][0]
    known = probs.max() >= (facts["threshold"] or 0)
    print(path, classes[probs.argmax()] if known else "don't know", f"{{probs.max():.4f}}", sep="\\t")
'''
_FITTED = {
    "pad": """    image = ImageOps.contain(image, (width, height), Image.Resampling.LANCZOS)
    ground = np.rint(np.asarray(image).reshape(-1, channels).mean(0)).astype(int).tolist()
    whole = Image.new(image.mode, (width, height), ground[0] if channels == 1 else tuple(ground))
    whole.paste(image, ((width - image.width) // 2, (height - image.height) // 2))""",
    "crop": "    whole = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)",
    "squash": "    whole = image.resize((width, height), Image.Resampling.LANCZOS)",
}


_EXAMPLE = '''"""Name a plain 8-bit image: python example.py IMAGE (predict.py reads every kind of file)."""
import json, sys
import numpy as np, onnxruntime
from PIL import Image, ImageOps, ImageStat
classes = json.load(open("model.json", encoding="utf-8"))["class_names"]
image = Image.open(sys.argv[1]).convert("{mode}")
{fitted}
_, probs = onnxruntime.InferenceSession("model.onnx").run(None, {{"pixels": np.asarray(image){batch}}})
print(classes[probs.argmax()], f"{{probs.max():.4f}}", sep="\\t")
'''
_FITTED_SHORT = {
    "pad": """image = ImageOps.contain(image, {size}, Image.Resampling.LANCZOS)
image = ImageOps.pad(image, {size}, color=tuple(map(round, ImageStat.Stat(image).mean)), centering=(0.499, 0.499))""",
    "crop": "image = ImageOps.fit(image, {size}, Image.Resampling.LANCZOS)",
    "squash": "image = image.resize({size}, Image.Resampling.LANCZOS)",
}
"""The centering rounds half a pixel down, as predict.py does."""


def program(fit: str) -> str:
    """Return the text of predict.py for a project whose images were fitted so: pad, crop or squash."""
    return _PROGRAM.format(fitted=_FITTED[fit])


def example(model: Mapping[str, Any]) -> str:
    """Return the text of example.py, at most ten lines, for a model.

    Args:
        model: Content of model.json.

    Returns:
        A program that reads one plain 8-bit image and prints its class and the confidence.
    """
    width, height, channels = model["width"], model["height"], model["channels"]
    fitted = _FITTED_SHORT[model["fit"]].format(size=(width, height))
    mode, batch = ("L", "[None, ..., None]") if channels == 1 else ("RGB", "[None]")
    return _EXAMPLE.format(mode=mode, fitted=fitted, batch=batch)


@dataclass(frozen=True)
class CardFacts:
    """What a model card tells of a run.

    Attributes:
        project: Name of the project.
        run_id: The run.
        fingerprint: Digest of images and labels.
        model: The kind of model in words.
        num_images: Images of the project.
        num_labels: Labels that it trained on, by source.
        accuracies: Accuracy by part, those that have images.
        guarantee: Sentence about the threshold.
        certificates: Audits of this run's selections.
        licence: Of pretrained weights; empty where there are none.
    """

    project: str
    run_id: str
    fingerprint: str
    model: str
    num_images: int
    num_labels: Mapping[str, int]
    accuracies: Mapping[str, Estimate]
    guarantee: str
    certificates: Sequence[Mapping[str, Any]]
    licence: str


def model_card(facts: CardFacts, model: Mapping[str, Any], onnx: Mapping[str, Any]) -> str:
    """Write README.md of an exported model.

    Args:
        facts: What is known of the run.
        model: Content of model.json.
        onnx: `difference` and `num_images` of the check of model.onnx, or `error`: why there is none.

    Returns:
        Markdown with the head that Hugging Face reads.
    """
    size = f"{model['width']} x {model['height']} pixels, {'gray' if model['channels'] == 1 else 'RGB'}"
    parts = [
        _head(facts), f"# {facts.project}: {facts.run_id}\n",
        f"{facts.model} that names one of {len(model['class_names'])} classes for a whole image of {size}.\n",
        "| number | class |\n| --- | --- |\n" + _rows(enumerate(model["class_names"])),
        "## Use\n", _use(model, onnx),
        "## Data and labels\n",
        f"{facts.num_images:,} images, fingerprint `{facts.fingerprint[:16]}…`. It trained on these labels:\n",
        "| source | labels |\n| --- | --- |\n"
        + _rows((name, f"{count:,}") for name, count in facts.num_labels.items() if count),
        "## How right it is\n", _accuracies(facts), "## What is guaranteed\n", facts.guarantee + "\n",
        *[_certificate(one) for one in facts.certificates],
        "## Limits\n",
        "- It always names one of its classes, also for an image of something else; the threshold catches many of "
        "those, not all.\n"
        "- Accuracy and guarantee hold for images that come from where the project's images came from.\n"
        f"- Images are brought to the size by {model['fit']}; other preparation gives other answers. `predict.py` "
        "reads images of more than 8 bits by the range of values in `model.json`; `example.py` does not.\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _head(facts: CardFacts) -> str:
    results = [
        f"    - task:\n        type: image-classification\n      dataset:\n        name: {_yaml(facts.project)}\n"
        f"        type: winnow\n        split: {part}\n      metrics:\n        - type: accuracy\n"
        f"          value: {estimate.value:.4f}"
        for part, estimate in facts.accuracies.items()
    ]
    index = [f"model-index:\n- name: {_yaml(facts.run_id)}\n  results:\n" + "\n".join(results)] if results else []
    spdx = {"Apache-2.0": "apache-2.0", "MIT": "mit"}.get(facts.licence)
    licence = (
        [f"license: {spdx}"]
        if spdx
        else [f"license: other\nlicense_name: {_yaml(facts.licence)}"]
        if facts.licence
        else []
    )
    return "\n".join(["---", "library_name: onnx", "pipeline_tag: image-classification", "tags:", "- winnow",
                      *licence, *index, "---", ""])  # fmt: skip


def _use(model: Mapping[str, Any], onnx: Mapping[str, Any]) -> str:
    if "error" in onnx:
        return f"{onnx['error']}\n\n`winnow predict MODEL FOLDER` uses this folder as it is.\n"
    known = "No threshold is known, so it always names a class. "
    if model["threshold"] is not None:
        known = f'Below the threshold {model["threshold"]:.4f} the answer is "don\'t know". '
    return (
        "`model.onnx` takes `pixels` (n, H, W, C) uint8 and gives `logits` and `probabilities` (n, K); the "
        f"probabilities are at the fitted temperature {model['temperature']:.4g}. Its logits differ from the model's "
        f"own by at most {onnx['difference']:.1e} on {onnx['num_images']} images. {known}"
        "Without Winnow, with numpy, pillow and onnxruntime: `example.py` reads one plain 8-bit image and prints its "
        "class and the confidence, in ten lines; `predict.py` is the complete program for every kind of file "
        '(transparent, turned, with a color profile, of more than 8 bits, large), and answers "don\'t know".\n'
    )


def _accuracies(facts: CardFacts) -> str:
    if not facts.accuracies:
        return "The project has no val or test images, so nobody knows.\n"
    return "| part | accuracy | 95 % interval | images |\n| --- | --- | --- | --- |\n" + _rows(
        (part, f"{one.value:.2%}", f"{one.low:.2%} to {one.high:.2%}", f"{one.n:,}")
        for part, one in facts.accuracies.items()
    )


def _certificate(one: Mapping[str, Any]) -> str:
    proven = one["certificate"]
    return (
        f"- Audit of {one['run']}, {one['rule']}: at least {proven['certified']:.1%} of {proven['size']:,} labels are "
        f"right, but for a risk of {proven['alpha']:g} ({proven['num_answers']:,} blind answers).\n"
    )


def _rows(rows: Any) -> str:
    return "".join(f"{markdown_row(row)}\n" for row in rows)


def _yaml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
