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
    "classes": (["stepmix"], {"logLikelihood": 1e-6}),
}  # fmt: skip
SLOW = {"clvkit", "pymc-marketing", "stepmix"}


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
    before, own, start = orders.busy(), children(), time.monotonic()
    done = subprocess.run(
        [str(argument) for argument in arguments], capture_output=True, text=True,
        env=os.environ | limits,
    )  # fmt: skip
    life = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"status {done.returncode} from: {' '.join(map(str, arguments))}\n{done.stderr}")
    others = (orders.busy() - before - (children() - own)) / life / os.cpu_count()
    result = json.loads(done.stdout.strip().splitlines()[-1])
    return others, result


def children():
    usage = os.times()
    return usage.children_user + usage.children_system


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
    orders.row("task", "contender", "wall, s", "processor, s", "wall: it ÷ quartier",
               "processor: it ÷ quartier", "figures")  # fmt: skip
    orders.row("---", "---", *["---:"] * 4, "---")
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
                apart = differences(results[OURS][0], results[name][0], tolerances)
                agree &= not apart
                cells = [f"{wall[name] / wall[OURS]:.1f}",
                         f"{processor[name] / processor[OURS]:.1f}",
                         "DIFFER: " + ", ".join(apart) if apart else "agree"]  # fmt: skip
            label = "Quartier" if name == OURS else name
            orders.row(task, label, f"{wall[name]:.2f}", f"{processor[name]:.2f}", *cells)
    print()
    print("Figures agree." if agree else "FIGURES DIFFER: see above.")
    return 0 if agree else 1


def differences(ours, theirs, tolerances):
    found = []
    for name, tolerance in tolerances.items():
        a, b = ours["figures"][name], theirs["figures"][name]
        if not abs(a - b) <= tolerance * abs(b):
            found.append(f"{name} {a:.8g} and {b:.8g}")
    return found


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
    parser.add_argument("--work", type=Path, default=ROOT / "third_party" / "benchmark",
                        help="environment and data")  # fmt: skip
    options = parser.parse_args()
    if not os.access(options.contender, os.X_OK):
        parser.error(f"no program at {options.contender}: run "
                     "swift build -c release --product ModelBenchmark, or name it by --contender")
    options.contender = options.contender.absolute()
    work = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    python = environment(work)
    return compare(options, python, generate(python, work, options))


if __name__ == "__main__":
    sys.exit(main())
