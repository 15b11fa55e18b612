#!/usr/bin/env python3
"""Writes clv_grid_discrete.hpp: values of the discrete models of customer lifetime value to 60 digits, by definition:
sums over what may have happened, each a moment of the distributions that customers differ by; derivatives as limits.

    python3 clv_grid_discrete.py > clv_grid_discrete.hpp
"""
from itertools import combinations_with_replacement, cycle

from mpmath import beta, binomial, diff, exp, gamma, hyp2f1, inf, log, mp, mpf, quad

mp.dps = 60
MIN = mpf(10) ** -290  # below are no full doubles
rows = {}


def put(model, function, parameters, arguments, value):
    if abs(value) < MIN:
        return
    rows.setdefault(model, []).append((function, parameters, arguments, value))


def derivatives(model, f, parameters, arguments):
    put(model, "log likelihood", parameters, arguments, f(*parameters))
    n = len(parameters)
    for i in range(n):
        order = tuple(int(k == i) for k in range(n))
        put(model, f"gradient {i}", parameters, arguments, diff(f, parameters, order))
    for i, j in combinations_with_replacement(range(n), 2):
        order = tuple(int(k == i) + int(k == j) for k in range(n))
        put(model, f"hessian {i}{j}", parameters, arguments, diff(f, parameters, order))


# Moments E[p^i (1 - p)^j] of p ~ Beta(a, b), for i from `first` to `last`, each from the one before it; or for j.
def moments_i(a, b, first, last, j):
    m = beta(a + first, b + j) / beta(a, b)
    for i in range(first, last + 1):
        yield m
        m *= (a + i) / (a + b + i + j)


def moments_j(a, b, i, first, last):
    return moments_i(b, a, first, last, i)


# -- contracts: each customer renews with probability 1 - q, q ~ Beta(alpha, beta) ------------------------------------

def sbg_survival(a, b, t):
    return beta(a, b + t) / beta(a, b)


def sbg_leaving(a, b, t):
    return beta(a + 1, b + t - 1) / beta(a, b)


def sbg_residual(a, b, renewed, d):
    # (Fader and Hardie 2010)
    return (b + renewed) / (a + b + renewed) * hyp2f1(1, b + renewed + 1, a + b + renewed + 1, 1 / (1 + d))


def check_residual():
    # that it is the integral over customers who have renewed so often, in the variable q = u^(1/a)
    for a, b, n, d in ((mpf(".7"), mpf("1.2"), 3, mpf(".1")), (mpf("2.5"), mpf("4"), 0, mpf("1e-3"))):
        integral = quad(lambda u: (1 - u ** (1 / a)) ** (b + n) * (1 + d) / (d + u ** (1 / a)) / a,
                        [0, mpf("1e-12"), mpf("1e-6"), mpf("1e-3"), .1, .5, 1]) / beta(a, b + n)
        assert abs(integral / sbg_residual(a, b, n, d) - 1) < mpf(10) ** -20, (a, b, n, d)


def sbg():
    sets = [(.66808836, 3.80609506), (1.0, 2.0), (1 + 2.0 ** -40, .5), (.01, .02), (25.0, 400.0), (3.5, 1e-3)]
    for p in sets:
        a, b = map(mpf, p)
        for t in (1, 120, 10000):
            put("sbg", "survival", p, (t,), sbg_survival(a, b, t))
        put("sbg", "leaving", p, (30,), sbg_leaving(a, b, 30))
        put("sbg", "retention", p, (1,), sbg_survival(a, b, 1))
        for renewed, ahead in ((0, 12), (7, 65), (100000, 3), (12, 100000), (100000, 100)):
            total = sum(moments_j(a, b, 0, renewed + 1, renewed + ahead))
            put("sbg", "renewals", p, (renewed, ahead), total / sbg_survival(a, b, renewed))
        for renewed, d in ((0, 1e-6), (3, .01), (200, 10.0), (10000, 1e-6), (10000, .02)):
            put("sbg", "residual", p, (renewed, d), sbg_residual(a, b, mpf(renewed), mpf(d)))
        derivatives("sbg", lambda a, b: log(sbg_leaving(a, b, 3)), p, (3, 0))
    for p in sets[:3]:
        derivatives("sbg", lambda a, b: log(sbg_survival(a, b, 40)), p, (0, 40))


# -- discrete opportunities: bought with p ~ Beta(alpha, beta), departed before each with q ~ Beta(gamma, delta) ------

def departed(p, x, t_x, t):
    a, b, c, d = p
    both = zip(moments_j(a, b, x, t_x - x, t - x - 1), moments_j(c, d, 1, t_x, t - 1))
    return sum(buys * leaves for buys, leaves in both)


def stays(p, x, t, until):
    a, b, c, d = p
    return beta(a + x, b + t - x) / beta(a, b) * beta(c, d + until) / beta(c, d)


def history(p, x, t_x, t):
    return stays(p, x, t, t) + departed(p, x, t_x, t)


def bg_bb():
    sets = [(1.20352228, .74971635, .65671833, 2.78344298), (.05, .5, 1.0, 2.0), (8.0, 3.0, 1 + 2.0 ** -40, 10.0),
            (2.0, 2.0, 1e-6, 5.0), (60.0, 5.0, 12.0, 900.0)]
    histories = [(0, 0, 0), (0, 0, 6), (2, 4, 6), (6, 6, 6), (1, 1, 64), (9, 40, 110), (0, 0, 1000), (650, 1000, 1000),
                 (3, 20, 100000)]
    horizons, rates = cycle((1, 5, 300)), cycle((1e-4, .01, 1.5, 1e-3))
    for parameters in sets:
        p = tuple(map(mpf, parameters))
        a, b, c, d = p
        for x, t_x, t in histories:
            at = (x, t_x, t)
            likelihood = history(p, x, t_x, t)
            if at in ((2, 4, 6), (9, 40, 110)) and parameters != sets[1]:
                derivatives("bg_bb", lambda *q: log(history(q, x, t_x, t)), parameters, at)
            else:
                put("bg_bb", "log likelihood", parameters, at, log(likelihood))
            put("bg_bb", "alive", parameters, at, stays(p, x, t, t + 1) / likelihood)
            buys = beta(a + x + 1, b + t - x) / beta(a, b) / likelihood
            horizon, rate = next(horizons), next(rates)
            total = sum(moments_j(c, d, 0, t + 1, t + horizon))
            put("bg_bb", "purchases", parameters, at + (horizon,), buys * total)
            z = exp(-mpf(rate))
            total = z * beta(c, d + t + 1) / beta(c, d) * hyp2f1(1, d + t + 1, c + d + t + 1, z)
            put("bg_bb", "residual", parameters, at + (rate,), buys * total)
        for horizon in (1, 6, 1000):
            total = a / (a + b) * sum(moments_j(c, d, 0, 1, horizon))
            put("bg_bb", "new purchases", parameters, (horizon,), total)
        for n, time in ((0, 1), (3, 6), (6, 6), (0, 1000), (40, 1000), (900, 1000)):
            probability = binomial(time, n) * stays(p, n, time, time)
            ways = mpf(1)
            both = zip(moments_j(a, b, n, 0, time - n - 1), moments_j(c, d, 1, n, time - 1))
            for k, (buys, leaves) in enumerate(both, n):
                probability += ways * buys * leaves
                ways = ways * (k + 1) / (k + 1 - n)
            put("bg_bb", "new probability", parameters, (n, time), probability)


# -- amounts: gamma with shape p and a rate that is gamma with shape q and rate v -------------------------------------

def average_density(p, q, v, x, z):
    # the mean of x amounts is gamma with shape p x and rate x times theirs: integrated over that rate
    return log(gamma(p * x + q) / gamma(p * x) / gamma(q)) + q * log(v) + (p * x - 1) * log(z) + p * x * log(x) \
        - (p * x + q) * log(x * z + v)


def check_density():
    p, q, v, x, z = map(mpf, (2, 3, 5, 2, 4))
    def integrand(rate):
        of_mean = (x * rate) ** (p * x) * z ** (p * x - 1) * exp(-x * rate * z) / gamma(p * x)
        return of_mean * v ** q * rate ** (q - 1) * exp(-v * rate) / gamma(q)
    assert abs(log(quad(integrand, [0, 1, 4, 16, inf])) - average_density(p, q, v, x, z)) < mpf(10) ** -20


def gamma_gamma():
    sets = [(6.2488019, 3.74458865, 15.44775074), (.5, 1.0009765625, 2e-6), (200.0, 60.0, 3e11), (1.0, 2.0, 1e3)]
    for parameters in sets:
        p, q, v = map(mpf, parameters)
        mean = float(p * v / (q + 1))
        for x, z in ((1, mean / 64), (7, mean), (500, mean * 100)):
            derivatives("gamma_gamma", lambda p, q, v: average_density(p, q, v, x, mpf(z)), parameters, (x, z))
            # the mean p / rate, over the rates gamma(p x + q, v + x z) of customers like this one
            put("gamma_gamma", "spend", parameters, (x, z), p * (v + x * mpf(z)) / (p * x + q - 1))
        put("gamma_gamma", "spend", parameters, (0, 0.0), p * v / (q - 1))


check_residual()
check_density()
sbg()
bg_bb()
gamma_gamma()

print("// Written by clv_grid_discrete.py, where it says what they are.")
print('#pragma once\n#include "clv_accuracy.hpp"\n')
print("// clang-format off")
print("namespace cd::test {\n")
for model, values in rows.items():
    print(f"inline constexpr GridValue {model}_grid[] = {{")
    for function, parameters, arguments, value in values:
        numbers = (", ".join(f"{float(n)!r}" for n in list) for list in (parameters, arguments))
        print('    {"%s", {%s}, {%s}, %s},' % (function, *numbers, mp.nstr(value, 20)))
    print("};\n")
print("} // namespace cd::test")
