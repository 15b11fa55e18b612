#!/usr/bin/env python3
"""Writes test/unit/clv_grid_bg.hpp: what BG/NBD and MBG/NBD answer, to 20 digits.

Everything is worked out with 60 digits or more (integrals with 40) from the definitions of the models (Fader, Hardie
and Lee 2005; Batislam, Denizel and Filiztekin 2007), in other forms than those of src/clv: purchases by the
hypergeometric function of the papers, probabilities with their difference 1 - sum, residuals as integrals over the
dropout of incomplete gamma functions, derivatives as differences. A sample of the hypergeometric values is compared
with the integral over the dropout, to the 8 digits that it gives at its singular ends.

    python3 test/unit/clv_grid_bg.py | clang-format > test/unit/clv_grid_bg.hpp
"""
from mpmath import mp, mpf, beta, exp, expm1, gammainc, hyp2f1, log, loggamma, quad, rf

mp.dps = 60

# r, alpha, a, b. Doubles as the test reads them.
PARAMETERS = [
    (.24259291, 4.41353148, .79288605, 2.42575332),  # CDNOW, BG/NBD
    (.52483798, 6.18299215, .89135607, 1.61399911),  # CDNOW, MBG/NBD
    (.5, 10, 1, 2.5),                                # a = 1, where the papers' form divides by zero
    (.5, 10, 1 + 1e-12, 2.5),
    (.5, 10, 1 - 1e-12, 2.5),
    (.8, 2, .01, .3),                                # a + b < 1
    (.25, 3, .25, .75),                              # a + b = 1
    (2.5, 20, 3.7, 5),
    (.7, 40, 3e-4, 3000),                            # as good as no dropout, as real data may have it
    (10.465, .00798565181, 3.0516, 2.82),            # the overflow of lifetimes
    (30, 100, 50, 200),
    (.05, .5, 1e-4, .02),
]
# x, t_x, t
HISTORIES = [
    (0, 0, 38.86), (2, 30.43, 38.86), (29, 38, 38.86), (500, 38.8, 38.86), (10000, 38.99, 39), (1, 1e-7, 1e4),
    (0, 0, 1e-7), (400, 5, 6), (221, 103.42857, 103.57143), (161, 94.71429, 98), (3, 1, 1e7), (12, 11.5, 11.5),
]
HORIZONS = [1e-9, 1e-3, 1, 10, 52, 520, 1e4, 1e6]
RATES = [1e-4, .0027, .1, 5]
MODELS = ["BgNbd", "MbgNbd"]


def exact(values):
    return [v if isinstance(v, mpf) else mpf(float(v)) for v in values]


def with_digits(digits):
    """Runs a function with more digits: its parameter a must not meet the poles that cancel in the limit."""
    def decorate(function):
        def run(*arguments):
            before = mp.dps
            mp.dps = digits
            try:
                return function(*arguments)
            finally:
                mp.dps = before
        return run
    return decorate


def log_likelihood_and_alive(model, parameters, history):
    r, alpha, a, b = exact(parameters)
    x, t_x, t = exact(history)
    y = x + model  # how often the customer did not drop out
    rates = loggamma(r + x) - loggamma(r) + r * log(alpha)
    still = exp(rates - (r + x) * log(alpha + t)) * beta(a, b + y) / beta(a, b)
    gone = exp(rates - (r + x) * log(alpha + t_x)) * beta(a + 1, b + y - 1) / beta(a, b) if y > 0 else mpf(0)
    return log(still + gone), still / (still + gone)


@with_digits(200)
def purchases_of_the_alive(r, alpha, a, b, horizon):
    """Of a customer whose purchase rate has shape r and rate alpha and whose dropout is Beta(a, b)."""
    if abs(a - 1) < 1e-20 or abs(a + b - 1) < 1e-20:
        a += mpf(10) ** -60
    c, z = a + b - 1, horizon / (alpha + horizon)
    return +(c / (a - 1) * (1 - (1 - z) ** r * hyp2f1(r, b, c, z, maxterms=10 ** 7, maxprec=100000)))


def by_integral(r, alpha, a, b, horizon):
    u = horizon / alpha
    inner = lambda p: -expm1(-r * log(1 + p * u)) / p * p ** (a - 1) * (1 - p) ** (b - 1)
    return quad(inner, [0, mpf(1) / 1000, mpf(1) / 10, mpf(1) / 2, mpf(9) / 10, 1], maxdegree=10) / beta(a, b)


def posterior(model, parameters, history):
    r, alpha, a, b = exact(parameters)
    x, t_x, t = exact(history)
    return r + x, alpha + t, a, b + x + model


def purchases(model, parameters, history, horizon):
    alive = log_likelihood_and_alive(model, parameters, history)[1]
    return alive * purchases_of_the_alive(*posterior(model, parameters, history), mpf(float(horizon)))


@with_digits(300)
def probability(model, parameters, n, time):
    r, alpha, a, b = exact(parameters)
    time = mpf(float(time))
    w, z = alpha / (alpha + time), time / (alpha + time)
    counts = [w ** r * rf(r, j) / mp.factorial(j) * z ** j for j in range(n + 1)]
    y = n + model
    still = beta(a, b + y) / beta(a, b) * counts[n]
    return +(still + (beta(a + 1, b + y - 1) / beta(a, b) * (1 - sum(counts[:n])) if y > 0 else 0))


def scaled_integral(n, w):
    """e^w E_n(w) by its continued fraction (Abramowitz and Stegun 5.1.22), with ever more steps until it rests."""
    before, steps = None, 50
    while True:
        tail = mpf(0)
        for j in range(steps, 0, -1):
            tail = j * (n + j - 1) / (w + n + 2 * j - tail)
        value = 1 / (w + n - tail)
        if before is not None and abs(value - before) <= mpf(10) ** -45 * abs(value):
            return value
        before, steps = value, 2 * steps


def residual(model, parameters, history, rate):
    """At a purchase rate m / alpha and dropout p: m / (m p + k), k = alpha rate. Its mean over m is an incomplete gamma
    function of w = k / p (Abramowitz and Stegun 5.1.4, 6.5.3), and r / k for p = 0; the difference is integrated."""
    alive = log_likelihood_and_alive(model, parameters, history)[1]
    r, alpha, a, b = posterior(model, parameters, history)
    k = alpha * mpf(float(rate))

    def less(s):
        p, q = 1 / (1 + exp(-s)), 1 / (1 + exp(s))
        w = k / p
        if w < 5:
            mean = r / p * exp(w) * w ** r * gammainc(-r, w)
        else:
            mean = r / p * scaled_integral(r + 1, w)
        return (r / k - mean) * exp(a * log(p) + b * log(q) - log_beta)

    log_beta = loggamma(a) + loggamma(b) - loggamma(a + b)
    centre, width = log(a / b), mp.sqrt(1 / a + 1 / b)
    lowest = min(centre, log(k)) - 50
    highest = max(centre, mpf(0)) + 50 + 60 / b
    cuts = {lowest, highest, centre, log(k), mpf(0)}
    cuts |= {centre + sign * min(width, 4) * 2 ** j for sign in (-1, 1) for j in range(-1, 12)}
    cuts = sorted(c for c in cuts if lowest <= c <= highest)
    mp.dps = 40
    value = quad(less, cuts, method="gauss-legendre", maxdegree=6)
    mp.dps = 60
    return alive * (r / k - value)


def cell(v):
    if isinstance(v, tuple):
        return "{" + ", ".join(cell(w) for w in v) + "}"
    return mp.nstr(v, 20, min_fixed=-3, max_fixed=8) if isinstance(v, mpf) else str(v)


def row(*values):
    return "    " + cell(values) + ","


def main():
    print("""// Written by clv_grid_bg.py, which says how: values to 20 digits.
#pragma once
#include "clv/history.hpp"
#include <cstdint>

namespace grid {

enum Model { BgNbd, MbgNbd };
using cd::clv::History, cd::clv::Parameters;
""")
    print("struct Customer {\n    Model model;\n    Parameters parameters;\n    History history;\n"
          "    double log_likelihood, alive;\n};\ninline const Customer customers[] = {")
    pairs = [(m, p, h) for m in range(2) for i, p in enumerate(PARAMETERS) for j, h in enumerate(HISTORIES)
             if (i + j + m) % 2 == 0 or i == m]
    for m, p, h in pairs:
        value, alive = log_likelihood_and_alive(m, p, h)
        print(row(MODELS[m], p, h, value, alive if alive > 1e-300 else mpf(0)))
    print("};\n\nstruct Purchases {\n    Model model;\n    Parameters parameters;\n    History history;\n"
          "    double horizon, purchases;\n};\ninline const Purchases purchases[] = {")
    for n, (m, p, h) in enumerate(pairs):
        if log_likelihood_and_alive(m, p, h)[1] < 1e-300:
            continue
        for k in range(2):
            horizon = HORIZONS[(3 * n + 4 * k) % len(HORIZONS)]
            value = purchases(m, p, h, horizon)
            if .2 < p[2] < 4 and .5 < p[3] < 10 and h[0] < 3 and horizon < 1000:
                alive = log_likelihood_and_alive(m, p, h)[1]
                other = alive * by_integral(*posterior(m, p, h), mpf(horizon))
                assert abs(other / value - 1) < 1e-8, (m, p, h, horizon, value, other)
            print(row(MODELS[m], p, h, horizon, value), flush=True)
    big = ((.24259291, 4.41353148, .79288605, 2.42575332), (500, 38.8, 38.86), 520.0)
    print(row("BgNbd", *big, purchases(0, *big)))
    print("};\n\nstruct NewPurchases {\n    Model model;\n    Parameters parameters;\n"
          "    double horizon, purchases;\n};\ninline const NewPurchases new_purchases[] = {")
    for m in range(2):
        for i, p in enumerate(PARAMETERS):
            for k in range(3):
                horizon = HORIZONS[(i + 3 * k + m) % len(HORIZONS)]
                print(row(MODELS[m], p, horizon, purchases(m, p, (0, 0, 0), horizon)), flush=True)
    print("};\n\nstruct NewProbability {\n    Model model;\n    Parameters parameters;\n    std::uint64_t n;\n"
          "    double time, probability;\n};\ninline const NewProbability new_probabilities[] = {")
    for m in range(2):
        for i, p in enumerate(PARAMETERS):
            for k, n in enumerate((0, 1, 2, 10, 200)):
                time = HORIZONS[(i + 3 * k + m) % len(HORIZONS)]
                value = probability(m, p, n, time)
                if value > 1e-290:
                    print(row(MODELS[m], p, n, time, value), flush=True)
    print("};\n\nstruct Residual {\n    Model model;\n    Parameters parameters;\n    History history;\n"
          "    double rate, residual;\n};\ninline const Residual residuals[] = {")
    for n, (m, p, h) in enumerate(pairs):
        if n % 2 == 0 and log_likelihood_and_alive(m, p, h)[1] > 1e-300:
            rate = RATES[(n // 2) % len(RATES)]
            print(row(MODELS[m], p, h, rate, residual(m, p, h, rate)), flush=True)
    print("};\n\nstruct Slopes { // the Hessian row by row, its lower half\n    Model model;\n"
          "    Parameters parameters;\n    History history;\n    double gradient[4], hessian[10];\n};\n"
          "inline const Slopes slopes[] = {")
    for m, p, h in pairs[::5]:
        def value(*at):
            return log_likelihood_and_alive(m, at, h)[0]
        def slope(*orders):
            return mp.diff(value, exact(p), orders)
        unit = [tuple(int(i == j) for j in range(4)) for i in range(4)]
        gradient = tuple(slope(*u) for u in unit)
        hessian = tuple(slope(*(x + y for x, y in zip(unit[i], unit[j]))) for i in range(4) for j in range(i + 1))
        print(row(MODELS[m], p, h, gradient, hessian), flush=True)
    print("};\n\n} // namespace grid")


main()
