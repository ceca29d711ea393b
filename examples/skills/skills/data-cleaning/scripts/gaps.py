"""Counts the gaps of each column of a CSV file: gaps.py PATH"""

import csv
import sys

GAPS = {"", "-", "n/a", "na", "null", "none", "?", "."}

with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    rows = list(csv.DictReader(file))
for column in rows[0] if rows else []:
    count = sum((row[column] or "").strip().lower() in GAPS for row in rows)
    print(f"{column}: {count} of {len(rows)}")
