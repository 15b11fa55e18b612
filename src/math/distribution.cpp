#include "math/distribution.hpp"
#include "common/error.hpp"
#include <cmath>
#include <limits>

namespace cd::math {

namespace {

template <int n> double polynomial(const double (&c)[n], double x) {
    double sum = 0;
    for (int i = n - 1; i >= 0; --i) sum = sum * x + c[i];
    return sum;
}

} // namespace

// Wichura 1988, Applied Statistics 37, algorithm AS 241 (PPND16): relative error about 1e-16.
double normal_quantile(double p) {
    static constexpr double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                   1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                   3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static constexpr double b[] = {1.0,
                                   4.2313330701600911252e+1,
                                   6.8718700749205790830e+2,
                                   5.3941960214247511077e+3,
                                   2.1213794301586595867e+4,
                                   3.9307895800092710610e+4,
                                   2.8729085735721942674e+4,
                                   5.2264952788528545610e+3};
    static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                   3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                   2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr double d[] = {1.0,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
    static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                   2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr double f[] = {1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
    const double z =
        r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5);
    return q < 0 ? -z : z;
}

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

// The regularised incomplete gamma function Q(degrees / 2, x / 2): its series below the mean, above it the continued
// fraction by Lentz's method (Press and others, Numerical Recipes, section 6.2).
double log_chi_square_tail(double chi_square, double degrees) {
    const double a = degrees / 2, x = chi_square / 2;
    if (!(x > 0)) return 0;
    constexpr double precision = std::numeric_limits<double>::epsilon();
    const double log_power = a * std::log(x) - x;
    if (x < a + 1) {
        double term = 1, sum = 1;
        for (double n = a + 1; term > sum * precision; ++n) sum += term *= x / n;
        return std::log1p(-std::exp(log_power - std::lgamma(a + 1) + std::log(sum)));
    }
    constexpr double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, fraction = d;
    for (double i = 1; i < 1e5; ++i) {
        const double factor = -i * (i - a);
        b += 2;
        d = factor * d + b;
        c = b + factor / c;
        if (std::abs(d) < tiny) d = tiny;
        if (std::abs(c) < tiny) c = tiny;
        d = 1 / d;
        fraction *= d * c;
        if (std::abs(d * c - 1) < precision) break;
    }
    return log_power - std::lgamma(a) + std::log(fraction);
}

void check_confidence(double confidence) {
    if (!(confidence > 0 && confidence < 1))
        throw Error(sqlstate::invalid_parameter, "confidence must be between 0 and 1",
                    "confidence is " + digits(confidence) + ".", "The usual one is 0.95.");
}
double confidence_quantile(double confidence) { return -normal_quantile((1 - confidence) / 2); }

} // namespace cd::math
