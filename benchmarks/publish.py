"""How fast publishing is: a synthetic election, its whole site, and one snapshot more after fifty protocols.

    ./run python benchmarks/publish.py                          6,537 stations, as many as Azerbaijan has
    ./run python benchmarks/publish.py --stations 1000000       a million; about ten minutes
    ./run python benchmarks/publish.py --serve                  also served by nginx, while it is published into

Everything goes through the functions that `tallyroom publish` calls: acts, feeds with their checks, pages, compressed
twins, the public copy of the record, all flushed to the disk.  Processor seconds stand beside the clock's: where the
clock has many more, others were using the machine or the disk.

With --serve nginx (one worker) serves the site; requests a second are what `ab` (apache2-utils) makes of it, beside how
often the template engine of the console's framework makes a page of the same figures and length, compressed.  Meanwhile
snapshots are published, and a reader checks every byte that it is given against the manifest.
"""

import argparse
import gzip
import hashlib
import http.client
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import count
import numpy as np

from tallyroom.announce.publish import publish
from tallyroom.election.folder import load
from tallyroom.intake.acceptance import file_protocols
from tallyroom.intake.opening import writer
from tallyroom.record import acts
from tallyroom.record.clerk import Clerk
from tallyroom.tally.replay import replay
from tallyroom.tally.state import State

MORE = 50
TIMES = [f"2030-03-10T23:{minute:02d}:00+00:00" for minute in range(1, 60)]
NGINX = Path(__file__).resolve().parents[1] / "docs/nginx.conf"


class Count:
    """An election with a record, and the site that it is published into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site = folder / "election", folder / "site"
        self.definition = load(self.folder)
        self.clerk: Clerk = writer(self.folder, self.definition)
        self.state: State = replay(self.definition, self.clerk.log)
        self.late = iter(self._late())
        self.times = iter(TIMES)

    def _late(self) -> list[int]:
        """Stations that have not reported, spread over the country."""
        waiting = np.flatnonzero(self.state.contests["president"].act < 0)
        return [int(place) for place in np.random.default_rng(1).permutation(waiting)]

    def more(self) -> None:
        """Fifty protocols more, as the desk enters them."""
        form, contest = self.definition.form, self.definition.contests[0]
        votes = dict.fromkeys(contest.candidate_ids, 20)
        valid = 20 * len(votes)
        lines: dict[str, int | None] = dict.fromkeys(form.line_ids, 0)
        lines |= {"voters_listed": 9_000, "ballots_issued": valid, "ballots_found": valid, "valid": valid, "invalid": 0}
        at = "2030-03-10T23:00:30+00:00"
        protocols = [
            acts.Protocol(
                at=at,
                contest=contest.id,
                station=self.definition.stations.ids[next(self.late)],
                lines={line: lines[line] for line in form.line_ids},
                votes=dict(votes),
            )
            for _ in range(MORE)
        ]
        file_protocols(self.state, self.clerk, protocols, at, "a benchmark")

    def publish(self) -> None:
        """A snapshot."""
        publish(self.state, self.clerk, self.folder, self.site, next(self.times))


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Seconds by the clock and of the processor, all threads."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - start, "processor": time.process_time() - busy}


def measure(folder: Path, stations: int, candidates: int, more: int) -> tuple[Count, dict[str, Any]]:
    """The first snapshot, `more` later ones, and what they left on the disk."""
    for phase in (count.draw_table, count.define, count.import_returns):
        arguments = (folder, stations, candidates, 20_300_310) if phase is count.draw_table else (folder,)
        count.in_own_process(phase, *arguments)
    night = Count(folder)
    found: dict[str, Any] = {"first": timed(night.publish), "later": []}
    for _ in range(more):
        night.more()
        found["later"].append(timed(night.publish))
    number = len(night.state.publications)
    found["files"] = {n: len(files(night.site / f"v/{n}")) for n in (1, number)}
    found["bytes"] = {n: sum(file.stat().st_size for file in files(night.site / f"v/{n}")) for n in (1, number)}
    found["update_gz"] = [packed(night.site / f"v/{n}/update.json") for n in range(2, number + 1)]
    found["memory_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return night, found


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def packed(path: Path) -> int:
    """Bytes of a file as a visitor gets it."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0)) if path.exists() else 0


@contextmanager
def nginx(site: Path, port: int) -> Iterator[int]:
    """The documented server for a site, with one worker, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="tallyroom-nginx-") as name:
        server = NGINX.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/srv/results", str(site))
        config = Path(name) / "nginx.conf"
        types = "include /etc/nginx/mime.types; default_type application/octet-stream; access_log off; sendfile on;"
        main = f"worker_processes 1; daemon off; pid {name}/pid; error_log {name}/error.log; user root;"
        config.write_text(f"{main}\nevents {{ worker_connections 512; }}\nhttp {{ {types}\n{server} }}\n")
        running = subprocess.Popen(["nginx", "-c", str(config), "-p", name])
        try:
            time.sleep(0.5)
            yield port
        finally:
            running.terminate()
            running.wait()


def requests_a_second(port: int, path: str, number: int = 20_000) -> float:
    """By `ab`, eight visitors at once who keep their connections and take gzip."""
    address = f"http://127.0.0.1:{port}{path}"
    command = ["ab", "-q", "-k", "-c", "8", "-n", str(number), "-H", "Accept-Encoding: gzip", address]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in report, report
    assert re.findall(r"Failed requests:\s+(\d+)", report) == ["0"], report
    return float(re.findall(r"Requests per second:\s+([\d.]+)", report)[0])


class Reader(threading.Thread):
    """A visitor who takes the newest snapshot again and again and checks every byte against its manifest."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port, self.checked, self.torn, self.snapshots = port, 0, list[str](), set[int]()
        self.stop = threading.Event()

    def run(self) -> None:
        """Until stopped."""
        while not self.stop.is_set():
            number = json.loads(self._get("/latest.json"))["number"]
            manifest = self._get(f"/v/{number}/manifest.json", missing=b"")
            if not manifest:
                continue  # the headline is out, the tables have still to come
            self.snapshots.add(number)
            listed = json.loads(manifest)
            for path, one in listed["files"].items():
                self._check(f"/v/{number}/{path}", one["sha256"])
            for path, held in listed["held"].items():
                self._get(f"/v/{held}/{path}")

    def _check(self, path: str, sha256: str) -> None:
        for encoding in ("identity", "gzip"):
            content = self._get(path, encoding=encoding)
            self.checked += 1
            if hashlib.sha256(content).hexdigest() != sha256:
                self.torn.append(f"{path} ({encoding})")

    def _get(self, path: str, missing: bytes | None = None, encoding: str = "identity") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Accept-Encoding": encoding})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status == 404 and missing is not None:
            return missing
        if answer.status != 200:
            self.torn.append(f"{path}: {answer.status}")
            return b""
        return gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content


def serve(night: Count, publications: int) -> dict[str, Any]:
    """Requests a second, beside a page made for each visitor; then a reader while snapshots are published."""
    number = len(night.state.publications)
    paths = {"pointer": "/latest.json", "headline": f"/v/{number}/results.json", "page": "/"}
    with nginx(night.site, 18_080) as port:
        rates = {name: requests_a_second(port, path) for name, path in paths.items()}
        rates["page_by_template"] = by_template(night)
        reader = Reader(port)
        reader.start()
        for _ in range(publications):
            night.more()
            night.publish()
            time.sleep(1)
        reader.stop.set()
        reader.join()
    seen = {"checked": reader.checked, "snapshots": len(reader.snapshots), "torn": reader.torn}
    return {"requests_a_second": rates, **seen}


def by_template(night: Count) -> float:
    """Pages a second that Django's template engine makes of the same results, without any other part of a server."""
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.template import Context, Engine  # noqa: PLC0415

    settings.configure(TEMPLATES=[])
    django.setup()
    page = (night.site / "index.html").read_text()
    results = json.loads((night.site / f"v/{len(night.state.publications)}/results.json").read_text())
    rows = (
        "{% for c in candidates %}<tr><td>{{ c.rank }}</td><td>{{ c.name }}</td><td>{{ c.votes }}</td>"
        "<td>{{ c.percent }}</td></tr>{% endfor %}"
    )
    template = Engine().from_string(rows + "{% verbatim %}" + page + "{% endverbatim %}")
    end, done = time.perf_counter() + 3, 0
    while time.perf_counter() < end:
        gzip.compress(template.render(Context(results)).encode(), 6)
        done += 1
    return done / 3


def main() -> int:
    parser = argparse.ArgumentParser(description="How fast publishing is.")
    parser.add_argument("--stations", type=int, default=6_537)
    parser.add_argument("--candidates", type=int, default=7)
    parser.add_argument("--more", type=int, default=5, help="snapshots of fifty protocols more")
    parser.add_argument("--serve", action="store_true", help="serve by nginx, which must be installed")
    parser.add_argument("--keep", type=Path, help="leave election and site in this folder")
    asked = parser.parse_args()
    if asked.serve and not (shutil.which("nginx") and shutil.which("ab")):
        parser.error("nginx or ab is not installed: apt-get install nginx-light apache2-utils")
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="tallyroom-benchmark-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        night, found = measure(folder, asked.stations, asked.candidates, asked.more)
        if asked.serve:
            found |= serve(night, 3)
    finally:
        if asked.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    machine = {"cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
    print(json.dumps({"machine": machine, "stations": asked.stations, "data_origin": "synthetic", **found}, indent=2))
    return 1 if found.get("torn") else 0


if __name__ == "__main__":
    sys.exit(main())
