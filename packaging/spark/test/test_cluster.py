"""The job on a real Spark of a master and two workers, one of which is killed in the middle: the same rows as on one
machine, and the same database. `PANTAU` names the program."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone
from decimal import Decimal
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


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class OnACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines = archives()
        cls.out = folder / "out"
        with cluster.Cluster(folder) as spark:
            cls.interrupted(spark)
            cls.shipped(spark)
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
    def shipped(cls, spark):
        """A job that reads the damaged file alone, with a program that no worker has."""
        (folder / "damaged").write_text(f"{folder / 'damaged.warc.gz'}\n")
        where = ("--out", folder / "shipped", "--pantau", PANTAU, "--ship", "--no-import")
        cls.shipped_code, cls.shipped_log = ended(spark.submit(*where, folder / "damaged"))

    @classmethod
    def reader(cls):
        from pyspark.sql import SparkSession

        settings = {**cluster.SETTINGS, "spark.sql.session.timeZone": "UTC", "spark.log.level": "ERROR"}
        session = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
        cls.addClassCleanup(session.stop)
        return session

    def parquet(self, *arguments):
        """What Spark reads of what the program writes, without options."""
        done = pantau(*arguments, "-f", "parquet")
        file = folder / f"{arguments[0]}.parquet"
        file.write_bytes(done.stdout)
        return self.session.read.parquet(str(file)), done

    def one_machine(self):
        """What one process gives of the same list: its rows and its report."""
        report = folder / "report.json"
        rows, done = self.parquet("extract", "-q", "--paths-from", folder / "list", "--report", report)
        self.assertEqual(done.returncode, 1, done.stderr)
        return rows, json.loads(report.read_text())

    def test_the_worker_was_killed_while_it_read(self):
        self.assertEqual(self.executors, 1, self.log)
        parts = int(re.search(r"^(\d+) parts, ", self.log, re.MULTILINE)[1])
        # Each part once, the one that was lost again, and two more tries of the missing file.
        self.assertGreaterEqual(self.calls, parts + 1 + 2)

    def test_the_rows_are_those_of_one_machine(self):
        rows, _ = self.one_machine()
        expected = sorted(rows.collect(), key=repr)
        self.assertGreater(len(expected), 12 * 20 * len(corpus.LABELS))
        found = self.session.read.parquet(str(self.out / "rows"))
        self.assertEqual(dict(found.dtypes), {**dict(rows.dtypes), "year": "int"})
        self.assertEqual(sorted(found.select(rows.columns).collect(), key=repr), expected)

    def test_the_report_is_that_of_one_machine(self):
        _, expected = self.one_machine()
        found = json.loads((self.out / "report.json").read_text())
        self.assertEqual(found["totals"], expected["totals"])
        self.assertEqual(*(sorted(one["inputs"], key=json.dumps) for one in (found, expected)))
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

    def test_spark_reads_a_history_without_options(self):
        asked = ("history", "lq45", "--all", "--db", folder / "cluster.db", "--tz", "UTC")
        runs, _ = self.parquet(*asked)
        lines = pantau(*asked, "-f", "ndjson").stdout.splitlines()
        self.assertGreater(len(lines), 100)
        expected = [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in lines]
        for run, said in zip(runs.collect(), expected, strict=True):
            for name in ("indicator", "label", "unit", "level", "change", "percent", "verdict"):
                self.assertEqual(run[name], said[name])
            for name in ("first_seen", "last_seen"):
                self.assertEqual(run[name].astimezone(timezone.utc), instant(said[name]))

    def test_a_file_that_is_not_there_fails_a_job_and_a_damaged_one_does_not(self):
        self.assertEqual(self.code, 1, self.log)
        self.assertEqual(self.shipped_code, 5, self.shipped_log)

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
