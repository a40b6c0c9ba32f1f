"""Trains the model by which the bot understands what a text is: `python -m bench.understanding`.

Reads the examples and the words of `bench/texts` and writes the weights that `bot.domain.commands.intent` reads. Prints
how well the model does on texts that it was not trained on: with `--folds` on each fifth in turn, with
`--held-out FILE …` on these files. More in `docs/understanding.md`.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bot.domain.commands import intent
from bot.domain.commands.intent import ENOUGH, KINDS, Kind, Place

TEXTS: Final = Path(__file__).parent / "texts"
WEIGHTS: Final = Path(intent.__file__).with_name("intent.tsv")
PENALTY: Final = 1.0  # of large weights: what stands in few texts is believed less
STEPS: Final = 120
REMEMBERED: Final = 8  # steps, from which the next one is guessed
FEWEST: Final = 2  # texts that have a feature
SMALLEST: Final = 5  # hundredths, of the largest weight of a feature that is kept
PARTS: Final = 5

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Example:
    """A text, with what it is."""

    kind: Kind
    place: Place
    text: str


def read_examples(path: Path) -> list[Example]:
    """Read a file of lines with a kind, a place, a language and a text, in which `{bot}` is the bot's mention."""
    rows = (line.split("\t", 3) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Example(Kind(kind), Place(place), _as_read(text)) for kind, place, _, text in rows]


def _as_read(text: str) -> str:
    """The text without the mention that addresses the bot, as `read_intent` gets it."""
    bare = text.replace("\\n", "\n").removeprefix("{bot}").removesuffix("{bot}").strip(" ,:")
    return bare.replace("{bot}", "Devin Bridge")


def _classes() -> dict[str, list[str]]:
    """The classes of each word of `words.tsv`: such as `order`, or `thing` in software."""
    found: dict[str, list[str]] = {}
    for line in (TEXTS / "words.tsv").read_text(encoding="utf-8").splitlines():
        name, _, words = line.split("\t")
        for word in words.split():
            found.setdefault(word, []).append(name)
    return {word: sorted(set(names)) for word, names in found.items()}


CLASSES: Final = _classes()


def _classes_of(feature: str) -> list[str]:
    """What a `feature` that is a word of a class counts as, too; so words are known that no example has."""
    mark = next((mark for mark in ("^ ", "~") if feature.startswith(mark)), "")
    word = feature.removeprefix(mark)
    if mark == "~" and word.isascii():
        return []
    return [f"{mark}={name}" for name in CLASSES.get(word, ())]


def _features(example: Example) -> list[str]:
    found = sorted(set(intent.features(example.text, example.place)))
    return found + [name for feature in found for name in _classes_of(feature)]


class Model:
    """A linear model: a weight of each feature for each kind, fitted by logistic regression."""

    def __init__(self, examples: Sequence[Example]) -> None:
        rows = [_features(example) for example in examples]
        counts = Counter(feature for row in rows for feature in set(row))
        self._known = {feature: at for at, feature in enumerate(sorted(f for f in counts if counts[f] >= FEWEST))}
        at, starts = self._positions(rows)
        wanted = np.eye(len(KINDS))[[KINDS.index(example.kind) for example in examples]]
        self._weights = _fit(at, starts, wanted, len(self._known))

    def _positions(self, rows: Sequence[list[str]]) -> tuple[Whole, Whole]:
        known = [[self._known[feature] for feature in row if feature in self._known] for row in rows]
        starts = np.cumsum([0, *map(len, known)])[:-1]
        return np.array([each for row in known for each in row], np.int64), starts

    def likelihoods(self, examples: Sequence[Example]) -> Numbers:
        """How likely each kind is for each of `examples`."""
        at, starts = self._positions([_features(example) for example in examples])
        return _likely(self._weights, at, starts)

    def lines(self) -> Iterator[str]:
        """The lines of the file of weights, in hundredths; a word has what its classes weigh added to its own."""
        yield _line("", self._weights[-1])
        words = {f"{mark}{word}" for word in CLASSES for mark in ("", "^ ", "~")}
        for feature in sorted({*self._known, *words}):
            parts = [self._known[name] for name in (feature, *_classes_of(feature)) if name in self._known]
            summed = self._weights[parts].sum(axis=0)
            if "=" not in feature and parts and np.abs(summed).max() * 100 >= SMALLEST:
                yield _line(feature, summed)


def _line(feature: str, weights: Numbers) -> str:
    return "\t".join([feature, *(str(round(weight * 100)) for weight in weights)])


def _likely(weights: Numbers, at: Whole, starts: Whole) -> Numbers:
    sums = np.add.reduceat(weights[at], starts, axis=0) + weights[-1]
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _fit(at: Whole, starts: Whole, wanted: Numbers, size: int) -> Numbers:
    """Find the weights with the least loss (L-BFGS); the last row of them is that of every text."""
    rows = np.repeat(np.arange(len(starts)), np.diff([*starts, len(at)]))
    order = np.argsort(at, kind="stable")
    begins, rows_in_order = np.searchsorted(at[order], np.arange(size)), rows[order]
    shape = (size + 1, wanted.shape[1])

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        weights = flat.reshape(shape)
        likely = _likely(weights, at, starts)
        wrong = likely - wanted
        slope = np.vstack([np.add.reduceat(wrong[rows_in_order], begins, axis=0), wrong.sum(axis=0)])
        slope[:-1] += PENALTY * weights[:-1]
        missed = -np.log(np.maximum(likely[wanted > 0], 1e-12)).sum()
        return float(missed + PENALTY / 2 * (weights[:-1] ** 2).sum()), slope.ravel()

    flat, past = np.zeros(shape[0] * shape[1]), list[tuple[Numbers, Numbers]]()
    now, slope = loss(flat)
    for _ in range(STEPS):
        way, length = _direction(slope, past), 1.0
        while (tried := loss(flat - length * way))[0] > now - 1e-4 * length * (slope @ way) and length > 1e-4:
            length /= 2
        past = [*past, (-length * way, tried[1] - slope)][-REMEMBERED:]
        flat = flat - length * way
        before, (now, slope) = now, tried
        if before - now < 1e-6 * before:
            break
    return flat.reshape(shape)


def _direction(slope: Numbers, past: Sequence[tuple[Numbers, Numbers]]) -> Numbers:
    way, shares = slope.copy(), []
    for step, change in reversed(past):
        shares.append((step @ way) / (change @ step))
        way -= shares[-1] * change
    if past:
        step, change = past[-1]
        way *= (step @ change) / (change @ change)
    else:
        way /= max(1.0, float(np.abs(slope).max()))
    for (step, change), share in zip(past, reversed(shares), strict=True):
        way += step * (share - (change @ way) / (change @ step))
    return way


def _report(title: str, examples: Sequence[Example], likely: Numbers) -> None:
    for place in Place:
        chosen = [at for at, example in enumerate(examples) if example.place is place]
        enough = likely[chosen, 0] >= ENOUGH[place]
        tasks = np.array([examples[at].kind is Kind.TASK for at in chosen])
        same = np.mean([KINDS[likely[at].argmax()] is examples[at].kind for at in chosen])
        asked, taken = 100 * np.mean(~enough[tasks]), 100 * np.mean(enough[~tasks])
        print(f"{title}, {place}: of {tasks.sum()} tasks {asked:.1f} % are asked about, of {(~tasks).sum()} others")
        print(f"  {taken:.1f} % are taken for one; {100 * same:.1f} % are of the right kind")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", nargs="*", type=Path, default=[], help="files in the format of the examples")
    parser.add_argument("--folds", action="store_true", help="measure on each fifth, by models of the other four")
    options = parser.parse_args()
    examples = [each for path in sorted(TEXTS.glob("examples*.tsv")) for each in read_examples(path)]
    model = Model(examples)
    WEIGHTS.write_text("\n".join(model.lines()) + "\n", encoding="utf-8")
    print(f"{len(examples)} examples; {WEIGHTS.name}: {len(WEIGHTS.read_text(encoding='utf-8').splitlines())} features")
    for path in options.held_out:
        held_out = read_examples(path)
        _report(path.name, held_out, model.likelihoods(held_out))
    if options.folds:
        parts = [examples[part::PARTS] for part in range(PARTS)]
        models = [
            Model([each for at, part in enumerate(parts) if at != left_out for each in part])
            for left_out in range(PARTS)
        ]
        likely = np.vstack([model.likelihoods(part) for model, part in zip(models, parts, strict=True)])
        _report("each fifth", [each for part in parts for each in part], likely)


if __name__ == "__main__":
    main()
