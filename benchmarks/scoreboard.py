"""The scoreboard: the figures of real elections, and the summary of them that ships with the program.

    ./run python benchmarks/scoreboard.py ../shared/data
    ./run python benchmarks/scoreboard.py ../shared/data --write src/tallyroom/forensics/references.json

The returns are other people's collections (catalog.json there names each source); only the figures worked out here go
into the program.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow.parquet as pq

from tallyroom.forensics.integers import kept
from tallyroom.forensics.references import Reference, summary
from tallyroom.forensics.returns import UNREAD, Base, Returns, grouping, nested


class Entry(NamedTuple):
    """A file, the candidate in front, columns of its areas and of its voting centres."""

    file: str
    candidate: str
    areas: tuple[str, ...] = ()
    centre: tuple[str, ...] = ()


RUSSIA, UGANDA, TURKEY = (
    ("region", "tik"),
    ("district", "constituency", "subcounty", "parish"),
    ("province", "district"),
)
BOLIVIA = ("pais", "departamento", "provincia", "municipio", "localidad")
NEIGHBOURHOOD = (*TURKEY, "neighbourhood")
ENTRIES = (
    Entry("ru_2004", "04", RUSSIA),
    Entry("ru_2007", "10", RUSSIA),
    Entry("ru_2008", "04", RUSSIA),
    Entry("ru_2011", "06", RUSSIA),
    Entry("ru_2012", "05", RUSSIA),
    Entry("ru_2016", "04", RUSSIA),
    Entry("ru_2018", "04", RUSSIA),
    Entry("ug_2006", "museveni", UGANDA),
    Entry("ug_2011", "museveni", UGANDA),
    Entry("ug_2016", "museveni", UGANDA),
    Entry("tr_2010_ref", "evet", TURKEY, NEIGHBOURHOOD),
    Entry("tr_2014_pres", "recep_tayyip_erdogan", TURKEY, NEIGHBOURHOOD),
    Entry("tr_2017_ref", "evet", TURKEY, NEIGHBOURHOOD),
    Entry("tr_2023_pres_r1", "recep_tayyip_erdogan", TURKEY, NEIGHBOURHOOD),
    Entry("ge_2012_parl_list", "41", ("district",)),
    Entry("ge_2013_pres", "41", ("district",)),
    Entry("ge_2016_parl_list", "41", ("district",)),
    Entry("al_2013", "c035", ("prefecture", "commune")),
    Entry("bg_20210711_parl", "22", ("rik_name", "municipality")),
    Entry("bg_20211114_parl", "25", ("rik_name", "municipality")),
    Entry("bo_2019_computo", "mas", BOLIVIA, (*BOLIVIA, "recinto")),
    Entry("ve_2024_actas_oposicion", "eg", ("estado", "municipio", "parroquia"), ("centro",)),
    Entry("ve_2024_actas_oposicion", "nm", ("estado", "municipio", "parroquia"), ("centro",)),
    Entry("pl_2025_r1", "trzaskowski", ("teryt_powiat", "teryt_gmina")),
    Entry("pe_2021_r1", "perulibre", ("departamento", "provincia", "distrito"), ("ubigeo", "local")),
    Entry("cl_2021_pres_r1", "c2", ("region", "district")),
    Entry("us_mn_2012_pres", "dfl", ("county",)),
    Entry("nz_2020_party", "labour_party", ("district",)),
    Entry("spikes_pkg_canada2011", "v"),
)


def read(data: Path, entry: Entry) -> Returns:
    """One of the files, column by column; Russia's shares are of all ballots found, by its law."""
    table = pq.read_table(data / f"{entry.file}.parquet")
    russia = entry.file.startswith("ru_")

    def count(name: str) -> Any:
        if name not in table.column_names:
            return np.full(table.num_rows, UNREAD)
        return table[name].fill_null(UNREAD).to_numpy().astype(np.int64)

    def text(name: str) -> list[str]:
        return ["" if cell is None else str(cell) for cell in table[name].to_pylist()]

    votes = {name[2:]: count(name) for name in table.column_names if name.startswith("v_")}
    registered, ballots, valid = count("registered"), count("ballots"), count("valid")
    if russia:
        ballots = sum(count(name) for name in ("early", "given_station", "given_outside"))
    if "N" in table.column_names:
        registered, ballots, valid, votes = count("N"), count("t"), count("t"), {"v": count("v")}
    base: Base = "found" if russia else "valid"
    centre = ["/".join(parts) for parts in zip(*(text(c) for c in entry.centre), strict=True)]
    return Returns(
        name=entry.file,
        station_ids=tuple(map(str, range(table.num_rows))),
        registered=registered,
        ballots=ballots,
        valid=valid,
        invalid=count("invalid"),
        votes=votes,
        areas=nested({level: text(level) for level in entry.areas}),
        centre=grouping("centre", centre) if centre else None,
        base=base,
    )


def reference(data: Path, entry: Entry, catalog: dict[str, Any]) -> Reference:
    returns = read(data, entry)
    about = catalog[entry.file]
    figures = {name: round(value, 6) for name, value in summary(returns, entry.candidate).items()}
    return Reference(
        id=entry.file,
        election=f"{about['country']} {about['date'][:4]}, {about['election']}",
        source=about["source"],
        candidate=entry.candidate,
        stations=int(kept(returns, entry.candidate).sum()),
        figures=figures,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    catalog = json.loads((arguments.data / "catalog.json").read_text())
    found, start = [], time.perf_counter()
    names = ("integers_excess", "integers_z", "integers_result_z", "integers_turnout_z", "integers_z_calibrated")
    print(f"{'election':28}{'candidate':>22}{'stations':>10}", *(f"{name[9:]:>13}" for name in names))
    for entry in ENTRIES:
        one = reference(arguments.data, entry, catalog)
        found.append(one)
        figures = [f"{one.figures[name]:13.2f}" if name in one.figures else f"{'':13}" for name in names]
        print(f"{one.id:28}{one.candidate:>22}{one.stations:10}", *figures, flush=True)
    print(f"{len(found)} elections in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    if arguments.write:
        arguments.write.write_bytes(msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1) + b"\n")


if __name__ == "__main__":
    main()
