"""Times the statistical models against their peers on the same data, and checks that all agree.

    python run.py                             every task with a million customers, three times
    python run.py --tasks kmeans score        some of them
    python run.py --customers 50000 --runs 1  to see that it works
    python run.py --pipeline                  the whole work on 10 million orders instead

Every run is a process of its own that reads its data first and times the work alone; contenders take
turns. Wall time is the median. A run waits for an idle machine and is repeated when others disturb it;
on a machine that is never idle `--busy` measures at once, and processor seconds are then the figure to
read.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "orders"))
import run as orders  # noqa: E402

OURS = "quartier"
# Per task its peers, and how far figures may lie apart: relative, by name.
TASKS = {
    # Both maximise the same likelihood; the peers stop at their optimisers' tolerances.
    "lifetime": (["lifetimes", "clvkit", "pymc-marketing"],
                 dict.fromkeys(["r", "alpha", "a", "b", "p", "q", "gamma"], 1e-3)),
    # lifetimes discounts a month's purchases from its end, Quartier each purchase from its day.
    "score": (["lifetimes"], {"alive": 1e-9, "value": 1e-2}),
    # scikit-learn's last centres are one step behind or ahead after the same number of steps.
    "kmeans": (["scikit-learn", "scikit-learn-elkan"], {"inertia": 1e-6}),
    "mixture": (["scikit-learn"], {"logLikelihood": 1e-6}),
    # StepMix, which takes minutes, has one start; Quartier has ten and must end at least as high.
    "classes": (["stepmix"], {"logLikelihood": 1e-6}),
}  # fmt: skip
SLOW = {"clvkit", "pymc-marketing", "stepmix"}
# Its fit has priors, whose pull fades with the number of customers.
PRIORS = {"pymc-marketing": 10}


def environment(work):
    """The Python of a throw-away environment with the peers."""
    python = work / "models-venv" / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = work / "models-venv" / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(work / "models-venv", ignore_errors=True)
        orders.say("installing the peers of the models")
        subprocess.run([sys.executable, "-m", "venv", work / "models-venv"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "-r", HERE / "requirements.txt"],
            check=True,
        )  # fmt: skip
        stamp.write_text(wanted)
    return python


def generate(python, work, options):
    folder = work / f"models-{options.customers}-{options.seed}"
    if not (folder / "shape.json").exists():
        orders.say(f"generating {options.customers} customers")
        subprocess.run(
            [python, HERE / "generate.py", "--customers", str(options.customers), "--seed",
             str(options.seed), "--out", folder],
            check=True,
        )  # fmt: skip
    return folder


def once(arguments, options):
    threads = str(options.threads)
    limits = dict.fromkeys(
        ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"], threads
    )
    # Others' share is judged over the whole life of the process, reading included.
    if not options.busy:
        orders.wait_for_idle()
    before, start = orders.busy(), time.monotonic()
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [str(argument) for argument in arguments], stdout=said, stderr=errors,
            env=os.environ | limits,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        life = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (said, errors):
            file.seek(0)
        if process.returncode != 0:
            sys.exit(f"status {process.returncode} from: {' '.join(map(str, arguments))}\n"
                     + errors.read().decode(errors="replace"))  # fmt: skip
        result = json.loads(said.read().decode().strip().splitlines()[-1])
    result["peak"] = usage.ru_maxrss / 1024
    own = usage.ru_utime + usage.ru_stime
    return (orders.busy() - before - own) / life / os.cpu_count(), result


def measure(arguments, options):
    """The least disturbed of at most five attempts."""
    attempts = []
    while len(attempts) < (1 if options.busy else 5):
        attempts.append(once(arguments, options))
        if attempts[-1][0] < orders.NOISE:
            break
    return min(attempts, key=lambda pair: pair[0])


def compare(options, python, data):
    agree = True
    orders.row("task", "contender", "wall, s", "processor, s", "peak memory, MiB",
               "wall: it ÷ quartier", "processor: it ÷ quartier", "figures")  # fmt: skip
    orders.row("---", "---", *["---:"] * 5, "---")
    for task in options.tasks:
        peers, tolerances = TASKS[task]
        contenders = [OURS] + [peer for peer in peers if peer not in options.without]
        results = {name: [] for name in contenders}
        for turn in range(options.runs):
            for name in contenders:
                if turn > 0 and name in SLOW and not options.all_runs:
                    continue
                arguments = (
                    [options.contender, task, data, options.threads]
                    if name == OURS
                    else [python, HERE / "peer.py", task, name, data]
                )
                others, result = measure(arguments, options)
                results[name].append(result)
                orders.say(f"{task} {name} {turn + 1}: {result['seconds']:.2f} s, "
                           f"{result['processor']:.2f} s of processor, others {others:.0%}: "
                           f"{result['figures']}")  # fmt: skip
        wall, processor = (
            {name: statistics.median(run[what] for run in runs) for name, runs in results.items()}
            for what in ("seconds", "processor")
        )
        for name in contenders:
            cells = ["", "", ""]
            if name != OURS:
                wider = {what: limit * PRIORS.get(name, 1) for what, limit in tolerances.items()}
                apart = differences(results[OURS][0], results[name][0], wider)
                agree &= not apart
                cells = [f"{wall[name] / wall[OURS]:.1f}",
                         f"{processor[name] / processor[OURS]:.1f}",
                         "DIFFER: " + ", ".join(apart) if apart else "agree"]  # fmt: skip
            label = "Quartier" if name == OURS else name
            orders.row(task, label, f"{wall[name]:.2f}", f"{processor[name]:.2f}",
                       f"{max(run['peak'] for run in results[name]):.0f}", *cells)  # fmt: skip
    print()
    print("Figures agree." if agree else "FIGURES DIFFER: see above.")
    return 0 if agree else 1


def differences(ours, theirs, tolerances):
    found = []
    for name, tolerance in tolerances.items():
        a, b = ours["figures"][name], theirs["figures"][name]
        is_better = name == "logLikelihood" and a > b
        if not is_better and not abs(a - b) <= tolerance * abs(b):
            found.append(f"{name} {a:.8g} and {b:.8g}")
    return found


def pipeline(options, python, work):
    """`quartier run` against pandas, lifetimes and scikit-learn, from a file of orders to all outputs."""
    # The orders' own options: ten orders for each customer.
    options.orders = 10 * options.customers
    file = orders.generate(python, work, options) / "orders.parquet"
    with open(file, "rb") as read:
        while read.read(1 << 24):
            pass

    def arguments(name, folder):
        if name == OURS:
            return orders.quartier_arguments(
                options.quartier, file, folder / "out", *options.run_arguments.split(),
                models="auto",
            )
        return [python, HERE / "peer_pipeline.py", file, folder / "out"]

    runs, folders = {OURS: [], "peer": []}, {}
    measure_run = orders.measure_once if options.busy else None
    for turn in range(options.runs):
        for name in runs:
            place = work / "out" / f"pipeline-{name}"
            if measure_run:
                folder = orders.fresh(place)
                run = measure_run(arguments(name, folder), folder)
            else:
                run = orders.measure(
                    lambda: orders.fresh(place), lambda folder: arguments(name, folder)
                )
            runs[name].append(run)
            folders[name, "parquet"] = place / "out"
            orders.say(f"{name} {turn + 1}: {run[0]:.1f} s, {run[1]:.0f} MiB, {run[2]:.1f} s of "
                       "processor")  # fmt: skip
    orders.row("contender", "wall, s", "peak memory, MiB", "processor, s", "bytes per customer")
    orders.row("---", *["---:"] * 4)
    for name, label in [(OURS, "`quartier run`"), ("peer", "pandas, lifetimes, scikit-learn")]:
        peak = max(run[1] for run in runs[name])
        orders.row(label, orders.seconds(runs[name]), f"{peak:.0f}",
                   f"{statistics.median(run[2] for run in runs[name]):.1f}",
                   f"{peak * 1024 * 1024 / options.customers:.0f}")  # fmt: skip
    wall, peak = (
        [pick(run[at] for run in runs[name]) for name in ("peer", OURS)]
        for at, pick in ((0, statistics.median), (1, max))
    )
    print()
    print(f"Wall: {wall[0] / wall[1]:.1f} times Quartier's; memory: {peak[0] / peak[1]:.1f} times.")
    return 0 if orders.check(python, folders, "--more") else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contender", type=Path,
                        default=ROOT / ".build" / "release" / "ModelBenchmark")  # fmt: skip
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--all-runs", action="store_true",
                        help="repeat also the peers that take minutes")  # fmt: skip
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--without", nargs="+", default=[], metavar="PEER")
    parser.add_argument("--busy", action="store_true", help="do not wait for an idle machine")
    parser.add_argument("--pipeline", action="store_true")
    parser.add_argument("--quartier", default=ROOT / ".build" / "release" / "quartier", type=Path)
    parser.add_argument("--run-arguments", default="", metavar="ARGUMENTS",
                        help="more arguments of quartier run, in one word")  # fmt: skip
    parser.add_argument("--work", type=Path, default=ROOT / "third_party" / "benchmark",
                        help="environment and data")  # fmt: skip
    options = parser.parse_args()
    work = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    if options.pipeline:
        if not os.access(options.quartier, os.X_OK):
            parser.error(f"no program at {options.quartier}: run make build")
        options.quartier = options.quartier.absolute()
        return pipeline(options, environment(work), work)
    if not os.access(options.contender, os.X_OK):
        parser.error(f"no program at {options.contender}: run "
                     "swift build -c release --product ModelBenchmark, or name it by --contender")
    options.contender = options.contender.absolute()
    python = environment(work)
    return compare(options, python, generate(python, work, options))


if __name__ == "__main__":
    sys.exit(main())
