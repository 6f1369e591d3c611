"""Times `quartier run` against peers on the same orders, and checks that all agree.

    python run.py                            10 million orders by 1 million customers, three times
    python run.py --orders 100000 --customers 10000 --runs 1
    python run.py --memory-limit 1GB 500MB   also under a limit
    python run.py --grocery                  the demonstration's 1.47 million lines instead

Every contender is a process of its own; the contenders take turns, so that a noisy minute hits all
of them. A measurement waits for an idle machine, and is repeated when other processes used more
than a twentieth of the processors meanwhile. Wall time is the median; peak memory is the greatest
resident set (wait4's ru_maxrss).
"""

import argparse
import filecmp
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LABELS = {
    "quartier": "`quartier run`",
    "duckdb": "(a) DuckDB SQL by hand",
    "polars": "(b) polars",
    "polars_tuned": "(b′) polars, tuned",
    "pandas": "(c) pandas",
    "pandas_tuned": "(c′) pandas, tuned",
}
# Peers that count money in floats, as such scripts mostly do.
FLOATS = {"polars", "pandas"}
PEERS = [name for name in LABELS if name != "quartier"]


def quartier_arguments(program, orders, out, *more, models="none"):
    return [
        program, "run", orders, "--out", out, "--workbook", "never", "--csv", "intl",
        "--lang", "en", "--models", models, *more,
    ]  # fmt: skip


def grocery_arguments(program, out):
    return [program, "demo", "grocery", "--out", out, "--lang", "en"]


NOISE = 0.05


def busy():
    """Processor seconds used by everything since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def wait_for_idle(seconds=900):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = busy()
        time.sleep(3)
        if busy() - before < 3 * NOISE * os.cpu_count():
            return
    say("the machine is not idle; measuring all the same")


def measure(make_folder, make_arguments):
    """Runs a process to its end, again while others disturb it (five times at most).

    Returns (wall seconds, peak resident MiB, processor seconds, what it wrote on stderr).
    """
    attempts = []
    while len(attempts) < 5:
        folder = make_folder()
        wait_for_idle()
        before = busy()
        run = measure_once(make_arguments(folder), folder)
        others = (busy() - before - run[2]) / run[0] / os.cpu_count()
        attempts.append((others, run))
        if others < NOISE:
            break
        say(f"others used {others:.0%} of the processors during {run[0]:.2f} s")
    return min(attempts)[1]


def measure_once(arguments, folder):
    log = folder / "stderr.txt"
    with open(log, "wb") as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(errors="replace")
    if process.returncode != 0:
        sys.exit(f"status {process.returncode} from: {' '.join(map(str, arguments))}\n{said}")
    return wall, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, said


def environment(work):
    """The Python of a throw-away environment with the peers."""
    python = work / "venv" / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = work / "venv" / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(work / "venv", ignore_errors=True)
        say("installing the peers")
        subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--only-binary=:all:", "-r", HERE / "requirements.txt"],
            check=True,
        )  # fmt: skip
        stamp.write_text(wanted)
    return python


def generate(python, work, options):
    folder = work / f"orders-{options.orders}-{options.customers}-{options.seed}"
    if not (folder / "complete").exists():
        say(f"generating {options.orders} orders by {options.customers} customers")
        subprocess.run(
            [python, HERE / "generate.py", "--orders", str(options.orders), "--customers",
             str(options.customers), "--seed", str(options.seed), "--out", folder],
            check=True, stdout=sys.stderr,
        )  # fmt: skip
        (folder / "complete").touch()
    return folder


def say(message):
    print(f"benchmark: {message}", file=sys.stderr, flush=True)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def seconds(runs):
    walls = [run[0] for run in runs]
    text = f"{statistics.median(walls):.1f}"
    return text if len(runs) == 1 else f"{text} ({min(walls):.1f}–{max(walls):.1f})"


def compare(options, python, work, data):
    contenders = [name for name in LABELS if name in options.contenders]
    results, folders = {}, {}
    for form in options.formats:
        orders = data / f"orders.{form}"
        # Everybody finds the file in the page cache.
        with open(orders, "rb") as file:
            while file.read(1 << 24):
                pass
        for turn in range(options.runs):
            for name in contenders:
                place = work / "out" / f"{name}-{form}"

                def arguments(folder):
                    if name == "quartier":
                        return quartier_arguments(options.quartier, orders, folder / "out")
                    return [python, HERE / f"peer_{name}.py", orders, folder / "out"]

                run = measure(lambda: fresh(place), arguments)
                results.setdefault((name, form), []).append(run)
                folders[name, form] = place / "out"
                say(f"{form} {name} {turn + 1}: {run[0]:.2f} s, {run[1]:.0f} MiB, "
                    f"{run[2]:.2f} s of processor")  # fmt: skip
    agree = check(python, folders)
    table(options.formats, contenders, results)
    if "quartier" in contenders:
        for form in options.formats if options.memory_limit else []:
            agree &= limited(options, python, work, data / f"orders.{form}", folders, results)
    print()
    print("Outputs agree." if agree else "OUTPUTS DIFFER: see above.")
    return 0 if agree else 1


def check(python, folders, *more):
    """Compares everybody's outputs with a peer's: Quartier's say more than is compared."""
    reference, *others = sorted(folders, key=lambda pair: pair[0] == "quartier")
    agree = True
    for other in others:
        done = subprocess.run(
            [python, HERE / "compare.py", folders[reference], folders[other], *more]
            + (["--floats"] if other[0] in FLOATS else []),
            stdout=sys.stderr,
        )
        say(f"{'/'.join(other)} {'differs from' if done.returncode else 'agrees with'} "
            f"{'/'.join(reference)}")  # fmt: skip
        agree &= done.returncode == 0
    return agree


def table(formats, contenders, results):
    row("from", "contender", "wall, s", "peak memory, MiB", "processor, s", "wall: quartier ÷ it",
        "it ÷ quartier", "memory: quartier ÷ it")  # fmt: skip
    row("---", "---", *["---:"] * 6)
    for form in formats:
        for name in contenders:
            runs = results[name, form]
            ratios = ["", "", ""]
            ours = results.get(("quartier", form))
            if ours and name != "quartier":
                wall = statistics.median(run[0] for run in ours)
                wall /= statistics.median(run[0] for run in runs)
                memory = max(run[1] for run in ours) / max(run[1] for run in runs)
                ratios = [f"{wall:.2f}", f"{1 / wall:.2f}", f"{memory:.2f}"]
            row(form, LABELS[name], seconds(runs), f"{max(run[1] for run in runs):.0f}",
                f"{statistics.median(run[2] for run in runs):.1f}", *ratios)  # fmt: skip


def limited(options, python, work, orders, folders, results):
    """Runs quartier under memory limits and compares with the run without one."""
    form = orders.suffix[1:]
    free = folders["quartier", form]
    print()
    row("from", "`--memory-limit`", "wall, s", "peak memory, MiB", "outputs")
    row("---", "---:", "---:", "---:", "---")
    unlimited = results["quartier", form]
    row(form, "none", seconds(unlimited), f"{max(run[1] for run in unlimited):.0f}", "")
    agree = True
    for limit in options.memory_limit:
        folder = work / "out" / f"quartier-{form}-{limit}"
        run = measure(
            lambda: fresh(folder),
            lambda folder: quartier_arguments(
                options.quartier, orders, folder / "out", "--memory-limit", limit,
                "--temp-dir", folder),
        )  # fmt: skip
        names = ["customers.csv", "segments.json"]
        names += [str(path.relative_to(free)) for path in sorted((free / "lists").iterdir())]
        _, different, missing = filecmp.cmpfiles(free, folder / "out", names, shallow=False)
        same = subprocess.run(
            [python, HERE / "compare.py", free, folder / "out"], stdout=sys.stderr
        ).returncode == 0  # fmt: skip
        agree &= same
        verdict = "identical" if same and not different + missing else "equal" if same else "DIFFER"
        if different + missing:
            verdict += f" (bytes differ: {', '.join(different + missing)})"
        row(form, limit, seconds([run]), f"{run[1]:.0f}", verdict)
    return agree


def grocery(options, work):
    runs, inside = [], []
    for turn in range(options.runs):
        run = measure(
            lambda: fresh(work / "out" / "grocery"),
            lambda folder: grocery_arguments(options.quartier, folder / "out"),
        )
        runs.append(run)
        told = re.search(r"Done in ([0-9.,]+) s", run[3])
        inside.append(told[1] if told else "?")
        say(f"grocery {turn + 1}: {run[0]:.2f} s, {run[1]:.0f} MiB, says {inside[-1]} s")
    row("what", "wall, s", "peak memory, MiB", "work as told, s")
    row("---", "---:", "---:", "---:")
    row("`quartier demo grocery`", seconds(runs), f"{max(run[1] for run in runs):.0f}",
        ", ".join(inside))  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quartier", default=ROOT / ".build" / "release" / "quartier", type=Path)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--formats", nargs="+", choices=["parquet", "csv"],
                        default=["parquet", "csv"])  # fmt: skip
    parser.add_argument("--contenders", nargs="+", choices=list(LABELS), default=list(LABELS))
    parser.add_argument("--memory-limit", nargs="+", default=[], metavar="SIZE")
    parser.add_argument("--grocery", action="store_true")
    parser.add_argument("--data", type=Path, help="a folder with orders.parquet and orders.csv")
    parser.add_argument("--work", type=Path, default=ROOT / "third_party" / "benchmark",
                        help="environment, data and outputs")  # fmt: skip
    options = parser.parse_args()
    needs_quartier = options.grocery or "quartier" in options.contenders
    if needs_quartier and not os.access(options.quartier, os.X_OK):
        parser.error(f"no program at {options.quartier}: run make build, or name it by --quartier, "
                     "or name the --contenders without it")  # fmt: skip
    options.quartier = options.quartier.absolute()
    work = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    if options.grocery:
        return grocery(options, work)
    python = environment(work)
    data = options.data.absolute() if options.data else generate(python, work, options)
    return compare(options, python, work, data)


if __name__ == "__main__":
    sys.exit(main())
