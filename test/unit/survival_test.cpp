#include "survival.hpp"
#include "math/random.hpp"
#include "survival/curve.hpp"
#include "survival/logrank.hpp"
#include <algorithm>
#include <cfloat>
#include <gtest/gtest.h>
#include <set>

using namespace cd;
using namespace cd::survival;
using math::Random;

namespace {

struct Row {
    double duration;
    bool event;
    double entry = 0;
};

struct Summary {
    std::pmr::monotonic_buffer_resource memory;
    Survival s{&memory, SIZE_MAX, Poll{}};
    Summary() = default;
    explicit Summary(const std::vector<Row> &rows) {
        for (const Row &row : rows) s.add(row.duration, row.event, row.entry);
        s.count();
    }
    explicit Summary(const test::Durations &rows) {
        for (const auto &[duration, event] : rows) s.add(duration, event);
        s.count();
    }
};
std::vector<std::uint8_t> flat(const Survival &s) {
    s.count();
    std::vector<std::uint8_t> bytes(s.flat_size());
    EXPECT_EQ(s.flatten(bytes.data()), bytes.data() + bytes.size());
    return bytes;
}
std::vector<Point> points_of(const Survival &s) {
    std::vector<Point> points;
    each_point(s, [&points](const Point &point) { points.push_back(point); });
    return points;
}
std::string refusal(const auto &body) {
    try {
        body();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}
std::vector<Row> random_rows(Random &random, int n, bool late) {
    std::vector<Row> rows;
    for (int i = 0; i < n; ++i) {
        const double entry = late && random.uniform() < 0.5 ? std::floor(6 * random.uniform()) : 0;
        rows.push_back({entry + 1 + std::floor(9 * random.uniform()), random.uniform() < 0.6, entry});
    }
    return rows;
}
const Band log_log{0.95, Scale::log_log};

} // namespace

// Kaplan-Meier curves that are printed in many books, to six digits; standard errors as Greenwood's formula gives them.
TEST(Survival, PublishedCurves) {
    const auto check = [](const test::Durations &rows, const std::vector<std::pair<double, double>> &expected) {
        const Summary of(rows);
        std::size_t next = 0;
        for (const Point &point : points_of(of.s)) {
            if (point.events == 0) continue;
            EXPECT_EQ(point.time, expected.at(next).first);
            EXPECT_NEAR(point.survival, expected.at(next++).second, 5e-7);
        }
        EXPECT_EQ(next, expected.size());
        return points_of(of.s);
    };
    const auto maintained =
        check(test::aml_maintained,
              {{9, .909091}, {13, .818182}, {18, .715909}, {23, .613636}, {31, .490909}, {34, .368182}, {48, .184091}});
    EXPECT_NEAR(*maintained.front().std_error(), .0866784, 5e-8);
    EXPECT_NEAR(*maintained[8].std_error(), .1534927, 5e-8);
    const auto not_maintained = check(test::aml_not_maintained, {{5, .8333333},
                                                                 {8, .6666667},
                                                                 {12, .5833333},
                                                                 {23, .4861111},
                                                                 {27, .3888889},
                                                                 {30, .2916667},
                                                                 {33, .1944444},
                                                                 {43, .0972222},
                                                                 {45, 0}});
    EXPECT_FALSE(not_maintained.back().std_error());
    check(test::gehan_treated,
          {{6, .857143}, {7, .806723}, {10, .752941}, {13, .690196}, {16, .627451}, {22, .537815}, {23, .448179}});
}

// By definition: a row is at risk at t if its entry is before t and its end is not.
TEST(Survival, CurveIsThatOfTheDefinition) {
    Random random(1, 1);
    for (int trial = 0; trial < 200; ++trial) {
        const std::vector<Row> rows = random_rows(random, 1 + trial % 40, trial % 2);
        const Summary of(rows);
        std::set<double> times;
        for (const Row &row : rows) times.insert(row.duration);
        double survival = 1, greenwood = 0, hazard = 0;
        auto time = times.begin();
        for (const Point &point : points_of(of.s)) {
            ASSERT_EQ(point.time, *time++);
            double n = 0, d = 0, c = 0;
            for (const Row &row : rows) {
                if (row.duration >= point.time && (row.entry == 0 || row.entry < point.time)) ++n;
                if (row.duration == point.time) ++(row.event ? d : c);
            }
            survival *= 1 - d / n;
            if (d < n) greenwood += d / (n * (n - d));
            hazard += d / n;
            EXPECT_EQ(static_cast<double>(point.at_risk), n);
            EXPECT_EQ(static_cast<double>(point.events), d);
            EXPECT_EQ(static_cast<double>(point.censored), c);
            EXPECT_DOUBLE_EQ(point.survival, survival);
            EXPECT_DOUBLE_EQ(point.greenwood, greenwood);
            EXPECT_DOUBLE_EQ(point.hazard, hazard);
        }
        EXPECT_TRUE(time == times.end());
    }
}

// R 4.2, survival 3.5: survfit(Surv(time, status) ~ 1, aml maintained), its quantiles and survmean(rmean = 48, 30).
TEST(Survival, QuantilesAndMeansAreThoseOfR) {
    const Summary of(test::aml_maintained);
    const Band log(0.95, Scale::log);
    const auto check = [&of](double p, const Band &band, double value, double low, double high) {
        const Quantile q = quantile(of.s, p, band);
        EXPECT_EQ(q.value.value_or(-1), value) << p;
        EXPECT_EQ(q.limits.low.value_or(-1), low) << p;
        EXPECT_EQ(q.limits.high.value_or(-1), high) << p;
    };
    check(.25, log, 18, 13, -1);
    check(.5, log, 31, 18, -1);
    check(.75, log, 48, 34, -1);
    check(.25, log_log, 18, 9, 34);
    check(.5, log_log, 31, 13, -1);
    check(.75, log_log, 48, 31, -1);
    const auto mean = restricted_mean(of.s, 48, log_log);
    EXPECT_NEAR(mean->value, 31.84318181818, 1e-11);
    EXPECT_NEAR(*mean->std_error, 4.52788471175, 1e-11);
    const auto shorter = restricted_mean(of.s, 30, log_log);
    EXPECT_NEAR(shorter->value, 24.60227272727, 1e-11);
    EXPECT_NEAR(*shorter->std_error, 2.31314937732, 1e-11);
    // Limits of the curve after 34 weeks, conf.type = "log".
    const auto at = survival_at(of.s, 35, log);
    EXPECT_NEAR(*at->limits.low, 0.15487711789719, 1e-13);
    EXPECT_NEAR(*at->limits.high, 0.8752606781439, 1e-12);
}

// Where the curve stays at the level for a while, the middle of that: R gives 1.5, 2.5 and 3.5 for 1, 2, 3, 4.
TEST(Survival, QuantilesInTheMiddle) {
    const Summary of(std::vector<Row>{{1, true}, {2, true}, {3, true}, {4, true}});
    EXPECT_EQ(quantile(of.s, .25, log_log).value, 1.5);
    EXPECT_EQ(quantile(of.s, .5, log_log).value, 2.5);
    EXPECT_EQ(quantile(of.s, .75, log_log).value, 3.5);
}

// The area below steps: 2 weeks of 1, then 3 of 1/2. The variance by hand: the area after 2 is 1.5, and d / (n (n - d))
// = 1/2 of two, so 1.5^2 / 2; log-log limits of 1/2 by the formula.
TEST(Survival, ByHand) {
    const Summary of(std::vector<Row>{{2, true}, {7, false}});
    const auto mean = restricted_mean(of.s, 5, log_log);
    EXPECT_DOUBLE_EQ(mean->value, 3.5);
    EXPECT_DOUBLE_EQ(*mean->std_error, std::sqrt(1.5 * 1.5 / 2));
    EXPECT_FALSE(restricted_mean(of.s, 8, log_log)) << "what comes after 7 is not known";
    EXPECT_FALSE(survival_at(of.s, 8, log_log));
    EXPECT_EQ(survival_at(of.s, 1.9, log_log)->value, 1);
    const auto half = survival_at(of.s, 2, log_log);
    EXPECT_EQ(half->value, 0.5);
    const double margin = 1.959963984540054 * std::sqrt(0.5) / std::log(0.5);
    EXPECT_NEAR(*half->limits.low, std::pow(0.5, std::exp(-margin)), 1e-14);
    EXPECT_NEAR(*half->limits.high, std::pow(0.5, std::exp(margin)), 1e-14);
    // Nobody is left, so more is known.
    const Summary gone(std::vector<Row>{{2, true}, {4, true}});
    EXPECT_DOUBLE_EQ(restricted_mean(gone.s, 100, log_log)->value, 3);
    EXPECT_EQ(survival_at(gone.s, 100, log_log)->value, 0);
    EXPECT_FALSE(survival_at(gone.s, 100, log_log)->std_error);
    const Summary nobody;
    EXPECT_FALSE(survival_at(nobody.s, 0, log_log) || restricted_mean(nobody.s, 1, log_log));
    EXPECT_FALSE(quantile(nobody.s, .5, log_log).value);
}

TEST(Survival, LimitsStayWithinTheirBounds) {
    Random random(2, 2);
    for (const Scale scale : {Scale::plain, Scale::log, Scale::log_log}) {
        const Band band(0.9, scale);
        for (int trial = 0; trial < 20; ++trial) {
            const Summary of(random_rows(random, 30, trial % 2));
            each_point(of.s, [&band](const Point &point) {
                const Limits limits = band(point.survival, point.greenwood);
                if (!limits.low) return;
                EXPECT_GE(*limits.low, 0);
                EXPECT_LE(*limits.low, point.survival);
                EXPECT_GE(*limits.high, point.survival);
                EXPECT_LE(*limits.high, 1);
            });
        }
    }
}

TEST(Survival, PartsAddUpInAnyOrder) {
    Random random(3, 3);
    // More than a table of fresh rows, and many different durations.
    std::vector<Row> rows = random_rows(random, 40000, true);
    for (Row &row : rows) row.duration += random.uniform();
    Summary all(rows), parts;
    std::reverse(rows.begin(), rows.end());
    for (std::size_t first = 0; first < rows.size(); first += 7000) {
        const Summary part(
            std::vector<Row>(rows.begin() + static_cast<std::ptrdiff_t>(first),
                             rows.begin() + static_cast<std::ptrdiff_t>(std::min(first + 7000, rows.size()))));
        parts.s.merge(flat(part.s));
    }
    all.s.skip();
    parts.s.skip();
    EXPECT_EQ(flat(all.s), flat(parts.s));
    EXPECT_EQ(parts.s.rows(), 40000u);
    EXPECT_EQ(parts.s.skipped(), 1u);
    check_consistent(parts.s);
}

TEST(Survival, RefusesWhatNobodyCanMean) {
    Summary of;
    for (const double bad : {-1.0, HUGE_VAL, std::nan("")}) {
        EXPECT_EQ(refusal([&] { of.s.add(bad, true); }).substr(0, 5), "22023");
        EXPECT_EQ(refusal([&] { of.s.add(1, true, bad); }).substr(0, 5), "22023");
    }
    EXPECT_EQ(refusal([&] { of.s.add(2, true, 2); }), "22023 entry must be before the end of the duration");
    EXPECT_EQ(refusal([&] { of.s.add(2, true, 3); }), "22023 entry must be before the end of the duration");
    EXPECT_EQ(of.s.rows(), 0u);
    of.s.add(0, false, 0);
    of.s.add(-0.0, true);
    of.s.count();
    EXPECT_EQ(points_of(of.s).size(), 1u);
    std::pmr::monotonic_buffer_resource memory;
    Survival small(&memory, 100, Poll{});
    EXPECT_EQ(refusal([&] {
                  for (int i = 0; i < 20; ++i) small.add(i, true);
                  small.count();
              }).substr(0, 5),
              "54000");
}

TEST(Survival, RefusesBytesThatNoRowsMake) {
    const auto state = [](const std::vector<std::uint8_t> &bytes) {
        return refusal([&] {
            Summary of;
            of.s.merge(bytes);
            of.s.count();
            check_consistent(of.s);
        });
    };
    const Summary of(std::vector<Row>{{2, true}, {5, false}, {7, true, 4}, {7, false, 6}});
    const std::vector<std::uint8_t> good = flat(of.s);
    EXPECT_EQ(state(good), "");
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_NE(state({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), "") << size;
    std::vector<std::uint8_t> longer = good;
    longer.push_back(0);
    EXPECT_NE(state(longer), "");
    // An entry at 6 of a row that ends at 5: two rows enter at 4 and 6, and only one ends after 4.
    const auto put = [](double entry, std::vector<std::uint8_t> bytes) {
        std::memcpy(bytes.data() + bytes.size() - 9, &entry, sizeof entry);
        return bytes;
    };
    EXPECT_EQ(state(put(6.5, good)), "");
    EXPECT_EQ(state(put(7, good)).substr(0, 5), "22P03");
    EXPECT_EQ(state(put(HUGE_VAL, good)).substr(0, 5), "22P03");
}

TEST(Logrank, PublishedTests) {
    const Summary a(test::aml_maintained), b(test::aml_not_maintained);
    // R 4.2: survdiff(Surv(time, status) ~ x, aml), and with rho = 1.
    const Logrank aml = logrank({&a.s, &b.s}, 0, Poll{});
    EXPECT_NEAR(*aml.chi_square, 3.39638869898, 1e-11);
    EXPECT_EQ(aml.degrees_of_freedom, 1u);
    EXPECT_NEAR(*aml.p_value(), .06534, 5e-6);
    EXPECT_NEAR(*logrank({&b.s, &a.s}, 1, Poll{}).chi_square, 2.77927954475, 1e-11);
    const Summary treated(test::gehan_treated), placebo(test::gehan_placebo);
    EXPECT_NEAR(*logrank({&treated.s, &placebo.s}, 0, Poll{}).chi_square, 16.7929409892, 1e-10);
}

// With two groups the test is (sum of O - E)^2 / sum of hypergeometric variances, computed from the rows.
TEST(Logrank, IsThatOfTheDefinition) {
    Random random(4, 4);
    for (int trial = 0; trial < 100; ++trial) {
        const std::vector<Row> x = random_rows(random, 3 + trial % 30, trial % 2),
                               y = random_rows(random, 25, trial % 3 == 0);
        std::set<double> times;
        for (const auto *const group : {&x, &y})
            for (const Row &row : *group)
                if (row.event) times.insert(row.duration);
        double observed = 0, expected = 0, variance = 0;
        for (const double t : times) {
            double n[2] = {}, d[2] = {};
            for (const int g : {0, 1})
                for (const Row &row : g ? y : x) {
                    if (row.duration >= t && (row.entry == 0 || row.entry < t)) ++n[g];
                    if (row.duration == t && row.event) ++d[g];
                }
            const double all = n[0] + n[1], events = d[0] + d[1];
            observed += d[0];
            expected += events * n[0] / all;
            if (all > 1) variance += events * (all - events) / (all - 1) * n[0] / all * n[1] / all;
        }
        const Summary a(x), b(y);
        const Logrank test = logrank({&a.s, &b.s}, 0, Poll{});
        EXPECT_DOUBLE_EQ(test.groups[0].observed, observed);
        EXPECT_NEAR(test.groups[0].expected, expected, 1e-12 * expected);
        EXPECT_NEAR(test.groups[0].expected + test.groups[1].expected,
                    test.groups[0].observed + test.groups[1].observed, 1e-10);
        if (variance > 0) {
            EXPECT_NEAR(*test.chi_square, (observed - expected) * (observed - expected) / variance, 1e-9);
        }
    }
}

TEST(Logrank, GroupsThatSayNothing) {
    const Summary a(test::aml_maintained), b(test::aml_not_maintained), nobody;
    // Who is never at risk at an event is no group.
    const Summary early(std::vector<Row>{{1, false}, {2, false}});
    const Logrank with = logrank({&nobody.s, &a.s, &early.s, &b.s}, 0, Poll{});
    EXPECT_EQ(with.degrees_of_freedom, 1u);
    EXPECT_NEAR(*with.chi_square, 3.39638869898, 1e-11);
    for (const auto &groups : {std::vector<const Survival *>{}, {&a.s}, {&a.s, &nobody.s}, {&early.s, &early.s}}) {
        const Logrank none = logrank(groups, 0, Poll{});
        EXPECT_FALSE(none.chi_square || none.p_value());
        EXPECT_EQ(none.degrees_of_freedom, 0u);
    }
    // The same group twice: no difference.
    EXPECT_NEAR(*logrank({&a.s, &a.s}, 0, Poll{}).chi_square, 0, 1e-12);
    EXPECT_NEAR(*logrank({&a.s, &a.s}, 0, Poll{}).p_value(), 1, 1e-6);
    EXPECT_EQ(refusal([&] { logrank({&a.s, &b.s}, -1, Poll{}); }).substr(0, 5), "22023");
}
