"""The job on a real Spark of a master and two workers, one of which is killed in the middle: the same rows as on one machine,
and the same database. `PANTAU` names the program."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path

import cluster
import corpus

PANTAU = os.environ["PANTAU"]
GATED_FROM = 3
# About three files.
PART = ("--part-mib", "3")

# What a database knows, without the keys that it gives.
FACTS = (
    "SELECT slug, label, unit FROM indicator ORDER BY slug",
    "SELECT seen_at, digest FROM sighting JOIN capture ON capture.id = capture_id ORDER BY seen_at, digest",
    "SELECT digest, block, url, captured_at FROM capture ORDER BY digest",
    "SELECT slug, first_seen, last_seen, level, level_scale, change, change_scale, percent, percent_scale, verdict, digest"
    " FROM observation JOIN indicator ON indicator.id = indicator_id JOIN capture ON capture.id = capture_id"
    " ORDER BY slug, first_seen",
    "SELECT count(*) FROM held",
)

# Lets two calls pass, and holds the others until it is told to open: a worker can be killed while it reads.
GATE = """#!/bin/sh
echo "$$" >> {folder}/calls
if [ "$(wc -l < {folder}/calls)" -ge {first} ]; then
  for _ in $(seq 1200); do [ -e {folder}/open ] && break; sleep 0.1; done
fi
exec {pantau} "$@"
"""


def setUpModule():
    global folder
    folder = Path(tempfile.mkdtemp(prefix="pantau-spark-"))
    unittest.addModuleCleanup(shutil.rmtree, folder)


def pantau(*arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run([PANTAU, *map(str, arguments)], env=environment, capture_output=True, check=False)


def archives():
    """Twelve whole files, one read by ranges, one damaged, one that is not there; and a list of all."""
    lines = []
    for seed in range(12):
        path = folder / f"{seed}.warc.gz"
        corpus.write(path, seed, 60)
        lines.append(f"{path}")
    lines += ["\t".join(map(str, place)) for place in corpus.write(folder / "ranges.warc.gz", 12, 90)]
    corpus.damaged(folder / "damaged.warc.gz", 13, 60)
    lines += [f"{folder / 'damaged.warc.gz'}", f"{folder / 'nowhere.warc.gz'}"]
    (folder / "list").write_text("".join(f"{line}\n" for line in lines))
    return lines


def gate():
    """The program behind a gate."""
    program = folder / "gate" / "pantau"
    program.parent.mkdir()
    program.write_text(GATE.format(folder=program.parent, first=GATED_FROM, pantau=PANTAU))
    program.chmod(0o755)
    return program


def calls(program):
    file = program.parent / "calls"
    return len(file.read_text().split()) if file.exists() else 0


def ended(job):
    """The exit code of a job, and what it said."""
    try:
        return job.wait(cluster.PATIENCE), (folder / "job.log").read_text()
    finally:
        job.kill()


def parsed(line):
    return json.loads(line, parse_float=str, parse_int=str)


def number(decimal, scale):
    return None if decimal is None else f"{decimal:.{scale}f}"


def as_extracted(row):
    """A row of Parquet in the words of `pantau extract`."""
    found = row.asDict()
    at = found["captured_at"]
    found["captured_at"] = at and f"{at.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    for name in ("level", "change", "percent"):
        found[name] = number(found[name], found.pop(f"{name}_scale"))
    found["offset"] = str(found["offset"])
    del found["year"]
    return found


def ordered(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


class OnACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines = archives()
        cls.out = folder / "out"
        with cluster.Cluster(folder) as spark:
            cls.interrupted(spark)
            cls.sound = cls.only(spark, "sound", folder / "0.warc.gz", "--ship")
            cls.unsound = cls.only(spark, "unsound", folder / "damaged.warc.gz")
            cls.misnamed = ended(spark.submit("--out", folder / "misnamed", "--pantau", PANTAU, folder / "nowhere"))
        cls.session = cls.reader()

    @classmethod
    def interrupted(cls, spark):
        """The job of all, and a worker that goes away while both read."""
        program = gate()
        where = ("--out", cls.out, "--pantau", program, *PART, "--db", folder / "cluster.db")
        job = spark.submit(*where, folder / "list")
        try:
            cluster.wait_for("both workers to read", lambda: calls(program) > GATED_FROM or job.poll() is not None)
            cls.executors = spark.kill("two")
            (program.parent / "open").touch()
            cls.code, cls.log = ended(job)
        finally:
            job.kill()
        cls.calls = calls(program)

    @classmethod
    def only(cls, spark, name, path, *arguments):
        """How a job that reads one file ends."""
        (folder / name).write_text(f"{path}\n")
        return ended(spark.submit("--out", folder / f"{name}-out", "--pantau", PANTAU, *arguments, "--no-import", folder / name))

    @classmethod
    def reader(cls):
        from pyspark.sql import SparkSession

        settings = {**cluster.SETTINGS, "spark.sql.session.timeZone": "UTC", "spark.log.level": "ERROR"}
        session = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
        cls.addClassCleanup(session.stop)
        return session

    def rows(self, out):
        return self.session.read.parquet(str(out / "rows")).collect()

    def one_machine(self):
        done = pantau("extract", "-q", "--paths-from", folder / "list", "--report", folder / "report.json")
        self.assertEqual(done.returncode, 1, done.stderr)
        return [parsed(line) for line in done.stdout.splitlines()], json.loads((folder / "report.json").read_text())

    def test_the_worker_was_killed_while_it_read(self):
        self.assertEqual(self.executors, 1, self.log)
        parts = int(re.search(r"^(\d+) parts, ", self.log, re.MULTILINE)[1])
        # Each part once, the one that was lost again, and two more tries of the missing file.
        self.assertGreaterEqual(self.calls, parts + 1 + 2)

    def test_the_rows_are_those_of_one_machine(self):
        expected, _ = self.one_machine()
        self.assertGreater(len(expected), 12 * 20 * len(corpus.LABELS))
        found = [as_extracted(row) for row in self.rows(self.out)]
        self.assertEqual(ordered(found), ordered(expected))

    def test_the_report_is_that_of_one_machine(self):
        _, expected = self.one_machine()
        found = json.loads((self.out / "report.json").read_text())
        self.assertEqual(found["totals"], expected["totals"])
        self.assertEqual(ordered(found["inputs"]), ordered(expected["inputs"]))
        damaged = [entry["path"] for entry in expected["inputs"] if entry["status"] != "ok"]
        self.assertEqual((self.out / "again").read_text().split(), damaged)
        self.assertEqual(len(damaged), 2)

    def test_the_database_is_that_of_one_machine(self):
        (folder / "rows.ndjson").write_bytes(pantau("extract", "-q", "--paths-from", folder / "list").stdout)
        done = pantau("import", "--db", folder / "one.db", folder / "rows.ndjson")
        self.assertEqual(done.returncode, 0, done.stderr)
        for facts in FACTS:
            one, many = (sqlite3.connect(folder / name).execute(facts).fetchall() for name in ("one.db", "cluster.db"))
            self.assertEqual(many, one)
            self.assertNotEqual(one, [], facts)
        self.assertEqual(pantau("db", "verify", "--db", folder / "cluster.db").returncode, 0)

    def test_spark_reads_what_pantau_writes_without_options(self):
        database = ("--db", folder / "cluster.db")
        (folder / "runs.parquet").write_bytes(pantau("history", "lq45", "--all", "-f", "parquet", *database).stdout)
        runs = self.session.read.parquet(str(folder / "runs.parquet"))
        expected = [parsed(line) for line in pantau("history", "lq45", "--all", "-f", "ndjson", *database, "--tz", "UTC").stdout.splitlines()]
        self.assertEqual(runs.count(), len(expected))
        for run, said in zip(runs.collect(), expected):
            self.assertEqual((run.indicator, run.verdict), (said["indicator"], said["verdict"]))
            self.assertEqual(number(run.level, run.level_scale), said["level"])
            self.assertEqual(run.first_seen.astimezone(timezone.utc), datetime.fromisoformat(said["first_seen"].replace("Z", "+00:00")))
        (folder / "quotes.parquet").write_bytes(pantau("extract", "-q", "-f", "parquet", folder / "0.warc.gz").stdout)
        quotes = self.session.read.parquet(str(folder / "quotes.parquet"))
        of_cluster = self.session.read.parquet(str(self.out / "rows"))
        kinds = {field.name: field.dataType for field in of_cluster.schema}
        self.assertEqual({field.name: field.dataType for field in quotes.schema}, {name: kind for name, kind in kinds.items() if name != "year"})
        columns = quotes.columns
        same = of_cluster.where(of_cluster.file.endswith("/0.warc.gz")).select(columns)
        self.assertEqual(quotes.exceptAll(same).count() + same.exceptAll(quotes).count(), 0)

    def test_exit_codes_say_whether_all_was_read(self):
        self.assertEqual((self.code, self.sound[0], self.unsound[0]), (1, 0, 5), self.log)
        code, log = self.misnamed
        self.assertEqual(code, 1, log)
        self.assertIn("extract.py: ", log)

    def test_rows_lie_by_source_and_year_in_order_of_time(self):
        folders = sorted(str(file.parent.relative_to(self.out)) for file in (self.out / "rows").rglob("*.parquet"))
        self.assertEqual(folders, ["rows/source=kontan/year=2023", "rows/source=kontan/year=2024"])
        for file in (self.out / "rows").rglob("*.parquet"):
            rows = self.session.read.parquet(str(file)).collect()
            places = [(row.captured_at, row.file, row.offset) for row in rows]
            self.assertEqual(places, sorted(places))
            labels = [row.label for row in rows]
            self.assertEqual(labels, [*corpus.LABELS] * (len(labels) // len(corpus.LABELS)))
        leftovers = [path for path in self.out.rglob("*") if path.is_file() and path.suffix != ".parquet"]
        self.assertEqual(sorted(path.name for path in leftovers), ["again", "inputs", "report.json"])


if __name__ == "__main__":
    unittest.main()
