"""A Spark of its own on the loopback device: a master and workers, each a process. Ends what it started and no other."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pyspark

HOME = Path(pyspark.__file__).parent
PATIENCE = 600
LOOPBACK = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.cores.max": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def wait_for(what, look):
    """What `look` gives once it gives something."""
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > until:
            raise TimeoutError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.1)
    return found


def environment():
    """Nothing of whoever runs the tests but the way to programs."""
    return {
        "PATH": os.environ["PATH"],
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        **{name: os.environ[name] for name in ("JAVA_HOME", "TMPDIR") if name in os.environ},
    }


def is_executor(process):
    try:
        return b"CoarseGrainedExecutorBackend" in Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


class Cluster:
    """A master and two workers."""

    def __init__(self, folder):
        self.folder = folder
        self.started = {}
        self.url = None
        self.log = None

    def __enter__(self):
        try:
            self.log = self.start("master", "master.Master", *LOOPBACK)
            self.url = wait_for("the master", self.address)
            for name in ("one", "two"):
                room = ("--cores", "1", "--memory", "768m", "--work-dir", str(self.folder / name))
                self.start(name, "worker.Worker", *LOOPBACK, *room, self.url)
            wait_for("the workers", lambda: self.log.read_text().count("Registering worker") == 2)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, name, main, *arguments):
        log = self.folder / f"{name}.log"
        command = [HOME / "bin" / "spark-class", f"org.apache.spark.deploy.{main}", *arguments]
        with open(log, "wb") as output:
            self.started[name] = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
        return log

    def address(self):
        found = re.search(r"Starting Spark master at (spark://\S+)", self.log.read_text())
        return found and found[1]

    def kill(self, name):
        """Takes a machine away: its worker and what that started, none of which is asked. Says how many executors it had."""
        worker = self.started.pop(name)
        # A process may pass from one thread to another while they are looked at, and a helper of the worker end meanwhile.
        children = Path(f"/proc/{worker.pid}/task").glob("*/children")
        started = {int(process) for file in children for process in file.read_text().split()}
        executors = [process for process in started if is_executor(process)]
        for process in (worker.pid, *started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, 9)
        worker.wait()
        return len(executors)

    def stop(self):
        for process in self.started.values():
            process.terminate()
        for process in self.started.values():
            process.wait(PATIENCE)

    def submit(self, *arguments):
        """The job on this cluster, under way."""
        settings = [part for name, value in SETTINGS.items() for part in ("--conf", f"{name}={value}")]
        job = Path(__file__).parent.parent / "extract.py"
        command = [HOME / "bin" / "spark-submit", "--master", self.url, *settings, job, *map(str, arguments)]
        with open(self.folder / "job.log", "wb") as output:
            return subprocess.Popen(command, stdout=output, stderr=output, env=environment(), cwd=self.folder)
