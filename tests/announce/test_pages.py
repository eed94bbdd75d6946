"""The pages as functions of a view: the same bytes, only figures of the count, and small enough."""

import dataclasses
import gzip
import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from markupsafe import Markup

from tallyroom.announce.area_pages import AreaPages, area_key, areas_page
from tallyroom.announce.chart import series, short_name
from tallyroom.announce.feed import feed
from tallyroom.announce.front import front, update_json
from tallyroom.announce.language import LANGUAGES, language
from tallyroom.announce.live import Live
from tallyroom.announce.naming import named
from tallyroom.announce.pages import AreaPagesOf, newest_pages, pages
from tallyroom.announce.places import Places, area_name, languages_of
from tallyroom.announce.since import changes_bulletin, left, since
from tallyroom.announce.tiles import is_lit, kind_of, map_of
from tallyroom.announce.view import Interval, Moment, Projection, View
from tests.announce import examples, harbour
from tests.announce.night import night_view
from tests.announce.test_bulletin import numbers_in
from tests.announce.test_page import Page, visible

ENGLISH = language("en")


def size(content: bytes) -> int:
    return len(gzip.compress(content, 6, mtime=0))


def test_the_same_view_gives_the_same_bytes(harbour_site: Path, harbour_views: list[View]) -> None:
    again = harbour.views(harbour_site.parent)
    for one, other in zip(harbour_views, again, strict=True):
        assert list(pages(one)) == list(pages(other))
        assert list(newest_pages(one)) == list(newest_pages(other))


def test_the_files_of_a_snapshot(harbour_views: list[View]) -> None:
    names = [name for name, _ in pages(harbour_views[2])]
    assert len(names) == len(set(names))
    for code in LANGUAGES:
        suffix = "" if code == "en" else f".{code}"
        assert {f"index{suffix}.html", f"areas{suffix}.html", f"bulletin.{code}.txt", f"live.{code}.json"} <= set(names)
        assert f"changes.{code}.txt" in names
    assert "changes.en.txt" not in dict(pages(harbour_views[0]))


def test_an_update_turns_the_older_page_into_the_newer_one_where_the_shape_is_the_same(
    harbour_views: list[View],
) -> None:
    older, newer, other = (front(harbour_views[number], "en", newest=True) for number in (4, 5, 6))
    assert older.update.shape == newer.update.shape
    assert other.update.shape != newer.update.shape
    assert older.update.values.keys() == newer.update.values.keys()
    assert older.update.values != newer.update.values


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("make", [examples.at_0313, examples.complete, examples.noon, examples.tie])
def test_every_number_of_the_first_page_is_in_the_snapshot(code: str, make: object) -> None:
    results = make()  # type: ignore[operator]
    view = night_view(results, LANGUAGES)
    html = front(view, code, newest=False).html
    html = re.sub(r"<(svg|pre).*?</\1>", "", html, flags=re.DOTALL)  # charts and maps are checked on their own
    html = re.sub(r'<section id="(left|kinds)".*?</section>', "", html, flags=re.DOTALL)
    known = numbers_in(msgspec.json.encode(results).decode(), code)
    known |= {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", msgspec.json.encode(results).decode())}
    known |= numbers_in(f"{view.number} {view.definition.day.isoformat()} 15 8", code)
    known |= {Decimal(len(results.statements)), Decimal(sum(one.kind == "announcement" for one in results.statements))}
    counted = results.valid + results.invalid
    text = visible(html)
    shares = {d for d in numbers_in(text, code) - known if counted and is_part(d, results.valid, results.invalid)}
    assert numbers_in(text, code) - known - shares == set()


def is_part(share: Decimal, valid: int, invalid: int) -> bool:
    """Whether a percentage is that of valid votes or invalid ballots of both."""
    return any(abs(share - Decimal(100 * part) / (valid + invalid)) <= Decimal("0.005") for part in (valid, invalid))


def test_first_view_and_update_are_small() -> None:
    view = night_view(examples.at_0313(), LANGUAGES)
    made = dict(pages(view))
    files = ["style.css", "page.js", "live.js", "table.js", "find.js", "zoom.js", "icon.svg"]
    for code in LANGUAGES:
        newest = front(view, code, newest=True)
        assert size(newest.html.encode()) + sum(size(made[name]) for name in files) <= 60_000
        assert size(update_json(newest.update)) <= 5_000


# Areas.


def test_the_page_of_an_area_has_every_line_of_every_protocol(harbour_views: list[View]) -> None:
    view = harbour_views[7]
    place = view.definition.areas.index["N1"]
    page = Page(AreaPages(view, "en").page(place))
    cells = [attributes["data-v"] for tag, attributes in page.tags if tag == "td" and "data-v" in attributes]
    stations = view.stations_of(place).tolist()
    expected = []
    for station in stations:
        expected += [int(view.definition.stations.registered[station]), *view.count.standing_row(station).tolist()]
    assert [int(cell or "") for cell in cells] == expected
    text = " ".join(page.text)
    assert "79" in text  # corrected
    assert "annulled" in text
    assert harbour.SCAN.sha256 in text
    assert "Old North (the museum)" in text


def test_a_station_that_is_not_accepted_shows_no_figure(harbour_views: list[View]) -> None:
    view = harbour_views[2]
    html = AreaPages(view, "en").page(view.definition.areas.index["S"])
    row = re.search(r'<tr><th scope="row" id="S-0012">.*?</tr>', html, re.DOTALL)
    assert row is not None
    assert "yet to report" in row.group(0)
    assert row.group(0).count(">–<") == len(view.count.columns) + 1


def test_an_area_keeps_its_key_while_its_figures_stay(harbour_views: list[View]) -> None:
    north, south = (harbour_views[0].definition.areas.index[area] for area in ("N1", "S1"))
    third, fourth, fifth, sixth = (harbour_views[number] for number in (2, 3, 6, 7))
    assert area_key(third, north) == area_key(fourth, north)
    assert area_key(third, south) != area_key(fourth, south)
    assert area_key(fourth, north) != area_key(fifth, north)
    assert area_key(fifth, north) == area_key(sixth, north)
    assert area_key(third, south) != area_key(harbour_views[1], south)


def test_pages_with_one_key_differ_only_in_the_snapshot_they_name(harbour_views: list[View]) -> None:
    fifth, sixth = (dataclasses.replace(view, held={}) for view in harbour_views[6:])
    place = fifth.definition.areas.index["N1"]
    one, other = (AreaPages(view, "en").page(place) for view in (fifth, sixth))
    for view, html in ((fifth, one), (sixth, other)):
        assert view.results.snapshot.root in html

    def without(view: View, html: str) -> str:
        snapshot = view.results.snapshot
        html = html.replace(f"v/{view.number}/", "v/N/").replace(snapshot.root, "ROOT").replace(snapshot.time, "TIME")
        return html.replace(str(snapshot.size), "SIZE").replace(ENGLISH.moment(snapshot.time), "TIME")

    assert without(fifth, one) == without(sixth, other)


def test_an_area_that_did_not_change_is_linked_where_its_page_stands(harbour_views: list[View]) -> None:
    view = dataclasses.replace(harbour_views[7], held={"N1": 5})
    links = Page(areas_page(view, "az")).attributes("href")
    assert "../../v/5/areas/N1.az.html" in links
    assert "areas/S1.az.html" in links
    links = Page(AreaPages(view, "az").page(view.definition.areas.index["N"])).attributes("href")
    assert "../../../v/5/areas/N1.az.html" in links
    assert "N2.az.html" in links


@pytest.mark.parametrize("area_id", ["../../etc", "a/b", "Ab", "", "con.txt", "ə", "x" * 200])
def test_an_area_id_that_is_no_file_name_is_hashed(area_id: str) -> None:
    assert re.fullmatch(r"x-[0-9a-f]{20}", area_name(area_id))
    assert area_name("C-001") == "C-001"


def test_every_area_has_a_page_in_every_language(harbour_views: list[View]) -> None:
    view = harbour_views[3]
    made = AreaPagesOf(view)
    names = [name for place in range(len(view.definition.areas)) for name, _ in made.of(place)]
    assert len(names) == len(set(names)) == len(view.definition.areas) * len(LANGUAGES)


# What changed, what is left.


def test_what_changed_is_the_difference_of_two_snapshots(harbour_views: list[View]) -> None:
    before, view = harbour_views[2].results, harbour_views[3]
    found = since(view, {}, ENGLISH)
    assert found is not None
    assert f"+4 polling stations, +{view.results.valid - before.valid} valid votes" in found.sentence
    leaves = {area.area_id for area in view.results.areas if area.area_id not in ("N",)}
    changes = {area.name: area.valid for area in view.results.areas if area.area_id in leaves}
    earlier = {area.name: area.valid for area in before.areas}
    assert {place.name: place.valid for place in found.places} == {
        name: valid - earlier[name] for name, valid in changes.items() if valid != earlier[name] and name != "South"
    }
    assert since(harbour_views[0], {}, ENGLISH) is None


def test_what_is_left_is_what_has_not_reported(harbour_views: list[View]) -> None:
    view = harbour_views[3]
    found = left(view, {}, ENGLISH)
    registered = view.definition.stations.registered[9:]
    assert found.sentence == f"4 polling stations have yet to report, with {registered.sum():,} registered voters."
    assert left(harbour_views[7], {}, ENGLISH).places == ()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_bulletin_of_changes_has_only_numbers_of_the_two_snapshots(harbour_views: list[View], code: str) -> None:
    for before, view in pairwise(harbour_views):
        text = changes_bulletin(view, {}, language(code))
        assert text is not None
        pair = msgspec.json.encode([before.results, view.results]).decode()
        known = numbers_in(pair, code) | {Decimal(found) for found in re.findall(r"\d+(?:\.\d+)?", pair)}
        known |= {abs(one - other) for one in known for other in known}
        known |= {Decimal(before.number), Decimal(view.number)}
        assert numbers_in(text, code) <= known


def test_the_bulletin_of_changes_says_what_happened(harbour_views: list[View]) -> None:
    text = changes_bulletin(harbour_views[6], {}, ENGLISH) or ""
    assert "Newly annulled: S-0003." in text
    assert "a correction gives" in text
    assert "Cato conceded" in text
    assert "Headline now: Ada Quay won." in (changes_bulletin(harbour_views[7], {}, ENGLISH) or "")


def test_a_lead_that_passes_names_both() -> None:
    before, after = examples.open_race(), examples.lead_change()
    view = night_view(after, earlier=(Moment(11, before),))
    assert "The lead passed from Flavia Elphberg to Rupert Hentzau." in (changes_bulletin(view, {}, ENGLISH) or "")
    same = night_view(before, earlier=(Moment(11, before),))
    assert "The lead passed" not in (changes_bulletin(same, {}, ENGLISH) or "")


# Map, charts, feed, projection.


def test_an_area_is_coloured_only_above_half_of_its_stations() -> None:
    area = examples.at_0313().areas[0]
    for reported, lit in ((26, False), (27, True)):
        one = msgspec.structs.replace(area, stations_reported=reported, stations_total=52)
        assert is_lit(one) is lit
        assert (kind_of(one, {"c1": 0}) == "waiting") is not lit


def test_level_areas_and_other_leaders_have_a_look_of_their_own() -> None:
    area = examples.at_0313().areas[0]
    assert kind_of(area, {"c1": 0}) == "k0 s3"
    assert kind_of(area, {"c7": 0}) == "k3 s3"
    level = msgspec.structs.replace(area, votes={"c1": 5, "c2": 5}, valid=10)
    assert kind_of(level, {"c1": 0}) == "level"


def shapes(area_ids: list[str], **more: object) -> bytes:
    def square(place: int) -> list[list[list[float]]]:
        return [[[place, 40], [place + 1, 40], [place + 1, 41], [place, 41], [place, 40]]]

    features = [
        {
            "type": "Feature",
            "properties": {"area_id": area_id},
            "geometry": {"type": "Polygon", "coordinates": square(place)} | more,
        }
        for place, area_id in enumerate(area_ids)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.mark.parametrize(
    ("content", "has_shapes"),
    [
        (shapes(["N1", "N2", "S1"]), True),
        (shapes(["N1", "N2"]), False),
        (shapes(["N1", "N2", "S1"], coordinates=[[[0, 1], ["x", 2], [3, 4]]]), False),
        (shapes(["N1", "N2", "S1"], coordinates=[[[0, 1], [float("nan"), 2], [3, 4]]]), False),
        (shapes(["N1", "N2", "S1"], type="Point"), False),
        (b"not json", False),
        (b"[]", False),
        (None, False),
    ],
)
def test_the_map_has_the_elections_shapes_where_they_are_whole_and_else_a_grid(
    harbour_views: list[View], content: bytes | None, has_shapes: bool
) -> None:
    view = dataclasses.replace(harbour_views[3], shapes=content)
    names = {one.id: one.name for one in view.results.candidates}
    found = map_of(view, view.results.areas, names, ENGLISH, Live(), Markup("areas.html"))
    assert found is not None
    assert found.has_shapes is has_shapes
    assert found.svg.count("<a ") == 3


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ada Quay", "Ada Quay"),
        ("Ilham Heydar oghlu Aliyev", "Ilham Aliyev"),
        ("Gudrat Muzaffar oghlu Hasanguliyev", "G. Hasanguliyev"),
        ("Konstantinopolitanskaya", "Konstantinopol…"),
    ],
)
def test_names_beside_lines_are_short(name: str, short: str) -> None:
    assert short_name(name) == short


def test_the_feed_is_atom_with_an_entry_a_snapshot(harbour_views: list[View]) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(feed(harbour_views[7], "en"))
    entries = root.findall(f"{atom}entry")
    assert [entry.findtext(f"{atom}id") for entry in entries] == [
        f"tag:example.org,2025-06-15:village/v/{number}" for number in range(8, 0, -1)
    ]
    assert entries[0].findtext(f"{atom}title") == "Ada Quay won"
    assert all("SYNTHETIC" in (entry.findtext(f"{atom}content") or "") for entry in entries)
    assert {entry.find(f"{atom}link").get("href") for entry in entries} == {  # type: ignore[union-attr]
        f"v/{number}/index.html" for number in range(1, 9)
    }


def test_a_projection_is_shown_as_no_count_and_only_where_one_is_given() -> None:
    results = examples.open_race()
    interval = Interval(results.candidates[0].id, "38.10", "39.40", "40.70")
    given = Projection("95.00", (interval,), "Wrong where late stations differ.")
    with_one = visible(front(night_view(results, projection=given), "en", newest=False).html)
    assert "Estimate, not a count" in with_one
    assert "38.10%" in with_one
    assert "Estimate" not in visible(front(night_view(results), "en", newest=False).html)


# Names.


def test_names_of_a_language_take_the_place_of_the_ballot_papers() -> None:
    results = examples.at_0313()
    first, area = results.candidates[0], results.areas[0]
    found = named(results, {first.id: "İlham Əliyev", area.area_id: "Dairə", first.party: "Partiya"})
    assert (found.candidates[0].name, found.candidates[0].party, found.areas[0].name) == (
        "İlham Əliyev",
        "Partiya",
        "Dairə",
    )
    assert found.candidates[1] == results.candidates[1]
    assert named(results, {}) is results


def test_languages_are_those_of_the_election_that_have_words(harbour_views: list[View]) -> None:
    view = harbour_views[0]
    chosen = dataclasses.replace(view.definition, languages=("az", "xx", "ru"))
    assert languages_of(chosen) == ("az", "ru")
    assert languages_of(dataclasses.replace(chosen, languages=("xx",))) == ("en",)
    changed = dataclasses.replace(view, definition=chosen)
    assert Places(changed, "az", "", "").file("index.html") == "index.html"
    assert Places(changed, "ru", "", "").file("index.html") == "index.ru.html"


def test_an_area_s_page_is_made_again_where_a_figure_of_it_changed(harbour_views: list[View]) -> None:
    """The history of the fold says which; the hash of what a page shows must not differ where it says none."""
    kept = 0
    for before, view in pairwise(harbour_views):
        for place, area in enumerate(view.definition.areas.areas):
            if area.id in view.held:
                assert area_key(before, place) == area_key(view, place)
                kept += 1
    assert kept > 5


def test_the_pages_that_stand_in_the_site_are_those_of_the_views(harbour_site: Path, harbour_views: list[View]) -> None:
    for view in harbour_views:
        for name, content in pages(view):
            assert (harbour_site / f"v/{view.number}" / name).read_bytes() == content
    for name, content in newest_pages(harbour_views[-1]):
        assert (harbour_site / name).read_bytes() == content


def test_the_ends_of_a_line_over_days_are_told_by_their_dates(harbour_views: list[View]) -> None:
    view = harbour_views[-1]
    first = next(one.results for one in view.moments if one.results.progress.stations.reported)
    day = int(first.snapshot.time[8:10])

    def ends(time: str) -> list[str]:
        shown = msgspec.structs.replace(view.results.snapshot, time=time)
        results, live = msgspec.structs.replace(view.results, snapshot=shown), Live()
        names = {one.id: one.name for one in results.candidates}
        series(dataclasses.replace(view, results=results), ENGLISH, live, names)
        return [live.values["stations.t0"], live.values["stations.t1"]]

    soon = view.results.snapshot.time
    assert ends(soon) == [ENGLISH.clock(first.snapshot.time), ENGLISH.clock(soon)]
    later = f"{soon[:8]}{day + 6:02d}{soon[10:]}"
    assert ends(later) == [ENGLISH.day_of(first.snapshot.time), ENGLISH.day_of(later)]
