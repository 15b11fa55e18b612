#include "learn/logistic.hpp"
#include "labelled.hpp"
#include "math/distribution.hpp"
#include "math/eigen.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::learn;
using dataset::missing;
using math::Index, math::Matrix, math::Random, math::Vector;
using test::Labelled;

namespace {

Logistic fit(Labelled &table, const LogisticOptions &options = {}, const Work &work = {}) {
    const dataset::View view = table.view();
    return logistic(view, Inputs(view, {}), Target(view, {}), options, work);
}

const Coefficient &named(const Logistic &model, const std::string &name) {
    for (const Coefficient &c : model.coefficients)
        if (c.name == name) return c;
    throw std::out_of_range(name);
}
double estimate(const Logistic &model, const std::string &name) { return named(model, name).estimate.value(); }
double error(const Logistic &model, const std::string &name) { return named(model, name).std_error.value(); }

// Henderson and Velleman 1981, the data set mtcars of R.
const std::vector<double> wt = {2.62,  2.875, 2.32,  3.215, 3.44,  3.46,  3.57, 3.19,  3.15,  3.44,  3.44,
                                4.07,  3.73,  3.78,  5.25,  5.424, 5.345, 2.2,  1.615, 1.835, 2.465, 3.52,
                                3.435, 3.84,  3.845, 1.935, 2.14,  1.513, 3.17, 2.77,  3.57,  2.78};
const std::vector<double> hp = {110, 110, 93, 110, 175, 105, 245, 62,  95,  123, 123, 180, 180, 180, 205, 215,
                                230, 66,  52, 65,  97,  150, 150, 245, 175, 66,  91,  113, 264, 175, 335, 109};
const std::vector<double> qsec = {16.46, 17.02, 18.61, 19.44, 17.02, 20.22, 15.84, 20,    22.9, 18.3,  18.9,
                                  17.4,  17.6,  18,    17.98, 17.82, 17.42, 19.47, 18.52, 19.9, 20.01, 16.87,
                                  17.3,  15.41, 17.05, 18.9,  16.7,  16.9,  14.5,  15.5,  14.6, 18.6};
const std::vector<double> am = {1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1};
const std::vector<std::string> cyl = {"6", "6", "4", "6", "8", "6", "8", "4", "4", "6", "6", "8", "8", "8", "8", "8",
                                      "8", "4", "4", "4", "4", "8", "8", "8", "8", "4", "4", "4", "8", "6", "8", "4"};

Labelled mtcars() { return Labelled().number("wt", wt).number("hp", hp).label(am); }

// The objective of LogisticOptions for columns of numbers, and its derivatives by the coefficients of standardised
// columns, by their definitions.
struct Naive {
    Matrix x;
    Vector y, mean, sd;
    Naive(const std::vector<std::vector<double>> &columns, const std::vector<double> &label)
        : x(static_cast<Index>(label.size()), static_cast<Index>(columns.size())),
          y(Eigen::Map<const Vector>(label.data(), x.rows())) {
        for (Index j = 0; j < x.cols(); ++j)
            x.col(j) = Eigen::Map<const Vector>(columns[static_cast<std::size_t>(j)].data(), x.rows());
        mean = x.colwise().mean();
        x.rowwise() -= mean.transpose();
        sd = (x.colwise().squaredNorm() / static_cast<double>(x.rows())).cwiseSqrt();
        x.array().rowwise() /= sd.transpose().array();
    }
    Vector standardised(const Logistic &model) const {
        Vector b(x.cols());
        for (Index j = 0; j < b.size(); ++j)
            b[j] = model.coefficients[static_cast<std::size_t>(1 + j)].estimate.value_or(0) * sd[j];
        return b;
    }
    Vector probability(const Logistic &model) const {
        const Vector b = standardised(model);
        const double intercept = *model.coefficients[0].estimate + b.cwiseQuotient(sd).dot(mean);
        return (1 + (-(x * b).array() - intercept).exp()).inverse();
    }
    // How far the fit is from the conditions of a minimum.
    double distance(const Logistic &model, double l1, double l2) const {
        const Vector b = standardised(model), residual = probability(model) - y;
        const Vector slope = x.transpose() * residual / static_cast<double>(x.rows()) + l2 * b;
        double worst = std::abs(residual.mean());
        for (Index j = 0; j < b.size(); ++j)
            worst = std::max(worst, b[j] != 0 ? std::abs(slope[j] + std::copysign(l1, b[j]))
                                              : std::max(0.0, std::abs(slope[j]) - l1));
        return worst;
    }
};

struct RandomTable {
    std::vector<std::vector<double>> columns;
    std::vector<double> label;
    RandomTable(std::size_t rows, std::size_t n, std::uint64_t seed) : columns(n) {
        Random random(seed, 0);
        for (std::size_t i = 0; i < rows; ++i) {
            double score = -0.5;
            for (std::size_t j = 0; j < n; ++j) {
                const double x = random.normal();
                columns[j].push_back(static_cast<double>(j + 1) * x + 10);
                score += j % 2 ? 0.5 * x : -0.8 * x;
            }
            label.push_back(random.uniform() < 1 / (1 + std::exp(-score)));
        }
    }
    Labelled table() const {
        Labelled table;
        for (std::size_t j = 0; j < columns.size(); ++j) table.number("x" + std::to_string(j), columns[j]);
        table.label(label);
        return table;
    }
};

} // namespace

// summary(glm(am ~ wt + hp, binomial, mtcars)) of R 4.2, epsilon = 1e-14.
TEST(Logistic, IsGlmOfR) {
    Labelled table = mtcars();
    const Logistic model = fit(table);
    EXPECT_TRUE(model.converged);
    EXPECT_NEAR(estimate(model, "(intercept)"), 18.86629871720410, 1e-10);
    EXPECT_NEAR(estimate(model, "wt"), -8.08347518244463, 1e-11);
    EXPECT_NEAR(estimate(model, "hp"), 0.03625559608222, 1e-13);
    EXPECT_NEAR(error(model, "(intercept)"), 7.44355806020527, 1e-6);
    EXPECT_NEAR(error(model, "wt"), 3.06867511305470, 1e-6);
    EXPECT_NEAR(error(model, "hp"), 0.01773415365077, 1e-8);
    EXPECT_NEAR(*named(model, "wt").z, -2.634190614724, 1e-6);
    EXPECT_NEAR(*named(model, "wt").p_value, 0.008433812599707, 1e-8);
    EXPECT_NEAR(*named(model, "hp").odds_ratio, std::exp(0.03625559608222), 1e-13);
    EXPECT_NEAR(model.log_likelihood, -5.029555236, 1e-9);
    // Of 32 cars 13 have a manual gear.
    EXPECT_NEAR(model.null_log_likelihood, 13 * std::log(13.0 / 32) + 19 * std::log(19.0 / 32), 1e-13);
    EXPECT_EQ(model.parameters(), 3U);
    // diag(solve(cov2cor(vcov(model)[-1, -1]))), which is car::vif.
    EXPECT_NEAR(*named(model, "wt").vif, 2.44429719492, 1e-6);
    EXPECT_NEAR(*named(model, "hp").vif, 2.44429719492, 1e-6);
    EXPECT_FALSE(named(model, "(intercept)").vif);
}

// glm(am ~ factor(cyl) + wt, binomial, mtcars, weights = rep(1:4, 8)).
TEST(Logistic, TakesCategoriesAndWeights) {
    std::vector<double> weight;
    Labelled repeated, table;
    std::vector<std::string> cyls;
    std::vector<double> wts, ams;
    for (std::size_t i = 0; i < 32; ++i) {
        weight.push_back(static_cast<double>(i % 4 + 1));
        for (std::size_t k = 0; k <= i % 4; ++k) {
            cyls.push_back(cyl[i]);
            wts.push_back(wt[i]);
            ams.push_back(am[i]);
        }
    }
    table.category("cyl", cyl).number("wt", wt).label(am).weight(weight);
    const Logistic model = fit(table);
    EXPECT_NEAR(estimate(model, "(intercept)"), 25.548817910555, 1e-10);
    EXPECT_NEAR(estimate(model, "cyl = 6"), 1.248646553417, 1e-11);
    EXPECT_NEAR(estimate(model, "cyl = 8"), 4.560530984880, 1e-11);
    EXPECT_NEAR(estimate(model, "wt"), -8.901141690601, 1e-11);
    EXPECT_NEAR(error(model, "(intercept)"), 7.309821915995, 1e-6);
    EXPECT_NEAR(error(model, "cyl = 8"), 2.011992357878, 1e-6);
    EXPECT_NEAR(model.log_likelihood, -15.79626395672, 1e-10);

    repeated.category("cyl", cyls).number("wt", wts).label(ams);
    for (const LogisticOptions &options :
         {LogisticOptions{}, LogisticOptions{0.02, 0.01}, LogisticOptions{0, 0, true}}) {
        const Logistic a = fit(table, options), b = fit(repeated, options);
        for (std::size_t j = 0; j < 4; ++j) {
            EXPECT_NEAR(*a.coefficients[j].estimate, *b.coefficients[j].estimate, 1e-8);
            EXPECT_NEAR(a.coefficients[j].std_error.value_or(0), b.coefficients[j].std_error.value_or(0), 1e-6);
        }
        EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-8);
    }
}

// glmnet(cbind(wt, hp, qsec), am, "binomial", alpha = 0.5, lambda = c(0.1, 0.05)), to its own tolerance.
TEST(Logistic, IsGlmnet) {
    Labelled table = mtcars();
    table.number("qsec", qsec);
    const Logistic a = fit(table, {0.025, 0.025}), b = fit(table, {0.05, 0.05});
    EXPECT_NEAR(estimate(a, "(intercept)"), 14.1022817318, 1e-4);
    EXPECT_NEAR(estimate(a, "wt"), -2.1686856785, 1e-5);
    EXPECT_EQ(estimate(a, "hp"), 0);
    EXPECT_NEAR(estimate(a, "qsec"), -0.4392300378, 1e-5);
    EXPECT_EQ(a.parameters(), 3U);
    EXPECT_NEAR(estimate(b, "(intercept)"), 8.5825013519, 1e-4);
    EXPECT_NEAR(estimate(b, "wt"), -1.4440371577, 1e-5);
    EXPECT_EQ(estimate(b, "hp"), 0);
    EXPECT_NEAR(estimate(b, "qsec"), -0.2515650208, 1e-5);
    EXPECT_FALSE(named(a, "wt").std_error);
    EXPECT_FALSE(named(a, "wt").vif);
    EXPECT_TRUE(named(a, "wt").odds_ratio);
}

TEST(Logistic, WithPenaltiesIsAtTheMinimum) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const RandomTable random(60 + 100 * seed, 1 + seed % 8, seed);
        Labelled table = random.table();
        const Naive naive(random.columns, random.label);
        for (const auto &[l1, l2] :
             {std::pair{0.0, 0.0}, {0.0, 0.1}, {0.0, 1e-6}, {0.05, 0.0}, {0.01, 0.02}, {2.0, 0.0}}) {
            const Logistic model = fit(table, {l1, l2});
            EXPECT_TRUE(model.converged);
            EXPECT_LT(naive.distance(model, l1, l2), 1e-10) << seed << " " << l1 << " " << l2;
            if (l1 == 2) {
                EXPECT_EQ(model.parameters(), 1U);
                EXPECT_NEAR(model.log_likelihood, model.null_log_likelihood, 1e-9);
            }
        }
    }
}

// In a table of two by two cells Firth's estimate is that of the table with 1/2 added to each cell.
TEST(Logistic, WithFirthAddsOneHalfToEachCell) {
    for (const std::array<int, 4> &cell : {std::array{7, 3, 2, 8}, {5, 0, 4, 6}, {3, 0, 0, 4}, {1, 0, 0, 1}}) {
        Labelled table;
        std::vector<std::string> group;
        std::vector<double> label;
        for (int c = 0; c < 4; ++c)
            for (int i = 0; i < cell[static_cast<std::size_t>(c)]; ++i) {
                group.push_back(c < 2 ? "a" : "b");
                label.push_back(c % 2);
            }
        const Logistic model = fit(table.category("group", group).label(label), {0, 0, true});
        EXPECT_TRUE(model.converged);
        const double a = std::log((cell[1] + 0.5) / (cell[0] + 0.5)), b = std::log((cell[3] + 0.5) / (cell[2] + 0.5));
        EXPECT_NEAR(estimate(model, "(intercept)"), a, 1e-9);
        EXPECT_NEAR(estimate(model, "group = b"), b - a, 1e-9);
        // The information of a cell with n rows and probability p is n p (1 - p).
        const auto information = [](int n, double score) {
            const double p = 1 / (1 + std::exp(-score));
            return n * p * (1 - p);
        };
        EXPECT_NEAR(error(model, "group = b"),
                    std::sqrt(1 / information(cell[0] + cell[1], a) + 1 / information(cell[2] + cell[3], b)), 1e-6);
    }
}

// The modified score of Firth 1993 by its definition: x' (y - p + h (1/2 - p)) = 0.
TEST(Logistic, WithFirthSolvesTheModifiedScore) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const RandomTable random(25 + 300 * seed, 3, seed);
        Labelled table = random.table();
        const Logistic model = fit(table, {0, 0, true});
        ASSERT_TRUE(model.converged);
        const Naive naive(random.columns, random.label);
        Matrix x(naive.x.rows(), 4);
        x << Vector::Ones(x.rows()), naive.x;
        const Vector p = naive.probability(model);
        const Vector w = p.array() * (1 - p.array());
        const Matrix inverse = (x.transpose() * w.asDiagonal() * x).inverse();
        const Vector h = w.cwiseProduct((x * inverse).cwiseProduct(x).rowwise().sum());
        const Vector score = x.transpose() * (naive.y - p + h.cwiseProduct((0.5 - p.array()).matrix()));
        EXPECT_LT(score.cwiseAbs().maxCoeff(), 1e-8);
    }
}

TEST(Logistic, NamesColumnsThatSayNothingNew) {
    std::vector<double> sum, ones(32, 1), light;
    std::vector<std::string> constant(32, "x");
    for (std::size_t i = 0; i < 32; ++i) {
        sum.push_back(1e6 * (wt[i] + 0.1 * hp[i]) - 7);
        light.push_back(1e6 + 0.001 * qsec[i]);
    }
    Labelled table;
    table.number("one", ones).number("wt", wt).number("hp", hp).number("both", sum).category("same", constant);
    table.number("empty", std::vector<double>(32, missing)).number("again", hp).label(am);
    const Logistic model = fit(table);
    Labelled plain = mtcars();
    const Logistic expected = fit(plain);
    for (const char *name : {"one", "both", "empty", "empty is missing", "again"})
        EXPECT_FALSE(named(model, name).estimate) << name;
    EXPECT_TRUE(model.converged);
    EXPECT_EQ(model.parameters(), 3U);
    for (const char *name : {"(intercept)", "wt", "hp"}) {
        EXPECT_NEAR(estimate(model, name), estimate(expected, name), 1e-9);
        EXPECT_NEAR(error(model, name), error(expected, name), 1e-6);
    }
    EXPECT_EQ(model.linear.effects[3].slope, 0);
    // Small differences of large numbers are no collinearity with the intercept.
    Labelled shifted = mtcars();
    Labelled unshifted = mtcars();
    EXPECT_NEAR(estimate(fit(shifted.number("light", light)), "light"),
                estimate(fit(unshifted.number("light", qsec)), "light") * 1000, 0.1);
}

TEST(Logistic, TellsThatRowsAreSeparated) {
    Labelled two;
    const Logistic complete = fit(two.number("x", {1, 2}).label({0, 1}));
    EXPECT_TRUE(complete.separated);
    EXPECT_FALSE(complete.converged);
    EXPECT_EQ(complete.separating, std::vector<std::string>{"x"});
    EXPECT_FALSE(complete.coefficients[1].std_error);

    // Nobody of group b stayed; of the others x tells little.
    Labelled quasi;
    const Logistic some = fit(quasi.number("x", {1, 2, 3, 4, 5, 6, 7, 8, 9, 3})
                                  .category("group", {"a", "a", "a", "a", "a", "a", "c", "c", "b", "b"})
                                  .label({0, 1, 0, 0, 1, 0, 1, 0, 1, 1}));
    EXPECT_TRUE(some.separated);
    EXPECT_EQ(some.separating, std::vector<std::string>{"group = b"});

    // The limits touch in one value: no coefficient is finite either.
    Labelled touching;
    EXPECT_TRUE(fit(touching.number("x", {1, 2, 3, 3, 4, 5}).label({0, 0, 0, 1, 1, 1})).separated);
    // They overlap, if only just: there is a maximum.
    Labelled overlap;
    const Logistic near = fit(overlap.number("x", {1, 2, 3.01, 3, 4, 5}).label({0, 0, 0, 1, 1, 1}));
    EXPECT_TRUE(near.converged);
    EXPECT_FALSE(near.separated);

    for (Labelled *table : {&two, &quasi, &touching})
        for (const LogisticOptions &options : {LogisticOptions{0, 0.01}, LogisticOptions{0.01, 0},
                                               LogisticOptions{0.01, 0.01}, LogisticOptions{0, 0, true}}) {
            const Logistic model = fit(*table, options);
            EXPECT_TRUE(model.converged);
            EXPECT_FALSE(model.separated);
        }
}

TEST(Logistic, FindsAFewSeparatedRowsOfMany) {
    const RandomTable random(20000, 3, 5);
    std::vector<std::string> group(20000, "most");
    std::vector<double> label = random.label;
    for (std::size_t i = 100; i < 120; ++i) {
        group[i] = "staff";
        label[i] = 0;
    }
    Labelled table = random.table();
    const Logistic model = fit(table.category("group", group).label(label));
    EXPECT_TRUE(model.separated);
    EXPECT_EQ(model.separating, std::vector<std::string>{"group = staff"});
    EXPECT_LT(model.iterations, 25U);
}

// More columns than rows: those which do not fit any more are named, and the rest tells all rows from each other.
TEST(Logistic, TakesMoreColumnsThanRows) {
    const RandomTable random(6, 9, 11);
    Labelled table = random.table();
    table.label({0, 1, 0, 1, 1, 0});
    const Logistic model = fit(table);
    EXPECT_TRUE(model.separated);
    for (std::size_t j = 6; j < 10; ++j) EXPECT_FALSE(model.coefficients[j].estimate);
    EXPECT_TRUE(fit(table, {0, 0.1}).converged);
    EXPECT_TRUE(fit(table, {0.1, 0}).converged);
    EXPECT_EQ(fit(table, {0, 0.1}).parameters(), 10U);
}

TEST(Logistic, DoesNotDependOnUnits) {
    Labelled table = mtcars();
    const Logistic expected = fit(table);
    for (const double scale : {1e-300, 1e-30, 1e30, 1e300}) {
        std::vector<double> scaled;
        for (const double x : wt) scaled.push_back(x * scale);
        Labelled other;
        const Logistic model = fit(other.number("wt", scaled).number("hp", hp).label(am));
        EXPECT_NEAR(estimate(model, "wt") * scale, estimate(expected, "wt"), 1e-9);
        EXPECT_NEAR(*named(model, "wt").z, *named(expected, "wt").z, 1e-8);
        EXPECT_NEAR(estimate(model, "(intercept)"), estimate(expected, "(intercept)"), 1e-8);
    }
    // One kilogram more where all differ by grams: the odds are beyond double precision, the model is not.
    std::vector<double> scaled;
    for (const double x : wt) scaled.push_back(x * -1e-3);
    Labelled other;
    const Logistic model = fit(other.number("wt", scaled).number("hp", hp).label(am));
    EXPECT_NEAR(estimate(model, "wt"), -1e3 * estimate(expected, "wt"), 1e-6);
    EXPECT_TRUE(named(model, "wt").std_error);
    EXPECT_FALSE(named(model, "wt").odds_ratio);
}

// A category of many values is summed in another way than its columns of 0 and 1 are.
TEST(Logistic, OfManyValuesIsThatOfTheirColumns) {
    Random random(21, 0);
    constexpr std::size_t n = 5000;
    std::vector<double> x, label;
    std::vector<std::string> city, shop;
    std::vector<std::vector<double>> is_city(20), is_shop(13);
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint64_t c = random.bits() % 20, s = random.bits() % 13;
        x.push_back(random.normal());
        city.push_back(std::string(1, static_cast<char>('a' + c)));
        shop.push_back(s == 12 ? "?" : std::string(1, static_cast<char>('A' + s)));
        for (std::size_t k = 0; k < 20; ++k) is_city[k].push_back(k == c);
        for (std::size_t k = 0; k < 13; ++k) is_shop[k].push_back(k == s);
        const double score = 0.5 * x[i] + 0.05 * static_cast<double>(c) - 0.1 * static_cast<double>(s);
        label.push_back(random.uniform() < 1 / (1 + std::exp(-score)));
    }
    Labelled table, columns;
    table.category("city", city).number("x", x).category("shop", shop).label(label);
    for (std::size_t k = 1; k < 20; ++k)
        columns.number("city = " + std::string(1, static_cast<char>('a' + k)), is_city[k]);
    columns.number("x", x);
    for (std::size_t k = 1; k < 12; ++k)
        columns.number("shop = " + std::string(1, static_cast<char>('A' + k)), is_shop[k]);
    columns.number("shop is missing", is_shop[12]).label(label);
    for (const LogisticOptions &options : {LogisticOptions{}, LogisticOptions{0, 0.01}, LogisticOptions{0.01, 0.01}}) {
        const Logistic a = fit(table, options), b = fit(columns, options);
        ASSERT_EQ(a.coefficients.size(), b.coefficients.size());
        EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-9);
        for (std::size_t j = 0; j < a.coefficients.size(); ++j) {
            EXPECT_EQ(a.coefficients[j].name, b.coefficients[j].name);
            EXPECT_NEAR(*a.coefficients[j].estimate, *b.coefficients[j].estimate, 1e-8);
            EXPECT_NEAR(a.coefficients[j].vif.value_or(0), b.coefficients[j].vif.value_or(0), 1e-6);
        }
    }
    Labelled firth_table = table, firth_columns = columns;
    EXPECT_NEAR(estimate(fit(firth_table, {0, 0, true}), "x"), estimate(fit(firth_columns, {0, 0, true}), "x"), 1e-8);
}

// So many rows that the fit begins with a sample. The rows stand by label, so that some chunks have one class only.
TEST(Logistic, OfManyRowsIsExactToo) {
    RandomTable random(300'000, 2, 31);
    std::vector<std::size_t> order(random.label.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return random.label[i]; });
    RandomTable sorted = random;
    for (std::size_t i = 0; i < order.size(); ++i) {
        sorted.label[i] = random.label[order[i]];
        for (std::size_t j = 0; j < 2; ++j) sorted.columns[j][i] = random.columns[j][order[i]];
    }
    Labelled table = random.table(), other = sorted.table();
    const Logistic a = fit(table), b = fit(other);
    EXPECT_LT(Naive(random.columns, random.label).distance(a, 0, 0), 1e-12);
    EXPECT_LE(a.iterations, 4U);
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(*a.coefficients[j].estimate, *b.coefficients[j].estimate, 1e-10);
    EXPECT_LT(Naive(random.columns, random.label).distance(fit(other, {0.02, 0.01}), 0.02, 0.01), 1e-10);
}

TEST(Logistic, AsEffectsGivesItsOwnScores) {
    Labelled table;
    std::vector<double> with_gap = hp;
    for (const std::size_t i : {2U, 3U, 20U, 30U}) with_gap[i] = missing;
    table.number("hp", with_gap).category("cyl", cyl).label(am);
    const Logistic model = fit(table, {0, 0.05});
    // Chrysler Imperial, Fiat X1-9: by the coefficients.
    const auto score = [&](double power, double lacks, const char *level) {
        return estimate(model, "(intercept)") + power * estimate(model, "hp") +
               lacks * estimate(model, "hp is missing") + (level ? estimate(model, level) : 0);
    };
    // Levels stand in C order: 4, 6, 8.
    EXPECT_NEAR(model.linear.score(std::array{230.0, 3.0}.data()), score(230, 0, "cyl = 8"), 1e-12);
    EXPECT_NEAR(model.linear.score(std::array{66.0, 1.0}.data()), score(66, 0, nullptr), 1e-12);
    double mean = 0;
    for (const double x : with_gap) mean += dataset::is_missing(x) ? 0 : x / 28;
    EXPECT_NEAR(model.linear.score(std::array{missing, 2.0}.data()), score(mean, 1, "cyl = 6"), 1e-12);
}

TEST(Logistic, RefusesWhatMakesNoSense) {
    Labelled table = mtcars();
    for (const LogisticOptions &options :
         {LogisticOptions{-1, 0}, LogisticOptions{0, -1}, LogisticOptions{NAN, 0}, LogisticOptions{0, HUGE_VAL},
          LogisticOptions{0.1, 0, true}, LogisticOptions{0, 0.1, true}, LogisticOptions{0, 0, false, 0}})
        EXPECT_THROW(fit(table, options), Error);
    Labelled heavy = mtcars();
    EXPECT_THROW(fit(heavy.weight(std::vector<double>(32, 1e308))), Error);
    Labelled few = mtcars();
    const Logistic model = fit(few, {0, 0, false, 2});
    EXPECT_FALSE(model.converged);
    EXPECT_EQ(model.iterations, 2U);
    EXPECT_FALSE(model.coefficients[1].std_error);
}

TEST(Logistic, CanBeCancelledAtAnyTime) {
    struct Cancelled {};
    static int left;
    Labelled table = RandomTable(3000, 4, 1).table();
    const dataset::View view = table.view();
    const Inputs inputs(view, {});
    const Target target(view, {});
    for (const LogisticOptions &options : {LogisticOptions{}, LogisticOptions{0.01, 0.01}, LogisticOptions{0, 0, true}})
        for (const int after : {0, 3, 10, 20, 30}) {
            left = after;
            Work work;
            work.poll = Poll([] {
                if (left-- == 0) throw Cancelled{};
            });
            EXPECT_THROW(logistic(view, inputs, target, options, work), Cancelled) << after;
        }
}

// R: 2 * pnorm(-c(0, 1, 1.96, 5, 30)).
TEST(Distribution, NormalTwoSided) {
    EXPECT_EQ(math::normal_two_sided(0), 1);
    EXPECT_NEAR(math::normal_two_sided(-1), 0.317310507862914, 1e-14);
    EXPECT_NEAR(math::normal_two_sided(1.96), 0.0499957902964409, 1e-15);
    EXPECT_NEAR(math::normal_two_sided(5) / 5.73303143758388e-07, 1, 1e-13);
    EXPECT_NEAR(math::normal_two_sided(30) / 9.81342785429637e-198, 1, 1e-12);
}
