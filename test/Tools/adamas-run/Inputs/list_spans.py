# Lists the spans of a --trace by track, each after those that contain it: list_spans.py FILE.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    tracks = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    for tid in sorted(tracks):
        outer, before = None, 0
        for span in sorted((e for e in events if e["ph"] == "X" and e["tid"] == tid), key=lambda e: (e["ts"], -e["dur"])):
            begin, end = span["ts"], span["ts"] + span["dur"]
            if outer and begin < outer["ts"] + outer["dur"] - 1e-6:
                if end > outer["ts"] + outer["dur"] + 1e-3 or begin < before - 1e-3:
                    sys.exit(f"'{span['name']}' overlaps what is beside it")
                before = end
                time = f" {span['dur']:.1f} us" if tracks[tid].startswith("kernels") else ""
                print(f"{tracks[tid]}: {outer['name']} > {span['name']}{time}")
            else:
                outer, before = span, begin
                print(f"{tracks[tid]}: {span['name']}")


if __name__ == "__main__":
    main()
