#include "clv/bg_bb.hpp"
#include "clv_grid_discrete.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <vector>

using namespace cd;
using clv::BgBb, clv::History;

namespace {

// Histories with counts, in the order that the model takes them in.
struct Table {
    std::vector<double> x, t_x, t, customers;
    explicit Table(std::vector<std::array<double, 4>> rows) {
        std::sort(rows.begin(), rows.end());
        for (const auto &row : rows) {
            x.push_back(row[0]);
            t_x.push_back(row[1]);
            t.push_back(row[2]);
            customers.push_back(row[3]);
        }
    }
    clv::Derivatives at(const clv::Parameters &p) const {
        return BgBb::log_likelihood(p, {x, t_x, t, customers}, Poll{});
    }
};

// Fader, Hardie and Shang 2010: 11,104 supporters of 1995, and whether they gave in each of the six years
// after.
const Table donations({{6, 6, 6, 1203}, {5, 6, 6, 728}, {4, 6, 6, 512},  {3, 6, 6, 357}, {2, 6, 6, 234}, {1, 6, 6, 129},
                       {5, 5, 6, 335},  {4, 5, 6, 284}, {3, 5, 6, 225},  {2, 5, 6, 173}, {1, 5, 6, 119}, {4, 4, 6, 240},
                       {3, 4, 6, 181},  {2, 4, 6, 155}, {1, 4, 6, 78},   {3, 3, 6, 322}, {2, 3, 6, 255}, {1, 3, 6, 129},
                       {2, 2, 6, 613},  {1, 2, 6, 277}, {1, 1, 6, 1091}, {0, 0, 6, 3464}});
const clv::Parameters estimates{1.20352228, .74971635, .65671833, 2.78344298};

double one(const auto &function) {
    double out = NAN;
    function(&out);
    return out;
}

} // namespace

// Ibidem, to more digits.
TEST(BgBb, PublishedEstimates) {
    double customers = 0;
    for (const double n : donations.customers) customers += n;
    EXPECT_EQ(customers, 11104);
    const clv::Derivatives d = donations.at(estimates);
    EXPECT_NEAR(d.value, -33225.58127435, 5e-9);
    const test::AtMaximum maximum = test::at_maximum(d, 4);
    const double std_errors[] = {.06939, .02945, .05101, .32082};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(maximum.step[i], 0, 3e-7 * estimates[i]) << i; // the estimates have seven right digits
        EXPECT_NEAR(maximum.std_error[i], std_errors[i], 5e-6) << i;
    }
}

// Ibidem, table 6 for the chance to be alive, to more digits.
TEST(BgBb, PublishedPredictions) {
    const BgBb model(estimates);
    const auto check = [&model](const History &h, double purchases, double alive) {
        const double horizons[] = {5};
        EXPECT_NEAR(one([&](double *out) { model.purchases(h, horizons, out); }) / purchases, 1, 1e-8);
        EXPECT_NEAR(model.alive(h) / alive, 1, 1e-8);
    };
    check({0, 0, 6}, .0728633440172, .10813329297);
    check({2, 4, 6}, 1.05760346646, .589657166231);
    check({6, 6, 6}, 3.75254414915, .930433569042);
}

TEST(BgBb, Accuracy) {
    test::Accuracy accuracy;
    for (const test::GridValue &value : test::bg_bb_grid) {
        const BgBb model(value.parameters);
        const std::string name = value.function;
        const auto &at = value.at;
        const History h{at[0], at[1], at[2]};
        if (name == "alive") {
            accuracy.add(value, model.alive(h));
        } else if (name == "purchases") {
            accuracy.add(value, one([&](double *out) { model.purchases(h, {&at[3], 1}, out); }));
        } else if (name == "residual") {
            accuracy.add(value, model.residual(h, at[3]));
        } else if (name == "new purchases") {
            accuracy.add(value, one([&](double *out) { model.new_purchases({&at[0], 1}, out); }));
        } else if (name == "new probability") {
            accuracy.add(value, model.new_probability(static_cast<std::uint64_t>(at[0]), at[1]));
        } else {
            const double customers = 1;
            const auto d =
                BgBb::log_likelihood(value.parameters, {{&h.x, 1}, {&h.t_x, 1}, {&h.t, 1}, {&customers, 1}}, Poll{});
            accuracy.add(value, test::derivative(d, name));
            if (name == "log likelihood") accuracy.add(value, model.log_likelihood(h));
        }
    }
    accuracy.expect_below(1e-12);
}

// Many histories share work, customers do not.
TEST(BgBb, LikelihoodIsTheSumOverCustomers) {
    math::Random random(1, 1);
    const auto below = [&random](double n) { return std::floor(n * random.uniform()); };
    std::vector<std::array<double, 4>> rows;
    for (int i = 0; i < 2000; ++i) {
        const double t = below(i % 10 == 0 ? 1000 : 30), t_x = below(t + 1), x = t_x == 0 ? 0 : 1 + below(t_x);
        rows.push_back({x, t_x, t, 1 + below(100)});
    }
    for (const clv::Parameters &p : {estimates, {.1, 3, .01, .2}, {40, 90, 1e-9, 7}, {3, .001, 5, 2}}) {
        const BgBb model(p);
        double expected = 0;
        for (const auto &[x, t_x, t, customers] : rows) expected += customers * model.log_likelihood({x, t_x, t});
        EXPECT_NEAR(Table(rows).at(p).value / expected, 1, 1e-13);
    }
    EXPECT_EQ(Table({}).at(estimates).value, 0);
}

TEST(BgBb, LongHistories) {
    const BgBb model({1.5, 20, .01, 3});
    const Table table({{0, 0, 100000, 1}, {900, 90000, 100000, 1}, {100000, 100000, 100000, 1}});
    double expected = 0;
    for (std::size_t i = 0; i < 3; ++i) expected += model.log_likelihood({table.x[i], table.t_x[i], table.t[i]});
    const clv::Derivatives d = table.at({1.5, 20, .01, 3});
    EXPECT_NEAR(d.value / expected, 1, 1e-12);
    for (const auto &row : d.hessian)
        for (const double entry : row) EXPECT_TRUE(std::isfinite(entry));
    EXPECT_THROW(Table({{0, 0, 100001, 1}}).at(estimates), Error);
    // A customer who bought at every tenth opportunity has gone after a thousand without.
    EXPECT_LT(model.alive({9000, 90000, 100000}), 1e-290);
    EXPECT_GE(model.alive({9000, 90000, 100000}), 0);
}

TEST(BgBb, PredictionsFitTogether) {
    const BgBb model(estimates);
    double total = 0, mean = 0;
    for (std::uint64_t n = 0; n <= 30; ++n) {
        const double probability = model.new_probability(n, 30.9);
        total += probability;
        mean += static_cast<double>(n) * probability;
    }
    const double horizons[] = {0, 1, 30, 30.9, 1e5};
    double expected[5];
    model.new_purchases(horizons, expected);
    EXPECT_NEAR(total, 1, 1e-13);
    EXPECT_NEAR(mean / expected[2], 1, 1e-13);
    EXPECT_EQ(expected[0], 0);
    EXPECT_EQ(expected[3], expected[2]); // an opportunity is whole
    EXPECT_EQ(model.new_probability(31, 30.9), 0);

    // The discounted sum of what each opportunity brings.
    const History h{3, 8, 10};
    std::vector<double> ahead(2001), purchases(2001);
    for (std::size_t k = 0; k < ahead.size(); ++k) ahead[k] = static_cast<double>(k);
    model.purchases(h, ahead, purchases.data());
    double discounted = 0;
    for (std::size_t k = 1; k < ahead.size(); ++k)
        discounted += (purchases[k] - purchases[k - 1]) * std::exp(-.02 * ahead[k]);
    EXPECT_NEAR(model.residual(h, .02) / discounted, 1, 1e-11);
    EXPECT_NEAR(model.residual(h, 20) / (purchases[1] * std::exp(-20.)), 1, 1e-8);
    EXPECT_EQ(model.residual(h, 1e4), 0);
}
