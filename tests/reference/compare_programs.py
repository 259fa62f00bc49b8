"""Random programs and purchases: what the engine evaluates against the plain calculator.

    compare_programs.py <program_tests> [programs] [purchases of each] [seed]

`program_tests` runs the embedded tests of a document and prints those that fail. Shows P3.
"""

import pathlib
import subprocess
import sys
import tempfile

import programs


def main(arguments):
    runner = arguments[0]
    count, purchases, seed = (int(value) for value in (arguments[1:] + ["100", "100", "1"][len(arguments) - 1:]))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "program.yaml"
        for index in range(count):
            path.write_text(programs.random_document(seed + index, purchases), encoding="utf-8")
            result = subprocess.run([runner, str(path)], capture_output=True, text=True, check=False)
            if result.returncode != 0:
                failed += 1
                print(f"seed {seed + index}:\n{result.stdout[:4000]}{result.stderr[:1000]}")
            if failed == 5:
                break
    print(f"{count * purchases} purchases in {count} programs, {failed} programs differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
