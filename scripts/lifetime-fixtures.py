#!/usr/bin/env python3
"""Writes reference values of the lifetime models for StatisticalModelsTests.

The papers' closed forms, evaluated with mpmath at high precision, at ordinary and extreme histories.
Usage: lifetime-fixtures.py > Tests/StatisticalModelsTests/Fixtures/lifetime-values.csv
Columns: quantity, family, four parameters, x, t_x, T, t (horizon, count or rate), value.
"""
import random
import signal
import sys
from mpmath import mp, mpf, beta as B, gamma, loggamma, exp, log, hyp2f1, hyperu, nstr, quad, inf

mp.dps = 60


def F(a, b, c, z):
    return hyp2f1(a, b, c, z, maxprec=400000, maxterms=10 ** 7)


def lbeta(a, b):
    return loggamma(a) + loggamma(b) - loggamma(a + b)


def bg(params, x, tx, T, extra):
    r, al, a, b = params
    n = x + extra
    ll1 = loggamma(r + x) - loggamma(r) + r * log(al) - (r + x) * log(al + T) + lbeta(a, b + n) \
        - lbeta(a, b)
    if n == 0:
        return ll1, mpf(1)
    ll2 = loggamma(r + x) - loggamma(r) + r * log(al) - (r + x) * log(al + tx) \
        + lbeta(a + 1, b + n - 1) - lbeta(a, b)
    ll = log(exp(ll1) + exp(ll2))
    return ll, exp(ll1 - ll)


def bg_expected(params, x, tx, T, t, extra):
    r, al, a, b = params
    n = x + extra
    alive = bg(params, x, tx, T, extra)[1]
    c = a + b + n - 1
    s = r + x
    z = t / (al + T + t)
    # c/(a-1) [1 - (1-z)^s F(s, b+n; c; z)], after Euler's transformation for speed.
    f = (1 - z) ** (a - 1) * F(c - s, a - 1, c, z)
    return alive * c / (a - 1) * (1 - f)


def bg_pmf(params, x, tx, T, t, k, extra):
    r, al, a, b = params
    n = x + extra
    alive = bg(params, x, tx, T, extra)[1]
    s, rate, b1 = r + x, al + T, b + n
    nb = lambda j: exp(loggamma(s + j) - loggamma(s) - loggamma(j + 1)
                       + s * log(rate / (rate + t)) + (j * log(t / (rate + t)) if j else 0))
    p = exp(lbeta(a, b1 + k) - lbeta(a, b1)) * nb(k)
    if k:
        p += exp(lbeta(a + 1, b1 + k - 1) - lbeta(a, b1)) * (1 - sum(nb(j) for j in range(k)))
    return alive * p + (0 if k else 1 - alive)


def pareto(params, x, tx, T):
    r, al, s, be = params
    n = r + s + x
    ll0 = loggamma(r + x) - loggamma(r) + r * log(al) + s * log(be)

    def part(y):
        if al >= be:
            return F(n, s + 1, n + 1, (al - be) / (al + y)) / (al + y) ** n
        return F(n, r + x, n + 1, (be - al) / (be + y)) / (be + y) ** n

    a0 = part(tx) - part(T)
    stay = 1 / ((al + T) ** (r + x) * (be + T) ** s)
    total = stay + s / n * a0
    return ll0 + log(total), stay / total


def pareto_expected(params, x, tx, T, t):
    r, al, s, be = params
    return pareto(params, x, tx, T)[1] * (r + x) * (be + T) / ((al + T) * (s - 1)) \
        * (1 - ((be + T) / (be + T + t)) ** (s - 1))


def out(quantity, family, params, x, tx, T, t, value):
    print(",".join([quantity, family] + [repr(float(v)) for v in params]
                   + [repr(float(v)) for v in (x, tx, T, t)] + [nstr(value, 20)]))
    sys.stdout.flush()


M = lambda v: mpf(float(v))
BG = [(0.243, 4.414, 0.793, 2.426), (1.7, 20.0, 1.25, 0.4), (0.05, 0.3, 0.02, 6.0),
      (3.0, 1.5, 4.0, 90.0), (64.9, 3.9, 0.08, 0.17), (20.0, 10.0, 1.0001, 3.0)]
PARETO = [(0.553, 10.578, 0.606, 11.669), (1.2, 3.0, 1.8, 40.0), (0.2, 60.0, 0.05, 2.0)]
HISTORIES = [(0, 0, 0), (0, 0, 39), (2, 30.43, 38.86), (7, 5, 39), (26, 38.9, 39),
             (400, 3000, 3650), (20000, 99990, 100000), (20000, 100000, 100000), (1, 0.5, 100000),
             (0, 0, 100000)]
for extra, family in [(0, "bg-nbd"), (1, "mbg-nbd")]:
    for p in BG:
        q = [M(v) for v in p]
        for x, tx, T in HISTORIES:
            h = [M(v) for v in (x, tx, T)]
            ll, alive = bg(q, *h, extra)
            out("ll", family, p, x, tx, T, 0, ll)
            out("alive", family, p, x, tx, T, 0, alive)
            for t in (1, 52, 5000):
                out("expected", family, p, x, tx, T, t, bg_expected(q, *h, M(t), extra))
        for k in (0, 1, 3, 12):
            out("pmf", family, p, 2, 30.43, 38.86, k,
                bg_pmf(q, M(2), M(30.43), M(38.86), M(39), k, extra))
            out("pmf", family, p, 0, 0, 0, k, bg_pmf(q, M(0), M(0), M(0), M(39), k, extra))
for p in PARETO:
    q = [M(v) for v in p]
    for x, tx, T in HISTORIES:
        h = [M(v) for v in (x, tx, T)]
        # The difference of two hypergeometric functions cancels: more digits where x is large.
        mp.dps = 60 if x < 1000 else 1500
        ll, alive = pareto(q, *h)
        mp.dps = 60
        out("ll", "pareto-nbd", p, x, tx, T, 0, ll)
        out("alive", "pareto-nbd", p, x, tx, T, 0, alive)
        for t in (1, 52, 5000):
            r, al, s, be = q
            value = alive * (r + h[0]) * (be + h[2]) / ((al + h[2]) * (s - 1)) \
                * (1 - ((be + h[2]) / (be + h[2] + t)) ** (s - 1))
            out("expected", "pareto-nbd", p, x, tx, T, t, value)
        rate = mpf("0.0018")
        r, al, s, be = q
        z = rate * (be + h[2])
        dert = alive * (r + h[0]) / (al + h[2]) * rate ** (s - 1) * (be + h[2]) ** s \
            * hyperu(s, s, z)
        out("dert", "pareto-nbd", p, x, tx, T, 0.0018, dert)
    # P(X(t) = n) of a new customer by direct integration over the time of leaving.
    r, al, s, be = q
    nb = lambda j, t: exp(loggamma(r + j) - loggamma(r) - loggamma(j + 1)
                          + r * log(al / (al + t)) + (j * log(t / (al + t)) if j else 0))
    mp.dps = 30
    for k in (0, 1, 3, 12):
        v = nb(k, M(39)) * (be / (be + 39)) ** s + quad(
            lambda u: nb(k, u) * s * be ** s / (be + u) ** (s + 1), [0, 1e-6, 0.01, 1, 10, 39])
        out("pmf", "pareto-nbd", p, 0, 0, 0, k, v)
    mp.dps = 60


def opportunities(params, x, tx, n):
    """ln likelihood of BG/BB, and P(active at the n-th opportunity)."""
    al, be, ga, de = params
    ways = [exp(lbeta(al + x, be + k - x) - lbeta(al, be) + lbeta(ga + 1, de + k) - lbeta(ga, de))
            for k in range(tx, n)]
    stay = exp(lbeta(al + x, be + n - x) - lbeta(al, be) + lbeta(ga, de + n) - lbeta(ga, de))
    return log(stay + sum(ways)), stay / (stay + sum(ways))


for p in [(1.204, 0.750, 0.657, 2.783), (0.02, 30.0, 5.0, 0.1), (50.0, 2.0, 0.01, 400.0)]:
    q = [M(v) for v in p]
    for x, tx, n in [(0, 0, 6), (1, 1, 6), (4, 5, 6), (6, 6, 6), (3, 200, 1000), (990, 1000, 1000)]:
        ll, alive = opportunities(q, x, tx, n)
        out("ll", "bg-bb", p, x, tx, n, 0, ll)
        out("alive", "bg-bb", p, x, tx, n, 0, alive)
        al, be, ga, de = q
        stay, expected = mpf(1), mpf(0)
        for j in range(25):
            stay *= (de + n + j) / (ga + de + n + j)
            expected += stay
        out("expected", "bg-bb", p, x, tx, n, 25, alive * (al + x) / (al + be + n) * expected)

# Whatever else may be tried: parameters and histories drawn over many orders of magnitude.
draw = random.Random(20)


def power(low, high):
    return float("%.4g" % 10 ** draw.uniform(low, high))


def late(*_):
    raise TimeoutError


signal.signal(signal.SIGALRM, late)
for number in range(360):
    family = ["bg-nbd", "mbg-nbd", "pareto-nbd"][number % 3]
    if family == "pareto-nbd":
        p = (power(-3, 2.3), power(-2, 5), power(-2.5, 2), power(-2, 5))
    else:
        p = (power(-3, 2.3), power(-2, 5), power(-2.5, 2), power(-2.5, 2.5))
    x = 0 if draw.random() < 0.25 else int(10 ** draw.uniform(0, 4.3))
    T = power(-1, 5)
    tx = 0 if x == 0 else min(T, float("%.5g" % (T * draw.random() ** 0.2)))
    t = power(-1, 5)
    q = [M(v) for v in p]
    h = [M(v) for v in (x, tx, T)]
    mp.dps = 60 if x < 500 else 800
    signal.alarm(60)
    try:
        if family == "pareto-nbd":
            ll, alive = pareto(q, *h)
            expected = pareto_expected(q, *h, M(t))
        else:
            extra = 1 if family == "mbg-nbd" else 0
            ll, alive = bg(q, *h, extra)
            expected = bg_expected(q, *h, M(t), extra)
    except Exception:
        # mpmath gives up on some of these; nothing is written that was not computed.
        continue
    finally:
        signal.alarm(0)
        mp.dps = 60
    out("ll", family, p, x, tx, T, 0, ll)
    out("alive", family, p, x, tx, T, 0, alive)
    out("expected", family, p, x, tx, T, t, expected)
