"""The stored model: one `.npz` of plain arrays, without pickle, with what it was trained on.

Reading it runs no code from the file. `fingerprint` is a hash of every array and of the description; a file whose
fingerprint does not match is refused as damaged.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from scipy import sparse

from queries.collusion.features import Labelled, Map
from queries.collusion.forest import Forest
from queries.collusion.metrics import population_stability
from queries.collusion.model import Linear, Model, Scope, as_arrays
from queries.collusion.ring import Ring
from queries.statistics.tenders import Floats

FORMAT = 2
ANOTHER_POPULATION = 0.25
"""A feature with a higher population stability index comes from another population."""


class ModelFileError(Exception):
    """A stored model cannot be read; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A model with its description and the training values of its price features, for the stability check.

    `about` holds: format, scope, trained_on (date), data_sha256, tenders, collusive, labelled (the tenders' ids),
    features, metrics.
    """

    model: Model
    about: dict[str, Any]
    population: Floats

    def unfamiliar(self, prices: Floats, level: float = ANOTHER_POPULATION) -> dict[str, float]:
        """The price features whose distribution the model has not seen, with their stability index.

        Args:
            prices: the `prices` block of the tenders to be scored.
            level: the index above which a feature counts as another population.
        """
        names = self.model.names["prices"]
        index = {n: population_stability(self.population[:, i], prices[:, i]) for i, n in enumerate(names)}
        return {name: round(value, 3) for name, value in index.items() if value > level}

    def refuses(self, prices: Floats, share: float = 1 / 3) -> dict[str, float]:
        """The unfamiliar features where they are more than `share` of all, else nothing."""
        found = self.unfamiliar(prices)
        return found if len(found) > share * len(self.model.names["prices"]) else {}


def save(path: Path, stored: Stored) -> str:
    """Write a model beside its final name and move it there; gives its fingerprint.

    Raises:
        OSError: the folder cannot be written.
    """
    arrays = {**as_arrays(stored.model), "population": stored.population}
    description = orjson.dumps({**stored.about, "names": stored.model.names}, option=orjson.OPT_SORT_KEYS)
    arrays["about"] = np.frombuffer(description, dtype=np.uint8)
    fingerprint = _fingerprint(arrays)
    arrays["fingerprint"] = np.frombuffer(fingerprint.encode(), dtype=np.uint8)
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    aside.replace(path)
    return fingerprint


def load(path: Path) -> Stored:
    """Read a model.

    Raises:
        ModelFileError: it is missing, damaged, or of another format.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        fingerprint = arrays.pop("fingerprint").tobytes().decode()
        if fingerprint != _fingerprint(arrays):
            raise ModelFileError(f"{path} is damaged: its contents do not match its fingerprint; train it again")
        about = orjson.loads(arrays["about"].tobytes())
        if about["format"] != FORMAT:
            raise ModelFileError(f"{path} has format {about['format']}, this version reads {FORMAT}: train it again")
        return Stored(_model(arrays, about), about, arrays["population"])
    except FileNotFoundError:
        raise ModelFileError(f"{path} is missing: train a model first") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path} is not a stored model: {error}") from error


def _fingerprint(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _model(arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any]) -> Model:
    names = {block: list(columns) for block, columns in about["names"].items()}
    record, place, known, ring = None, None, None, None
    if "record_weight" in arrays:
        record = Linear(arrays["record_quantiles"], arrays["record_weight"], float(arrays["record_intercept"][0]))
    if "map_bidders" in arrays:
        place = Map(arrays["map_bidders"], arrays["map_rarity"], arrays["map_loading"])
    if "known_label" in arrays:
        indptr, indices = arrays["known_indptr"], arrays["known_indices"]
        shape = (len(arrays["known_label"]), len(arrays["known_bidders"]))
        matrix = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=shape)
        known = Labelled(arrays["known_bidders"], matrix, arrays["known_lowest"], arrays["known_label"])
    if "ring_odds" in arrays:
        ring = Ring(arrays["ring_bidders"], arrays["ring_odds"])
    return Model(
        scope=Scope(about["scope"]),
        names=names,
        medians={block: arrays[f"median_{block}"] for block in names},
        record=record,
        trees=Forest.from_arrays(arrays, "trees_"),
        boosting=Forest.from_arrays(arrays, "boosting_"),
        map=place,
        known=known,
        ring=ring,
        base=float(arrays["scalars"][0]),
        weights=arrays["weights"],
    )
