#!/usr/bin/env python3
"""Writes the tables of special function values that NumericalMethodsTests compare with.

Needs mpmath. Values are computed with 60 digits and printed with 20.
Usage: special-function-fixtures.py > Tests/NumericalMethodsTests/Fixtures/special-functions.csv
"""
from mpmath import (mp, mpf, loggamma, digamma, psi, log, gammainc, hyperu,
                    erfc, sqrt, exp, inf, nstr, findroot)

mp.dps = 60


def row(name, args, value):
    print(",".join([name] + [repr(float(a)) for a in args] + [nstr(value, 20)]))


def betainc(a, b, x0, x, regularized):  # noqa: F811 (large parameters need more terms)
    """I_x(a, b) by the series of the side on which it converges quickly."""
    if x > a / (a + b):
        return 1 - betainc(b, a, 0, 1 - x, True)
    total, term, k = mpf(1), mpf(1), 0
    while abs(term) > mpf(10) ** -62 * abs(total):
        term *= (a + b + k) / (a + 1 + k) * x
        total += term
        k += 1
    return exp(a * log(x) + b * log(1 - x) - log(a) - loggamma(a) - loggamma(b)
               + loggamma(a + b)) * total


def hyp2f1(a, b, c, z):  # noqa: F811
    return mp.hyp2f1(a, b, c, z, maxprec=200000, maxterms=10 ** 7)


def M(v):
    return mpf(float(v))


for x in [1e-8, 0.01, 0.3, 0.5, 0.999, 1.5, 2.001, 3.7, 8.25, 40.0, 1234.5, 20000.25, 1e8]:
    row("logGamma", [x], loggamma(M(x)))
    row("digamma", [x], digamma(M(x)))
    row("trigamma", [x], psi(1, M(x)))
for a, b in [(0.01, 0.02), (0.5, 1e5), (3, 7), (12, 40), (20000.25, 0.75), (1e6, 0.001),
             (30000, 50000), (1e-6, 1e-6), (9.5, 11), (5, 1e9)]:
    row("logBeta", [a, b], loggamma(M(a)) + loggamma(M(b)) - loggamma(M(a) + M(b)))
for x, h in [(0.24, 20000), (1e6, 0.5), (20000, 1e-6), (15, -4), (3, 100), (1e8, 1000)]:
    row("logGammaRatio", [x, h], loggamma(M(x) + M(h)) - loggamma(M(x)))
for a, x in [(0.01, 1e-5), (0.5, 0.3), (1, 5), (3, 30), (10, 2), (100, 100), (100, 160),
             (20000, 20100), (20000, 19500), (0.243, 50), (5000.5, 4000)]:
    row("gammaP", [a, x], gammainc(M(a), 0, M(x), regularized=True))
    row("gammaQ", [a, x], gammainc(M(a), M(x), inf, regularized=True))
for a, b, x in [(0.5, 0.5, 0.3), (2, 3, 0.999), (0.01, 5, 0.2), (50, 80, 0.3), (1000, 2000, 0.35),
                (20000, 0.243, 0.99999), (20000, 15000, 0.57), (1, 1, 0.25), (3, 0.02, 0.6)]:
    row("betaI", [a, b, x], betainc(M(a), M(b), 0, M(x), regularized=True))
for a, b, c, z in [
    (0.243, 2.426, 2.219, 0.9), (2.243, 4.426, 4.219, 0.39), (0.243, 0.3, 0.4, 0.999),
    (20000.24, 20002.4, 20002.2, 0.9), (20000.24, 20002.4, 20002.2, 0.4), (1.5, 2.5, 7.25, -3),
    (0.5, 1.5, 2.5, 0.99999), (30, 40, 100, 0.97), (3, 0.01, 0.02, 0.5), (20001.2, 0.8, 3.2, -0.01),
    (500, 2, 900, 0.9999), (12.7, 1.606, 13.7, 0.7), (20001.1, 1.606, 20002.1, 0.9995),
    (0.8, 0.3, 1.7, -5000), (200.5, 0.4, 150.9, -0.8), (2, 3, 5.0001, 0.99),
    (0.24, 1e-4, 2.0, 0.999999), (3000, 0.5, 2.5, -40)]:
    row("log2F1", [a, b, c, z], log(hyp2f1(M(a), M(b), M(c), M(z))))
for a, b, z in [(0.606, 0.606, 0.1), (0.606, 0.606, 30), (3, 3, 1e-4), (0.05, 0.05, 2),
                (12.5, 12.5, 0.01), (0.6, 0.6, 4000)]:
    row("logTricomi", [a, b, z], log(hyperu(M(a), M(b), M(z))))
for p in [1e-300, 1e-12, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.999999]:
    z = None
    guess = {1e-300: -37, 1e-12: -7, 0.001: -3, 0.025: -2, 0.3: -.5, 0.5: 0, 0.8: .8, 0.975: 2,
             0.999999: 4.7}[p]
    z = findroot(lambda t: log(erfc(-t / sqrt(mpf(2))) / 2) - log(M(p)), mpf(guess))
    row("normalQuantile", [p], z)
for x, d in [(3.84, 1), (100, 2), (0.5, 7), (1184.5966, 2), (2000, 1900)]:
    row("chiSquareUpper", [x, d], gammainc(M(d) / 2, M(x) / 2, inf, regularized=True))
for t, d in [(2.0, 5), (0.3, 1), (12, 3.5), (1.96, 1e6)]:
    row("studentTwoSided", [t, d],
        betainc(M(d) / 2, mpf(1) / 2, 0, M(d) / (M(d) + M(t) ** 2), regularized=True))
for f, d1, d2 in [(3.5, 2, 30), (0.2, 5, 5), (40, 3, 200)]:
    row("fUpper", [f, d1, d2],
        betainc(M(d2) / 2, M(d1) / 2, 0, M(d2) / (M(d2) + M(d1) * M(f)), regularized=True))
for n, r, a, t in [(3, 0.243, 4.414, 39), (0, 0.5, 10, 1e5), (20000, 0.3, 1e-3, 1e5),
                   (400, 1000, 50, 20)]:
    n, r, a, t = map(M, (n, r, a, t))
    row("logNegativeBinomial", [n, r, a, t],
        loggamma(r + n) - loggamma(r) - loggamma(n + 1) + r * log(a / (a + t))
        + n * log(t / (a + t)))
