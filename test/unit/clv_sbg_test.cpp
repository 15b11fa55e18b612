#include "clv/sbg.hpp"
#include "clv_grid_discrete.hpp"
#include <vector>

using namespace cd;
using clv::Sbg;

namespace {

// Of 1000 customers, those left after each renewal.
struct Cohort {
    std::vector<double> t, churned, kept;
    explicit Cohort(const std::vector<double> &survivors) {
        for (std::size_t i = 1; i < survivors.size(); ++i) {
            t.push_back(static_cast<double>(i));
            churned.push_back(survivors[i - 1] - survivors[i]);
            kept.push_back(0);
        }
        kept.back() = survivors.back();
    }
    clv::Derivatives at(double alpha, double beta) const {
        return Sbg::log_likelihood({alpha, beta}, {t, churned, kept}, Poll{});
    }
};

double renewals(const Sbg &model, double renewed, double ahead) {
    model.renewals(renewed, {&ahead, 1}, &ahead);
    return ahead;
}

} // namespace

// Fader and Hardie 2007: the segments High End and Regular, seven renewals. Estimates to more digits.
TEST(Sbg, PublishedEstimates) {
    const auto check = [](const Cohort &cohort, double alpha, double beta, double log_likelihood) {
        const clv::Derivatives d = cohort.at(alpha, beta);
        EXPECT_NEAR(d.value, log_likelihood, 5e-9);
        const test::AtMaximum maximum = test::at_maximum(d, 2);
        EXPECT_NEAR(maximum.step[0], 0, 1e-7 * alpha);
        EXPECT_NEAR(maximum.step[1], 0, 1e-7 * beta);
    };
    check(Cohort({1000, 869, 743, 653, 593, 551, 517, 491}), .66808836, 3.80609506, -1611.15814739);
    check(Cohort({1000, 631, 468, 382, 326, 289, 262, 241}), .70407731, 1.18204303, -1680.26518846);
}

TEST(Sbg, Accuracy) {
    test::Accuracy accuracy;
    for (const test::GridValue &value : test::sbg_grid) {
        const Sbg model(value.parameters);
        const std::string name = value.function;
        const double at = value.at[0], second = value.at[1];
        if (name == "survival") {
            accuracy.add(value, model.survival(at));
        } else if (name == "leaving") {
            accuracy.add(value, model.leaving(at));
        } else if (name == "retention") {
            accuracy.add(value, model.retention(at));
        } else if (name == "renewals") {
            accuracy.add(value, renewals(model, at, second));
        } else if (name == "residual") {
            accuracy.add(value, model.residual(at, second));
        } else { // one customer who left at a renewal, or was kept
            const double t = at + second, one = 1, none = 0;
            const auto d = Sbg::log_likelihood(
                value.parameters, {{&t, 1}, {at > 0 ? &one : &none, 1}, {at > 0 ? &none : &one, 1}}, Poll{});
            accuracy.add(value, test::derivative(d, name));
        }
    }
    accuracy.expect_below(1e-12);
}

// The same customers one by one, at different times, with gaps.
TEST(Sbg, LikelihoodIsTheSumOverCustomers) {
    const double alpha = .7, beta = 1.3;
    const Sbg model({alpha, beta});
    const std::vector<double> t{0, 1, 4, 5, 90}, churned{0, 3, 2e12, 0, 7}, kept{11, 5, 0, 2, 1};
    double expected = 0;
    for (std::size_t i = 0; i < t.size(); ++i)
        expected += (churned[i] > 0 ? churned[i] * std::log(model.leaving(t[i])) : 0) +
                    kept[i] * std::log(model.survival(t[i]));
    EXPECT_NEAR(Sbg::log_likelihood({alpha, beta}, {t, churned, kept}, Poll{}).value / expected, 1, 1e-14);
    const std::vector<double> none;
    EXPECT_EQ(Sbg::log_likelihood({alpha, beta}, {none, none, none}, Poll{}).value, 0);
    const double far = 1e6 + 1, one = 1;
    EXPECT_THROW(Sbg::log_likelihood({alpha, beta}, {{&far, 1}, {&one, 1}, {&one, 1}}, Poll{}), Error);
}

TEST(Sbg, ProbabilitiesAddUp) {
    const Sbg model({.7, 1.3});
    double left = 0;
    for (double t = 1; t <= 50; ++t) left += model.leaving(t);
    EXPECT_NEAR(left + model.survival(50), 1, 1e-14);
    EXPECT_EQ(model.survival(0), 1);
    EXPECT_EQ(renewals(model, 7, 0), 0);
}

TEST(Sbg, WithoutDiscount) {
    EXPECT_EQ(Sbg({3, 4}).residual(2, 0), 3); // (4 + 2) / (3 - 1)
    EXPECT_EQ(Sbg({1, 4}).residual(2, 0), INFINITY);
    EXPECT_EQ(Sbg({.5, 4}).residual(2, 0), INFINITY);
    for (const double discount : {1e-10, -.1, double(NAN)}) {
        try {
            Sbg({3, 4}).residual(2, discount);
            ADD_FAILURE() << discount;
        } catch (const Error &e) {
            EXPECT_STREQ(e.state(), sqlstate::invalid_parameter);
        }
    }
    EXPECT_NEAR(Sbg({3, 4}).residual(2, Sbg::min_discount), 3, 1e-7);
}
