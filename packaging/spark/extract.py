#!/usr/bin/env python3
"""Reads archives on a cluster: spreads files and byte ranges over the workers of Spark, runs `pantau extract` on each
part, writes the rows as Parquet by source and year, and imports them.

Owns what makes a part, what is tried again, and how a job ends. What is in an archive only pantau knows.

Exit codes: 0 all was read; 5 something is damaged, and everything else was read; 1 something failed; 2 usage.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

DONE, FAILED, USAGE, UNSOUND = 0, 1, 2, 5

# Opening a file and going to a place in it takes about as long as reading this much.
COST_OF_INPUT = 1 << 20


class Refused(Exception):
    """What was asked for cannot be meant, or not be done here."""


# --- Which inputs make a part -----------------------------------------------------------------------------------------


def checked(line, number, has_root):
    """A line of the list, if it is a path, or a path, an offset and a length."""
    fields = line.split("\t")
    is_part = len(fields) == 3 and all(field.isdecimal() for field in fields[1:])
    if re.match(r"https?://", line):
        raise Refused(f"line {number} is an address, and `pantau archive fetch` is what asks the network: {line!r}")
    if fields[0] in ("", "-") or not (len(fields) == 1 or is_part):
        raise Refused(f"line {number} is neither a path nor a path, an offset and a length: {line!r}")
    if not (has_root or fields[0].startswith("/")):
        raise Refused(f"line {number} is not absolute, and --root says what it lies below: {line!r}")
    return line


def in_order(lines, order, has_root):
    """Writes each line once, by path and offset. `sort` needs no more memory than it is given."""
    command = ["sort", "--unique", "--buffer-size=64M", "--field-separator=\t", "-k1,1", "-k2,2n", "-k3,3n"]
    environment = {**os.environ, "LC_ALL": "C"}
    with subprocess.Popen([*command, "-o", order], stdin=subprocess.PIPE, env=environment, encoding="utf-8") as sort:
        try:
            for number, line in enumerate(lines, 1):
                if line := line.rstrip("\n"):
                    sort.stdin.write(checked(line, number, has_root) + "\n")
        except UnicodeDecodeError as error:
            raise Refused(f"the list is not UTF-8: {error}") from error
        finally:
            sort.stdin.close()
    if sort.returncode != 0:
        raise Refused(f"the list could not be sorted: sort ended with {sort.returncode}")


def weight(line, root):
    """How long an input takes to read, in bytes. One that cannot be seen from here is left to the workers."""
    path, *part = line.split("\t")
    try:
        return COST_OF_INPUT + (int(part[1]) if part else os.stat(os.path.join(root or "/", path)).st_size)
    except OSError:
        return COST_OF_INPUT


def cut(weighed, limit):
    """Cuts lines, each `(path, weight, bytes)` and those of a path together, into parts of about the same weight: the
    first byte of each and the one after its last. Only a file that is a part by itself is cut."""
    begin = end = heavy = of_path = 0
    last = None
    for path, weight_, size in weighed:
        if path != last:
            last, of_path = path, 0
        if heavy >= limit and (of_path == 0 or of_path >= limit):
            yield begin, end
            begin, heavy, of_path = end, 0, 0
        heavy, of_path, end = heavy + weight_, of_path + weight_, end + size
    if end > begin:
        yield begin, end


def parts(order, root, limit):
    """The parts of a sorted list."""
    with open(order, encoding="utf-8", newline="\n") as lines:
        named = (line.rstrip("\n") for line in lines)
        weighed = ((line.split("\t")[0], weight(line, root), len(line.encode()) + 1) for line in named)
        return list(cut(weighed, limit))


# --- Reading a part: on a worker --------------------------------------------------------------------------------------


class Run:
    """What one call of the program gave: the file of its rows, and its report or why there is none."""

    def __init__(self, rows, report, trouble=""):
        self.rows, self.report, self.trouble = rows, report, trouble


def run(command, root, lines, staged, name):
    """Calls the program. Its rows and its report have names that nothing else has, so that no two attempts meet."""
    rows, report = staged / f"{name}.parquet", staged / f"{name}.json"
    arguments = [*command, "--paths-from", "-", "--report", str(report)]
    text = "".join(f"{line}\n" for line in lines).encode()
    with open(rows, "wb") as output, tempfile.TemporaryFile() as errors:
        done = subprocess.run(arguments, input=text, stdout=output, stderr=errors, cwd=root, check=False)
        said = tail(errors)
    if done.returncode == USAGE:
        raise Refused(f"{command[0]} does not take what it is given: {said}")
    has_report = done.returncode in (DONE, FAILED, UNSOUND) and report.exists()
    return Run(rows, json.loads(report.read_text()) if has_report else None, ended(done, said))


def tail(errors):
    """The last line of what was said, hints aside."""
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
    lines = errors.read().decode(errors="replace").strip().splitlines()
    lines = [line for line in lines if not line.startswith("hint: ")]
    return lines[-1] if lines else ""


def ended(done, said):
    """How a call ended, in words."""
    code = done.returncode
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return f"{how}: {said}" if said else how


def settle(run_, lines, is_last):
    """Whether a call counts, and the inputs that are to be read again. What an input gave before it failed must not come
    twice, so such a call does not count while there are tries left."""
    if run_.report is None:
        return False, lines
    failed = [entry for entry in run_.report["inputs"] if entry["status"] == "failed"]
    if not failed or is_last:
        return True, []
    if any(entry["records"] or entry["rows"] for entry in failed):
        return False, lines
    return True, [entry["path"] for entry in failed]


def without(report, paths):
    """A report of the other inputs."""
    again = set(paths)
    return {**report, "inputs": [entry for entry in report["inputs"] if entry["path"] not in again]}


def read(lines, call, tries, pause=time.sleep):
    """Reads inputs, and gives the calls that count as `(rows, report)`. What fails is tried again; where the program itself
    does not come back, its inputs are halved until the one is found that it dies of, and that one has failed."""
    for nth in range(1, tries + 1):
        run_ = call(lines)
        counts, again = settle(run_, lines, nth == tries)
        if counts:
            yield run_.rows, without(run_.report, again)
        if not again:
            return
        lines = again
        if nth < tries:
            pause(nth)
    if len(lines) > 1:
        middle = len(lines) // 2
        # Each input was tried often enough by now; a disk that is full must not be waited for a thousand times.
        yield from read(lines[:middle], call, 1, pause)
        yield from read(lines[middle:], call, 1, pause)
    else:
        entry = {"path": lines[0], "status": "failed", "records": 0, "rows": 0, "detail": run_.trouble}
        yield None, {"inputs": [entry], "totals": {}}


def program(name):
    """The program as `--files` or `--ship` brought it, else where it is on this machine."""
    from pyspark import SparkFiles

    brought = SparkFiles.get(os.path.basename(name))
    return brought if os.path.exists(brought) else name


def read_part(number, begin, end, job):
    """Reads a part. Gives for each call that counts the name of its rows, if there are any, and of its report. The driver
    hears this of one attempt at each part, the first that comes to its end; what others left is removed with the folder."""
    with open(job["order"], "rb") as order:
        order.seek(begin)
        lines = order.read(end - begin).decode().removesuffix("\n").split("\n")
    command = [program(job["pantau"]), "extract", "-q", "-f", "parquet", *job["options"]]
    staged = Path(job["staged"])
    for rows, report in read(lines, lambda lines: run(command, job["root"], lines, staged, new_name(number)), job["tries"]):
        has_rows = any(entry["rows"] for entry in report["inputs"])
        said = staged / f"{new_name(number)}.report"
        said.write_text(json.dumps(report))
        yield rows.name if has_rows else None, said.name


def new_name(number):
    """A name that begins with the number of its part and was never given."""
    return f"{number:06}-{uuid.uuid4().hex}"


# --- The job: on the driver -------------------------------------------------------------------------------------------


def arguments():
    parser = argparse.ArgumentParser(description="Read archives on a cluster with pantau extract.")
    parser.add_argument("list", help="file with a PATH a line, or PATH<tab>OFFSET<tab>LENGTH; - is stdin")
    parser.add_argument("--out", required=True, type=Path, help="new folder that driver and workers see alike")
    parser.add_argument("--pantau", default="pantau", help="the program, on each worker and here")
    parser.add_argument("--ship", action="store_true", help="bring it from here to the workers")
    parser.add_argument("--root", help="folder that the paths of the list lie below; without it they are absolute")
    parser.add_argument("--url", action="append", default=[], metavar="GLOB", help="as of pantau extract")
    parser.add_argument("--captured-at", metavar="WHAT", help="as of pantau extract")
    parser.add_argument("--source", help="as of pantau extract; with --config")
    parser.add_argument("--config", help="configuration of the source, on each worker and here")
    parser.add_argument("--part-mib", type=int, default=256, help="about how much a part has to read, in MiB (256)")
    parser.add_argument("--tries", type=int, default=3, help="how often an input is read before it has failed (3)")
    parser.add_argument("--db", help="database to import into; pantau's own by default")
    parser.add_argument("--no-import", action="store_true", help="leave the rows as Parquet")
    args = parser.parse_args()
    if args.part_mib < 1 or args.tries < 1:
        parser.error("--part-mib and --tries are at least 1")
    return args


def options(args):
    """What each call of `pantau extract` is given beside its inputs."""
    single = (("--captured-at", args.captured_at), ("--source", args.source), ("--config", args.config))
    given = [part for name, value in single if value for part in (name, value)]
    return given + [part for glob in args.url for part in ("--url", glob)]


def prepare(args):
    """Makes the folder, and the list in the order in which it is read."""
    if args.out.exists() and any(args.out.iterdir()):
        raise Refused(f"{args.out} is not empty: name a new folder, rows of another job are not overwritten")
    args.out.mkdir(parents=True, exist_ok=True)
    order = args.out.resolve() / "inputs"
    with open(0 if args.list == "-" else args.list, encoding="utf-8", newline="\n") as lines:
        in_order(lines, order, args.root is not None)
    return order


def session():
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "zstd",
        # The folder of the rows holds nothing but rows.
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    }
    builder = SparkSession.builder.appName("pantau extract")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def extract(spark, pieces, job):
    """Reads all parts. Gives the names of their rows and reports, by part."""
    numbered = [(number, begin, end) for number, (begin, end) in enumerate(pieces)]
    spread = spark.sparkContext.parallelize(numbered, len(numbered))
    found = spread.mapPartitions(lambda pieces: (name for piece in pieces for name in read_part(*piece, job))).collect()
    return [rows for rows, _ in found if rows], [report for _, report in found]


def arrange(spark, files, rows):
    """Writes rows by source and year, in order of time, and those of a page as they stood."""
    if not files:
        return
    found = spark.read.parquet(*(file.as_uri() for file in files))
    columns = found.columns
    placed = found.selectExpr("*", "year(captured_at) year", "_metadata.file_name part", "_metadata.row_index nth")
    spread = placed.repartition("source", "year")
    ordered = spread.sortWithinPartitions("source", "year", "captured_at", "file", "offset", "part", "nth")
    ordered.select(*columns, "year").write.partitionBy("source", "year").parquet(rows.as_uri())


def gather(reports, report_file, again_file):
    """Writes one report of all, and a list of what is to be read again. Gives the totals and how often each status is."""
    totals, statuses = Counter(), Counter()
    with open(report_file, "w", encoding="utf-8") as report, open(again_file, "w", encoding="utf-8") as again:
        report.write('{"inputs":[')
        for one in reports:
            totals.update(one["totals"])
            for entry in one["inputs"]:
                report.write(("," if statuses else "") + "\n" + json.dumps(entry))
                statuses[entry["status"]] += 1
                if entry["status"] != "ok":
                    again.write(entry["path"] + "\n")
        report.write(f'\n],"totals":{json.dumps(totals)}}}\n')
    return totals, statuses


def bring_in(args, rows):
    """Imports the rows. What is there already stays as it is, so this can be done again."""
    files = sorted(str(file) for file in rows.rglob("*.parquet"))
    if args.no_import or not files:
        return DONE
    where = [part for name in ("db", "config") if getattr(args, name) for part in (f"--{name}", getattr(args, name))]
    done = subprocess.run([args.pantau, "import", *where, *files], check=False)
    if done.returncode not in (DONE, UNSOUND):
        print(f"extract.py: the rows are in {rows}; importing them ended with {done.returncode}", file=sys.stderr)
    return done.returncode


def exit_code(statuses, imported):
    """How a job ends."""
    if statuses["failed"] or imported not in (DONE, UNSOUND):
        return FAILED
    return UNSOUND if statuses["partial"] or imported == UNSOUND else DONE


def gist(trouble):
    """What a worker, or Spark itself, gave up for: the last thing that was raised, of many lines."""
    lines = [line.strip() for line in str(trouble).splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"[\w.]*(Refused|Error): ", line)]
    return (raised or lines or [repr(trouble)])[-1 if raised else 0]


def on_spark(args, pieces, job, rows):
    """What needs Spark: gives the names of the reports."""
    spark = session()
    try:
        if args.ship:
            spark.sparkContext.addFile(shutil.which(args.pantau))
        names, reports = extract(spark, pieces, job)
        arrange(spark, [Path(job["staged"], name) for name in names], rows)
        return reports
    except Exception as trouble:
        print(f"extract.py: Spark gave up: {gist(trouble)}", file=sys.stderr)
        sys.exit(USAGE if "Refused: " in gist(trouble) else FAILED)
    finally:
        spark.stop()


def main():
    args = arguments()
    if not (args.no_import and not args.ship) and not shutil.which(args.pantau):
        raise Refused(f"{args.pantau} cannot be run here; --pantau names it")
    order = prepare(args)
    pieces = parts(order, args.root, args.part_mib << 20)
    if not pieces:
        raise Refused(f"{args.list} names nothing to read")
    out = args.out.resolve()
    staged, rows = out / "staged", out / "rows"
    staged.mkdir()
    job = {"order": str(order), "staged": str(staged), "pantau": args.pantau, "root": args.root, "tries": args.tries}
    reports = on_spark(args, pieces, {**job, "options": options(args)}, rows)
    said = (json.loads((staged / name).read_text()) for name in reports)
    totals, statuses = gather(said, out / "report.json", out / "again")
    shutil.rmtree(staged)
    told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    print(f"{len(pieces)} parts, {totals['records']} records, {totals['rows']} rows; inputs: {told}", file=sys.stderr)
    return exit_code(statuses, bring_in(args, rows))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, OSError) as error:
        print(f"extract.py: {error}", file=sys.stderr)
        sys.exit(USAGE if isinstance(error, Refused) else FAILED)
