"""What makes a part, what is tried again, and how a job ends: without Spark and without pantau."""

import io
import itertools
import json
import random
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import extract  # noqa: E402


class Parts(unittest.TestCase):
    def listed(self, text, has_root=False):
        with tempfile.TemporaryDirectory() as folder:
            order = Path(folder, "inputs")
            extract.in_order(io.StringIO(text), order, has_root)
            return order.read_text().splitlines()

    def test_a_list_is_read_by_path_and_offset_and_each_line_once(self):
        lines = ["/b\t1000\t5", "/b\t90\t5", "/a", "/b\t90\t5", "", "/B\t7\t7"]
        self.assertEqual(self.listed("\n".join(lines)), ["/B\t7\t7", "/a", "/b\t90\t5", "/b\t1000\t5"])

    def test_what_is_no_input_is_refused_with_its_line(self):
        for line in ("/a\t1", "/a\t1\tx", "/a\t-1\t2", "/a\t1\t2\t3", "-", "\t1\t2", "https://a.id/", "relative"):
            with self.subTest(line), self.assertRaisesRegex(extract.Refused, "line 2 "):
                self.listed(f"/fine\n{line}\n")
        self.assertEqual(self.listed("relative\t1\t2", has_root=True), ["relative\t1\t2"])

    def test_parts_have_about_the_same_weight_and_cover_all(self):
        chance = random.Random(1)
        lines = [(f"/{number // 5}", chance.randrange(1, 100), 10) for number in range(1000)]
        parts = list(extract.cut(lines, 1000))
        self.assertEqual([begin for begin, _ in parts], [0, *(end for _, end in parts[:-1])])
        self.assertEqual(parts[-1][1], 10_000)
        weights = [sum(weight for _, weight, _ in lines[begin // 10 : end // 10]) for begin, end in parts]
        self.assertTrue(all(1000 <= weight < 1500 for weight in weights[:-1]), weights)

    def test_ranges_of_a_file_stay_together_unless_they_are_more_than_a_part(self):
        def cuts(lines):
            return list(extract.cut([(path, weight, 1) for path, weight in lines], 10))

        self.assertEqual(cuts([("a", 9), ("b", 2), ("b", 2), ("b", 2), ("c", 1)]), [(0, 4), (4, 5)])
        self.assertEqual(cuts([("a", 1), *[("b", 4)] * 7, ("c", 1)]), [(0, 4), (4, 7), (7, 9)])
        self.assertEqual(cuts([]), [])


class Program:
    """Stands for the program: what it does with each input, and how often it was called."""

    def __init__(self, **inputs):
        self.inputs, self.calls = inputs, 0

    def __call__(self, lines):
        self.calls += 1
        entries, rows = [], []
        for line in lines:
            does = self.inputs[line]
            does = does.pop(0) if isinstance(does, list) and len(does) > 1 else does
            does = does[0] if isinstance(does, list) else does
            if does == "dies":
                return extract.Run([], None, "killed by signal 9")
            status, count = does
            rows += [f"{line}{number}" for number in range(count)]
            entries.append({"path": line, "status": status, "records": count, "rows": count, "detail": None})
        return extract.Run(rows, {"inputs": entries, "totals": {"rows": len(rows)}})


class Reading(unittest.TestCase):
    def read(self, program, tries=3):
        calls = list(extract.read(list(program.inputs), program, tries, pause=lambda _: None))
        rows = [row for rows, _ in calls for row in rows or []]
        entries = [entry for _, report in calls for entry in report["inputs"]]
        self.assertEqual(len(entries), len(program.inputs), "every input is reported once")
        reported = sum(report["totals"].get("rows", 0) for _, report in calls)
        self.assertEqual(reported, len(rows))
        return sorted(rows), {entry["path"]: entry["status"] for entry in entries}

    def test_what_is_read_at_once_is_read_once(self):
        program = Program(a=("ok", 2), b=("partial", 1))
        self.assertEqual(self.read(program), (["a0", "a1", "b0"], {"a": "ok", "b": "partial"}))
        self.assertEqual(program.calls, 1)

    def test_what_is_not_there_is_tried_again_alone(self):
        program = Program(a=("ok", 1), b=[("failed", 0), ("failed", 0), ("ok", 2)])
        self.assertEqual(self.read(program), (["a0", "b0", "b1"], {"a": "ok", "b": "ok"}))
        self.assertEqual(program.calls, 3)

    def test_what_stays_away_has_failed_and_the_others_have_not(self):
        program = Program(a=("ok", 1), b=("failed", 0), c=("ok", 1))
        self.assertEqual(self.read(program), (["a0", "c0"], {"a": "ok", "b": "failed", "c": "ok"}))
        self.assertEqual(program.calls, 3)

    def test_rows_that_came_before_a_failure_do_not_come_twice(self):
        program = Program(a=("ok", 1), b=[("failed", 1), ("ok", 2)])
        self.assertEqual(self.read(program), (["a0", "b0", "b1"], {"a": "ok", "b": "ok"}))
        program = Program(a=("ok", 1), b=("failed", 1))
        self.assertEqual(self.read(program), (["a0", "b0"], {"a": "ok", "b": "failed"}))

    def test_an_input_that_the_program_dies_of_is_found_among_many(self):
        program = Program(**{f"i{number}": ("ok", 1) for number in range(40)})
        program.inputs["i17"] = "dies"
        rows, statuses = self.read(program, tries=2)
        self.assertEqual(len(rows), 39)
        self.assertEqual([path for path, status in statuses.items() if status == "failed"], ["i17"])

    def test_whatever_happens_every_input_is_reported_once_and_no_row_twice(self):
        fates = ("dies", ("ok", 1), ("partial", 2), ("failed", 0), ("failed", 1))
        for seed, size in itertools.product(range(60), (1, 2, 5)):
            chance = random.Random(seed)
            inputs = {f"i{n}": chance.choices(fates, k=chance.randrange(1, 4)) for n in range(size)}
            rows, _ = self.read(Program(**inputs))
            self.assertEqual(len(rows), len(set(rows)), inputs)


class Calls(unittest.TestCase):
    """How a call of a program ends; a shell stands for it."""

    def call(self, does):
        with tempfile.TemporaryDirectory() as folder:
            command = ["/bin/sh", "-c", f'report=$4; {does}', "program"]
            run = extract.run(command, folder, ["/a", "/b\t1\t2"], Path(folder), "000001-x")
            return run.rows.read_text(), run.report, run.trouble

    def test_it_is_given_the_inputs_and_its_rows_and_report_are_taken(self):
        for code in (0, 1, 5):
            rows, report, _ = self.call(f"cat; echo '{{\"inputs\": []}}' > $report; exit {code}")
            self.assertEqual((rows, report), ("/a\n/b\t1\t2\n", {"inputs": []}))

    def test_without_a_report_it_says_how_it_ended(self):
        for does, expected in (
            ("echo first >&2; echo no room >&2; exit 1", "exit code 1: no room"),
            ("kill -9 $$", "killed by signal 9"),
            ("echo '{}' > $report; exit 3", "exit code 3"),
        ):
            self.assertEqual(self.call(does)[1:], (None, expected))

    def test_what_it_does_not_take_ends_the_job(self):
        with self.assertRaisesRegex(extract.Refused, "unknown glob"):
            self.call("echo unknown glob >&2; echo hint: read on >&2; exit 2")

    def test_what_ended_a_job_is_told_in_one_line(self):
        error = "An exception was thrown\nTraceback:\n  File\nextract.Refused: pantau does not\n\n\tat org.apache"
        self.assertEqual(extract.gist(error), "extract.Refused: pantau does not")
        self.assertEqual(extract.gist("Job aborted.\n\tat org.apache"), "Job aborted.")


class Ending(unittest.TestCase):
    def job(self, *arguments):
        """A job that ends before it needs Spark."""
        command = [sys.executable, extract.__file__, "--pantau", "/bin/true", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.returncode, done.stderr

    def test_what_cannot_be_begun_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            out, wrong, full = Path(folder, "out"), Path(folder, "wrong"), Path(folder, "full")
            wrong.write_text("/a\t1\n")
            full.mkdir()
            (full / "rows").touch()
            for arguments, code, told in (
                (("--out", out, Path(folder, "nowhere")), 1, "nowhere"),
                (("--out", Path(folder, "new"), wrong), 2, "line 1 "),
                (("--out", full, wrong), 2, "is not empty"),
                (("--out", Path(folder, "none"), "/dev/null"), 2, "names nothing"),
                (("--out", out, "--pantau", "/nowhere/pantau", "/dev/null"), 2, "cannot be run here"),
            ):
                found, said = self.job(*arguments)
                self.assertEqual(found, code, said)
                self.assertIn(told, said)

    def test_the_worst_that_happened_is_the_exit_code(self):
        for statuses, imported, code in (
            ({"ok": 3}, 0, 0),
            ({"ok": 3, "partial": 1}, 0, 5),
            ({"ok": 3}, 5, 5),
            ({"ok": 3, "partial": 1, "failed": 1}, 0, 1),
            ({"ok": 3}, 75, 1),
        ):
            self.assertEqual(extract.exit_code(Counter(statuses), imported), code)

    def test_reports_become_one_and_name_what_is_to_be_read_again(self):
        def entry(path, status):
            return {"path": path, "status": status, "records": 1, "rows": 0, "detail": None}

        parts = [
            {"inputs": [entry("/a\t1\t2", "ok"), entry("/b", "partial")], "totals": {"records": 2, "rows": 0}},
            {"inputs": [entry("/c", "failed")], "totals": {}},
            {"inputs": [entry("/d", "ok")], "totals": {"records": 1, "rows": 0}},
        ]
        with tempfile.TemporaryDirectory() as folder:
            report, again = Path(folder, "report.json"), Path(folder, "again")
            totals, statuses = extract.gather(iter(parts), report, again)
            self.assertEqual(again.read_text(), "/b\n/c\n")
            whole = json.loads(report.read_text())
        self.assertEqual([entry["path"] for entry in whole["inputs"]], ["/a\t1\t2", "/b", "/c", "/d"])
        self.assertEqual(whole["totals"], {"records": 3, "rows": 0})
        self.assertEqual((totals["records"], statuses["ok"]), (3, 2))


if __name__ == "__main__":
    unittest.main()
