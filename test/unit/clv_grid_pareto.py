#!/usr/bin/python3
"""Writes clv_grid_pareto.hpp: predictions of Pareto/NBD by their definitions, as integrals with 60 digits.

    python3 clv_grid_pareto.py > clv_grid_pareto.hpp

Needs mpmath. Parameters and histories are doubles, and the values those of these doubles, rounded to 17 digits.
A value that no normal double can hold is written as 0.
"""
import itertools
import textwrap
import mpmath
from mpmath import mpf

mpmath.mp.dps = 60

PARAMETERS = [  # r, alpha, s, beta
    (.55327552, 10.57761281, .60621350, 11.66790964),  # CDNOW, Fader, Hardie and Lee 2005
    (10.465, .00798565181, 3.0516, 2.820),  # these overflow in lifetimes
    (.55, 10.58, 1.0, 11.67),
    (.55, 10.58, 1 + 1e-12, 11.67),
    (.55, 10.58, 1 - 1e-12, 11.67),
    (.8, 9.0, 3e-4, 3000.0),
    (.7, 8.0, .6, 8.0),
    (.5, 10.0, .6, 5000.0),
    (.5, 1e-6, .6, 1e9),
    (1.5, 1e9, .6, 1e-6),
    (2.5, 4e5, 7.5, .01),
    (20.0, 15.0, 60.0, 900.0),
]
HISTORIES = [  # x, t_x, t
    (0, 0.0, 38.86),
    (0, 0.0, 1e-7),
    (1, .5, .5),
    (2, 30.43, 38.86),
    (26, 30.86, 31.0),
    (7, 29.43, 29.4300001),
    (3, 1e-7, 1e7),
    (221, 103.42857, 103.57143),
    (500, 38.8, 38.86),
    (500, 1.0, 37.0),
    (10000, 5000.0, 5100.0),
    (1000000, 9000.0, 9000.01),
]
HORIZONS = [1e-9, 1e-3, 1.0, 39.0, 1e4, 1e6]
RATES = [.0027, .1, 5.0, 1e-6, 100.0]
COUNTS = [0, 1, 5, 40, 500, 10000]


def integral(f, start, end, scale):
    """Of f, smooth on the scale `scale` at its start and on a longer one after it: panels that double."""
    points, width = [start], scale
    while points[-1] + width < end:
        points.append(points[-1] + width)
        width *= 2
    unit = max(f(point) for point in points + [end])  # mpmath stops at an absolute error
    value, error = mpmath.quad(lambda y: f(y) / unit, points + [end], error=True, method='gauss-legendre')
    assert error <= (end - start) * mpf(10) ** -30 and error <= value * mpf(10) ** -25, (value, error)
    return value * unit


def stay_and_go(r, alpha, s, beta, x, t_x, t):
    """Likelihoods of the history and the customer still being there, and of it and the customer gone."""
    factor = mpmath.gamma(r + x) / mpmath.gamma(r) * alpha ** r * beta ** s
    scale = 1 / ((r + x) / (alpha + t_x) + (s + 1) / (beta + t_x))
    go = integral(lambda y: (alpha + y) ** -(r + x) * (beta + y) ** -(s + 1), t_x, t, scale) if t > t_x else mpf(0)
    return factor * (alpha + t) ** -(r + x) * (beta + t) ** -s, factor * s * go


def derivatives(parameters, history):
    """Of the log-likelihood by r, alpha, s, beta: gradient, and upper half of the Hessian, row by row."""
    step = mpf(10) ** -9  # an error of 1e-18, since the differences are central

    def at(**moves):
        moved = [p * (1 + step * moves.get(f'p{i}', 0)) for i, p in enumerate(parameters)]
        return mpmath.log(sum(stay_and_go(*moved, *history)))
    here = at()
    ahead, behind = ([at(**{f'p{i}': sign}) for i in range(4)] for sign in (1, -1))
    gradient = [(ahead[i] - behind[i]) / (2 * step * parameters[i]) for i in range(4)]
    hessian = []
    for i, j in itertools.combinations_with_replacement(range(4), 2):
        if i == j:
            second = ahead[i] - 2 * here + behind[i]
        else:
            corners = [at(**{f'p{i}': a, f'p{j}': b}) * a * b for a in (1, -1) for b in (1, -1)]
            second = sum(corners) / 4
        hessian.append(second / (step * parameters[i]) / (step * parameters[j]))
    return gradient + hessian


def growth(s, beta, horizon):
    """Expected time as a customer within the horizon, of one whose time to dropout is Pareto (s, beta)."""
    return integral(lambda h: (beta / (beta + h)) ** s, mpf(0), horizon, beta / s)


def discounted(s, beta, rate):
    """The same for ever, with a discount."""
    end = 160 / rate  # what follows is below 1e-69 of what precedes
    return integral(lambda h: (beta / (beta + h)) ** s * mpmath.exp(-rate * h), mpf(0), end, 1 / (rate + s / beta))


def nbd(r, alpha, n, t):
    return mpmath.exp(mpmath.loggamma(r + n) - mpmath.loggamma(r) - mpmath.loggamma(n + 1)) * \
        (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** n


def probability(r, alpha, s, beta, n, t):
    """n repeat purchases by t, by the moment y of dropout."""
    def gone(back):
        y = t - back
        return s / beta * (beta / (beta + y)) ** (s + 1) * nbd(r, alpha, n, y)
    # From both ends to the middle, each on its own scale.
    middle = t / 2
    upper = integral(gone, mpf(0), middle, t / (4 * (n + 1)))
    lower = integral(lambda y: gone(t - y), mpf(0), middle, min(alpha, beta, t) / (4 * (n + s + r + 1)))
    return (beta / (beta + t)) ** s * nbd(r, alpha, n, t) + upper + lower


def closed_probability(r, alpha, s, beta, n, t):
    """The same by hypergeometric functions (Fader and Hardie 2005), alpha >= beta, with more digits than it loses."""
    with mpmath.workdps(300):
        first = nbd(r, alpha, n, t) * (beta / (beta + t)) ** s
        hyper = [mpmath.hyp2f1(r + s + i, s + 1, r + s + n + 1, (alpha - beta) / (alpha + t))
                 for i in range(n + 1)]
        b1 = mpmath.hyp2f1(r + s, s + 1, r + s + n + 1, (alpha - beta) / alpha) / alpha ** (r + s)
        b2 = mpmath.fsum(mpmath.gamma(r + s + i) / mpmath.gamma(r + s) / mpmath.factorial(i) * t ** i * hyper[i] /
                         (alpha + t) ** (r + s + i) for i in range(n + 1))
        factor = alpha ** r * beta ** s * mpmath.beta(r + n, s + 1) / mpmath.beta(r, s)
        return first + factor * (b1 - b2)


def digits(value):
    return repr(float(value)) if abs(value) > mpf(2) ** -1022 else '0.0'


def row(*values):
    text = '{' + ', '.join(digits(v) for v in values) + '},'
    return textwrap.fill(text, 120, initial_indent='    ', subsequent_indent='     ')


def main():
    for n in (0, 1, 5, 40):  # the integral by a formula that it does not know
        arguments = mpf(.7), mpf(12.5), mpf(.6), mpf(11.0), n, mpf(39)
        assert abs(probability(*arguments) / closed_probability(*arguments) - 1) < mpf(10) ** -35

    history_rows, derivative_rows, purchase_rows, residual_rows, new_rows, probability_rows = [], [], [], [], [], []
    horizons, rates, times = itertools.cycle(HORIZONS), itertools.cycle(RATES), itertools.cycle([39.0, 1e-3, 4e3])
    for number, parameters in enumerate(PARAMETERS):
        r, alpha, s, beta = map(mpf, parameters)
        for x, t_x, t in HISTORIES:
            stay, go = stay_and_go(r, alpha, s, beta, mpf(x), mpf(t_x), mpf(t))
            alive = stay / (stay + go)
            history = number, x, t_x, t
            history_rows.append(row(*history, mpmath.log(stay + go), alive))
            now = alive * (r + x) / (alpha + t)
            for horizon in itertools.islice(horizons, 2):
                purchase_rows.append(row(*history, horizon, now * growth(s, beta + t, mpf(horizon))))
            rate = next(rates)
            residual_rows.append(row(*history, rate, now * discounted(s, beta + t, mpf(rate))))
        for x, t_x, t in HISTORIES[number % 2:9:2]:
            found = derivatives((r, alpha, s, beta), (mpf(x), mpf(t_x), mpf(t)))
            derivative_rows.append(row(number, x, t_x, t, *found))
        for horizon in HORIZONS:
            new_rows.append(row(number, horizon, r / alpha * growth(s, beta, mpf(horizon))))
        for n in COUNTS:
            time = next(times)
            probability_rows.append(row(number, n, time, probability(r, alpha, s, beta, n, mpf(time))))
        next(times), next(horizons), next(rates)  # so that a next set meets others

    print('// Written by clv_grid_pareto.py: predictions of Pareto/NBD by their definitions, with 60 digits.')
    print('// clang-format off')
    print('#pragma once\n\nnamespace pareto_grid {\n')
    tables = [
        ('parameters', 4, 'r, alpha, s, beta', [row(*p) for p in PARAMETERS]),
        ('histories', 6, 'number of the parameters, x, t_x, t, log-likelihood, P(alive)', history_rows),
        ('derivatives', 18, 'number of the parameters, x, t_x, t, gradient, upper half of the Hessian',
         derivative_rows),
        ('purchases', 6, 'number of the parameters, x, t_x, t, horizon, expected purchases', purchase_rows),
        ('residuals', 6, 'number of the parameters, x, t_x, t, discount rate, expected purchases', residual_rows),
        ('new_purchases', 3, 'number of the parameters, horizon, expected purchases', new_rows),
        ('new_probabilities', 4, 'number of the parameters, n, time, probability', probability_rows),
    ]
    for name, width, columns, rows in tables:
        print(f'// {columns}\ninline constexpr double {name}[][{width}] = {{')
        print('\n'.join(rows))
        print('};\n')
    print('} // namespace pareto_grid')


main()
