"""Reads a Parquet file of pantau with DuckDB, pandas or Spark, without any option, and prints what it found.

First a line with the type of each column as the engine names it, then a line of JSON a row: numbers by their value,
instants in UTC. With a folder as third argument the engine also writes the rows there again, in its own way.

usage: parquet_rows.py duckdb|pandas|spark FILE [FOLDER]
"""

import datetime
import decimal
import json
import math
import os
import sys


def cell(value):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "null"
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime.datetime):
        assert value.utcoffset() is not None, "an instant without a zone"
        return json.dumps(value.astimezone(datetime.timezone.utc).isoformat())
    if isinstance(value, str):
        return json.dumps(value)
    assert float(value) == int(value), value
    return str(int(value))


def show(types, rows):
    print(json.dumps(types))
    for row in rows:
        print("{" + ", ".join(f"{json.dumps(name)}: {cell(value)}" for name, value in zip(types, row)) + "}")


def with_duckdb(file, folder):
    import duckdb

    found = duckdb.sql(f"SELECT * FROM '{file}'")
    rows = (row.values() for row in found.to_arrow_table().to_pylist())
    show({name: str(of) for name, of in zip(found.columns, found.types)}, rows)
    if folder:
        duckdb.sql(f"COPY (SELECT * FROM '{file}') TO '{folder}/duckdb.parquet'")


def with_pandas(file, folder):
    import pandas

    found = pandas.read_parquet(file)
    absent = found.astype(object).where(found.notna(), None)
    rows = ([at.to_pydatetime() if hasattr(at, "to_pydatetime") else at for at in row] for row in absent.itertuples(index=False))
    show({name: str(of) for name, of in found.dtypes.items()}, rows)
    if folder:
        found.to_parquet(f"{folder}/pandas.parquet")


def with_spark(file, folder):
    from pyspark.sql import SparkSession

    # Where Spark keeps its own files, not how it reads. The zone is only that of instants in Python.
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    found = spark.read.parquet(file)
    instants = [name for name, of in found.dtypes if of == "timestamp"]
    rows = [row.asDict() for row in found.collect()]
    for row in rows:
        for name in instants:
            row[name] = row[name] and row[name].astimezone(datetime.timezone.utc)
    show(dict(found.dtypes), ([row[name] for name in found.columns] for row in rows))
    if folder:
        found.repartition(1).write.partitionBy("source").parquet(f"{folder}/spark")
    spark.stop()


if __name__ == "__main__":
    engine, file = sys.argv[1:3]
    # What Spark makes of an instant without a zone is the zone of the machine.
    os.environ["TZ"] = "UTC"
    {"duckdb": with_duckdb, "pandas": with_pandas, "spark": with_spark}[engine](file, (sys.argv[3:] or [None])[0])
