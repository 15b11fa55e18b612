#include "math/random.hpp"
#include "survival.hpp"
#include "survival/cox_model.hpp"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace cd;
using namespace cd::survival;
using dataset::Kind, dataset::missing;
using math::Random;

namespace {

// Rows of a dataset; in columns of categories a number n > 0 stands for the value "v<n>", 0 for the missing one. The
// last column is the label, or the label and the weight.
struct Table {
    std::pmr::monotonic_buffer_resource memory;
    dataset::Dataset set{&memory, std::size_t{1} << 30};

    Table(const std::vector<std::pair<const char *, Kind>> &columns, const std::vector<std::vector<double>> &rows,
          bool weighted = false) {
        dataset::Shape shape(&memory);
        for (const auto &[name, kind] : columns) shape.columns.emplace_back(name, kind);
        shape.has_label = true;
        shape.has_weight = weighted;
        set.fit_shape(shape);
        for (const auto &row : rows) {
            for (std::size_t c = 0; c < row.size(); ++c)
                set.put(c, columns[c].second == Kind::number || row[c] == 0
                               ? row[c]
                               : set.code(c, "v" + std::to_string(static_cast<int>(row[c]))));
            set.end_row();
        }
    }
    CoxModel fit(const CoxOptions &options = {}, const char *entry = "") const {
        return CoxModel(dataset::View(set), "duration", entry, options, Poll{});
    }
};
constexpr auto number = Kind::number, category = Kind::category;
CoxOptions breslow() {
    CoxOptions options;
    options.ties = Ties::breslow;
    return options;
}

std::string refusal(const auto &body) {
    try {
        body();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}
std::vector<std::uint8_t> bytes_of(const CoxModel &model) {
    std::vector<std::uint8_t> bytes(model.room());
    bytes.resize(static_cast<std::size_t>(model.put(bytes.data()) - bytes.data()));
    return bytes;
}

// The rows for which the values of R below were computed: for i = 1 ... 24 entry = 5 i mod 4, time = entry + 1 + 11 i
// mod 9, event = 7 i mod 11 < 7, age = 13 i mod 17, plus = i is no multiple of 3, weight = 1 + i mod 3.
std::vector<std::vector<double>> rows_of_r(bool weighted) {
    std::vector<std::vector<double>> rows;
    for (int i = 1; i <= 24; ++i) {
        const int entry = 5 * i % 4;
        rows.push_back({static_cast<double>(entry), static_cast<double>(entry + 1 + 11 * i % 9),
                        static_cast<double>(13 * i % 17), i % 3 == 0 ? 1.0 : 2.0, 7 * i % 11 < 7 ? 1.0 : 0.0});
        if (weighted) rows.back().push_back(1 + i % 3);
    }
    return rows;
}
Table table_of_r(bool weighted = false) {
    std::vector<std::pair<const char *, Kind>> columns = {
        {"entry", number}, {"duration", number}, {"age", number}, {"plan", category}, {"gone", number}};
    if (weighted) columns.push_back({"weight", number});
    return {columns, rows_of_r(weighted), weighted};
}
void expect_terms(const CoxModel &model, const std::vector<std::pair<double, double>> &expected,
                  double tolerance = 1e-9) {
    ASSERT_EQ(model.terms().size(), expected.size());
    for (std::size_t j = 0; j < expected.size(); ++j) {
        EXPECT_NEAR(model.terms()[j].estimate, expected[j].first, tolerance) << model.term_name(j);
        EXPECT_NEAR(model.terms()[j].std_error, expected[j].second, tolerance) << model.term_name(j);
    }
    EXPECT_TRUE(model.converged());
}

CoxRows random_rows(Random &random, std::size_t n, std::size_t terms, bool late, bool weighted) {
    struct Row {
        double duration, entry, weight;
        bool event;
    };
    std::vector<Row> all;
    for (std::size_t i = 0; i < n; ++i) {
        const double entry = late && random.uniform() < 0.6 ? 1 + std::floor(5 * random.uniform()) : 0;
        all.push_back({entry + 1 + std::floor(8 * random.uniform()), entry > 0 ? entry : -1,
                       weighted ? 1 + std::floor(3 * random.uniform()) : 1, i == 0 || random.uniform() < 0.6});
    }
    std::stable_sort(all.begin(), all.end(), [](const Row &a, const Row &b) { return a.duration > b.duration; });
    CoxRows rows;
    rows.terms = terms;
    for (std::size_t i = 0; i < n; ++i) {
        rows.duration.push_back(all[i].duration);
        rows.event.push_back(all[i].event);
        if (late) rows.entry.push_back(all[i].entry);
        if (weighted) rows.weight.push_back(all[i].weight);
        if (all[i].entry > 0) rows.by_entry.push_back(static_cast<std::uint32_t>(i));
        for (std::size_t j = 0; j < terms; ++j) rows.x.push_back(random.normal());
    }
    std::stable_sort(rows.by_entry.begin(), rows.by_entry.end(),
                     [&rows](std::uint32_t a, std::uint32_t b) { return rows.entry[a] > rows.entry[b]; });
    return rows;
}

bool at_risk(const CoxRows &rows, std::size_t i, double time) {
    return rows.duration[i] >= time && (rows.entry.empty() || rows.entry[i] < time);
}
// The logarithm of the partial likelihood as it is defined, in long double; each time counts by its factor.
long double by_definition(const CoxRows &rows, Ties ties, const std::vector<double> &beta) {
    std::vector<long double> risk, predictor;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        long double sum = 0;
        for (std::size_t j = 0; j < rows.terms; ++j)
            sum += static_cast<long double>(beta[j]) * rows.x[i * rows.terms + j];
        predictor.push_back(sum);
        risk.push_back(rows.weight_of(i) * std::exp(sum));
    }
    std::vector<double> times(rows.duration);
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    long double likelihood = 0;
    for (const double t : times) {
        long double all = 0, gone = 0, weight = 0;
        int events = 0;
        for (std::size_t i = 0; i < rows.rows(); ++i) {
            if (at_risk(rows, i, t)) all += risk[i];
            if (rows.duration[i] != t || !rows.event[i]) continue;
            ++events;
            gone += risk[i];
            weight += rows.weight_of(i);
            likelihood += rows.weight_of(i) * predictor[i];
        }
        for (int n = 0; n < events; ++n)
            likelihood -= weight / events * std::log(all - (ties == Ties::efron ? gone * n / events : 0));
    }
    return likelihood;
}

} // namespace

// Gehan 1965: R's coxph, and Therneau and Grambsch 2000 for both ways to count ties.
TEST(Cox, PublishedCoefficients) {
    std::vector<std::vector<double>> rows;
    for (const auto &[duration, event] : test::gehan_treated) rows.push_back({duration, 0, event ? 1.0 : 0});
    for (const auto &[duration, event] : test::gehan_placebo) rows.push_back({duration, 1, event ? 1.0 : 0});
    const Table table({{"duration", number}, {"placebo", number}, {"gone", number}}, rows);
    expect_terms(table.fit(), {{1.5721251, .4123967}}, 5e-8);
    expect_terms(table.fit(breslow()), {{1.5091914, .4095644}}, 5e-8);
}

// R 4.2, survival 3.5: coxph(Surv(entry, time, event) ~ age + plan), with ties, weights, cox.zph(terms = FALSE) and
// basehaz(centered = FALSE).
TEST(Cox, LateEntriesAreThoseOfR) {
    const CoxModel model = table_of_r().fit({}, "entry");
    expect_terms(model, {{0.02567352505055, 0.05309089049442}, {-0.15702985690163, 0.62705720316312}}, 1e-10);
    EXPECT_EQ(model.term_name(0), "age");
    EXPECT_EQ(model.term_name(1), "plan = v2");
    EXPECT_NEAR(model.summary().null_log_likelihood, -32.49299165362, 1e-10);
    EXPECT_NEAR(model.summary().log_likelihood, -32.36889591754, 1e-10);
    EXPECT_NEAR(*model.summary().concordance, 0.6453900709220, 1e-12);
    EXPECT_NEAR(*model.terms()[0].proportional, 1.7726611298930, 1e-8);
    EXPECT_NEAR(*model.terms()[1].proportional, 0.8888555344509, 1e-8);
    EXPECT_NEAR(*model.summary().proportional, 4.4783127364270, 1e-8);
    EXPECT_EQ(model.summary().proportional_degrees, 2u);
    const double hazards[] = {0.1102706143670, 0.1542033958059, 0.2061807559779, 0.3351589627826, 0.5003287638355,
                              0.8632179861866, 1.2037514434359, 1.4777125602394, 2.2944811290126};
    ASSERT_EQ(model.times().size(), std::size(hazards));
    for (std::size_t i = 0; i < std::size(hazards); ++i) {
        EXPECT_EQ(model.times()[i], static_cast<double>(i + 3));
        EXPECT_NEAR(model.hazards()[i] * model.risk_at_zero(), hazards[i], 1e-10);
    }
    const CoxModel ties = table_of_r().fit(breslow(), "entry");
    expect_terms(ties, {{0.02935028620393, 0.05367220259761}, {-0.16138235403896, 0.62683297875060}}, 1e-10);
    EXPECT_NEAR(ties.summary().log_likelihood, -33.10576238805, 1e-10);
}
TEST(Cox, WeightsAreThoseOfR) {
    const CoxModel model = table_of_r(true).fit({}, "entry");
    expect_terms(model, {{0.02998989822845, 0.03554609467701}, {-0.15076788152299, 0.55521697417633}}, 1e-10);
    EXPECT_NEAR(model.summary().null_log_likelihood, -84.77904637139, 1e-10);
    EXPECT_NEAR(model.summary().log_likelihood, -84.41900415834, 1e-10);
    EXPECT_NEAR(*model.summary().concordance, 0.6914498141264, 1e-12);
    EXPECT_NEAR(model.hazards().back() * model.risk_at_zero(), 2.2786692456674, 1e-9);
}
// coxph(Surv(time, event) ~ ridge(age, theta = 2, scale = TRUE) + ridge(plan == "plus", theta = 2, scale = TRUE)).
TEST(Cox, PenaltyIsThatOfR) {
    Table table({{"duration", number}, {"age", number}, {"plan", category}, {"gone", number}}, [] {
        auto rows = rows_of_r(false);
        for (auto &row : rows) row.erase(row.begin());
        return rows;
    }());
    CoxOptions options;
    options.l2 = 2;
    const CoxModel model = table.fit(options);
    expect_terms(model, {{0.02296152350082, 0.05023805261207}, {-0.11807589951352, 0.57539150497632}}, 1e-10);
    EXPECT_NEAR(model.summary().log_likelihood, -32.98934991406, 1e-10);
    EXPECT_FALSE(model.summary().proportional);
    EXPECT_LT(model.summary().degrees_of_freedom, 2);
    EXPECT_NEAR(table.fit().terms()[0].estimate, 0.02663135155068, 1e-10);
}

TEST(Cox, LikelihoodIsThatOfTheDefinition) {
    Random random(1, 1);
    for (int trial = 0; trial < 60; ++trial) {
        const std::size_t terms = 1 + static_cast<std::size_t>(trial % 3);
        const CoxRows rows = random_rows(random, 2 + static_cast<std::size_t>(trial), terms, trial % 2, trial % 3 == 0);
        for (const Ties ties : {Ties::efron, Ties::breslow}) {
            std::vector<double> beta(terms);
            for (double &b : beta) b = 0.5 * random.normal();
            PartialLikelihood likelihood(rows, ties, Poll{});
            const auto at = [&](const std::vector<double> &b) {
                EXPECT_TRUE(
                    likelihood.move_to(Eigen::Map<const math::Vector>(b.data(), static_cast<math::Index>(terms))));
                return likelihood.derivatives();
            };
            const auto expected = static_cast<double>(by_definition(rows, ties, beta));
            const Derivatives here = at(beta);
            EXPECT_NEAR(here.log_likelihood, expected, 1e-10 * (1 + std::abs(expected)));
            // Derivatives by differences, of the definition, and of the gradient.
            for (std::size_t j = 0; j < terms; ++j) {
                constexpr double h = 1e-5;
                std::vector<double> more = beta, less = beta;
                more[j] += h;
                less[j] -= h;
                const auto row = static_cast<math::Index>(j);
                EXPECT_NEAR(
                    here.gradient(row),
                    static_cast<double>((by_definition(rows, ties, more) - by_definition(rows, ties, less)) / (2 * h)),
                    1e-6);
                const math::Vector second = (at(less).gradient - at(more).gradient) / (2 * h);
                for (math::Index i = row; i < here.information.rows(); ++i)
                    EXPECT_NEAR(here.information(i, row), second(i), 1e-6);
            }
        }
    }
}

// A factor for each time makes it count that often: with 2 for all, twice the derivatives.
TEST(Cox, FactorsMultiplyTimes) {
    Random random(5, 5);
    const CoxRows rows = random_rows(random, 40, 2, true, true);
    PartialLikelihood likelihood(rows, Ties::efron, Poll{});
    const math::Vector zero = math::Vector::Zero(2);
    likelihood.move_to(zero);
    const Derivatives once = likelihood.derivatives();
    const Derivatives twice = likelihood.derivatives(std::vector<double>(likelihood.times(), 2));
    EXPECT_LT((twice.gradient - 2 * once.gradient).norm(), 1e-12);
    EXPECT_LT((twice.information - 2 * once.information).norm(), 1e-12);
    // The factors of two parts add up to those of the whole.
    std::vector<double> early(likelihood.times()), late(likelihood.times(), 1);
    for (std::size_t i = 0; i < early.size() / 2; ++i) {
        early[i] = 1;
        late[i] = 0;
    }
    const Derivatives a = likelihood.derivatives(early), b = likelihood.derivatives(late);
    EXPECT_LT((a.gradient + b.gradient - once.gradient).norm(), 1e-12);
    EXPECT_LT((a.information + b.information - once.information).norm(), 1e-12);
}

// A huge risk that is gone again: what is left after it was taken away is summed up anew.
TEST(Cox, LargeRisksLeaveNothingBehind) {
    CoxRows rows;
    rows.terms = 1;
    rows.duration = {10, 9, 8, 3, 2};
    rows.event = {1, 1, 1, 1, 1};
    rows.entry = {-1, 7, -1, -1, -1};
    rows.by_entry = {1};
    rows.x = {0.1, 40, -0.2, 0.3, -0.1};
    PartialLikelihood likelihood(rows, Ties::efron, Poll{});
    likelihood.move_to(math::Vector::Ones(1));
    EXPECT_NEAR(likelihood.derivatives().log_likelihood, static_cast<double>(by_definition(rows, Ties::efron, {1})),
                1e-12);
}

TEST(Cox, ConcordanceIsThatOfAllPairs) {
    Random random(2, 2);
    for (int trial = 0; trial < 100; ++trial) {
        const CoxRows rows = random_rows(random, 1 + static_cast<std::size_t>(trial), 1, trial % 2, trial % 3 == 0);
        std::vector<double> score;
        for (std::size_t i = 0; i < rows.rows(); ++i) score.push_back(std::floor(3 * random.normal()));
        double pairs = 0, right = 0;
        for (std::size_t i = 0; i < rows.rows(); ++i)
            for (std::size_t j = 0; j < rows.rows(); ++j) {
                const double time = rows.duration[i];
                const bool later = rows.duration[j] > time || (rows.duration[j] == time && !rows.event[j]);
                if (!rows.event[i] || !later || !at_risk(rows, j, time)) continue;
                const double weight = rows.weight_of(i) * rows.weight_of(j);
                pairs += weight;
                right += weight * (score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0);
            }
        const auto found = concordance(rows, score, Poll{});
        ASSERT_EQ(found.has_value(), pairs > 0);
        if (found) {
            EXPECT_NEAR(*found, right / pairs, 1e-12);
        }
    }
}

// As if each customer stood there so often: by Breslow's likelihood that is the same number, by Efron's it is not.
TEST(Cox, WeightsCountAsRepeatedRows) {
    std::vector<std::vector<double>> repeated;
    for (std::vector<double> row : rows_of_r(true)) {
        const auto times = static_cast<std::size_t>(row.back());
        row.pop_back();
        repeated.insert(repeated.end(), times, row);
    }
    const Table rows({{"entry", number}, {"duration", number}, {"age", number}, {"plan", category}, {"gone", number}},
                     repeated);
    const CoxModel weighted = table_of_r(true).fit(breslow(), "entry"), counted = rows.fit(breslow(), "entry");
    for (std::size_t j = 0; j < 2; ++j) {
        EXPECT_NEAR(weighted.terms()[j].estimate, counted.terms()[j].estimate, 1e-10);
        EXPECT_NEAR(weighted.terms()[j].std_error, counted.terms()[j].std_error, 1e-10);
        EXPECT_NEAR(*weighted.terms()[j].proportional, *counted.terms()[j].proportional, 1e-9);
    }
    EXPECT_NEAR(weighted.summary().log_likelihood, counted.summary().log_likelihood, 1e-9);
    EXPECT_NEAR(weighted.hazards().back(), counted.hazards().back(), 1e-10);
    EXPECT_NEAR(weighted.risk_at_zero(), counted.risk_at_zero(), 1e-10);
}

// Days or weeks, pounds or pence, first or last row first: the same hazards.
TEST(Cox, UnitsAndOrderDoNotMatter) {
    std::vector<std::vector<double>> rows = rows_of_r(false);
    const CoxModel as_it_is = table_of_r().fit({}, "entry");
    for (auto &row : rows) {
        row[0] *= 7;
        row[1] *= 7;
        row[2] = 1e6 + row[2] * 100;
    }
    std::reverse(rows.begin(), rows.end());
    const Table other({{"entry", number}, {"duration", number}, {"age", number}, {"plan", category}, {"gone", number}},
                      rows);
    const CoxModel model = other.fit({}, "entry");
    EXPECT_NEAR(model.terms()[0].estimate * 100, as_it_is.terms()[0].estimate, 1e-9);
    EXPECT_NEAR(model.terms()[0].std_error * 100, as_it_is.terms()[0].std_error, 1e-9);
    EXPECT_NEAR(model.terms()[1].estimate, as_it_is.terms()[1].estimate, 1e-9);
    EXPECT_NEAR(model.summary().log_likelihood, as_it_is.summary().log_likelihood, 1e-9);
    EXPECT_NEAR(*model.summary().concordance, *as_it_is.summary().concordance, 1e-12);
    const double mine[] = {1e6 + 500, 2}, theirs[] = {5, 2};
    EXPECT_NEAR(*model.risk(mine), *as_it_is.risk(theirs), 1e-9);
    EXPECT_NEAR(*model.survival(mine, 7 * 6, 7 * 3), *as_it_is.survival(theirs, 6, 3), 1e-9);
}

// Rows where a value is missing are left out and counted; so are the values that only they have.
TEST(Cox, MissingValuesLeaveTheRowOut) {
    std::vector<std::vector<double>> rows = rows_of_r(false);
    rows.insert(rows.begin(), {0, 3, missing, 1, 1});
    rows.push_back({0, 4, 5, 0, 1});
    rows.push_back({0, missing, 5, 9, 1});
    const Table table({{"entry", number}, {"duration", number}, {"age", number}, {"plan", category}, {"gone", number}},
                      rows);
    const CoxModel model = table.fit({}, "entry");
    EXPECT_EQ(model.summary().rows, 24u);
    EXPECT_EQ(model.summary().skipped, 3u);
    EXPECT_NEAR(model.terms()[0].estimate, 0.02567352505055, 1e-10);
    const double unknown[] = {missing, 1}, no_plan[] = {1, 0};
    EXPECT_FALSE(model.risk(unknown) || model.risk(no_plan) || model.survival(unknown, 2, 0));
}

TEST(Cox, ConstantsAndSumsAreNamed) {
    std::vector<std::vector<double>> rows;
    for (int i = 0; i < 60; ++i) {
        const double x = i * 7 % 11, y = i * 5 % 13;
        // duration, constant, x, y, x - y, one category, two categories which say the same, event
        rows.push_back({1.0 + i % 9, 0.1, x, y, x - y, 1, i % 2 + 1.0, i % 2 + 3.0, i % 3 > 0 ? 1.0 : 0});
    }
    const Table table({{"duration", number},
                       {"constant", number},
                       {"x", number},
                       {"y", number},
                       {"difference", number},
                       {"one", category},
                       {"two", category},
                       {"same", category},
                       {"gone", number}},
                      rows);
    const CoxModel model = table.fit();
    ASSERT_EQ(model.terms().size(), 6u);
    std::string aliased;
    for (std::size_t j = 0; j < model.terms().size(); ++j)
        if (model.terms()[j].status == Status::aliased) aliased += model.term_name(j) + ";";
    EXPECT_EQ(aliased, "constant;difference;same = v4;");
    EXPECT_TRUE(model.converged());
    EXPECT_EQ(model.summary().degrees_of_freedom, 3);
    EXPECT_EQ(model.summary().proportional_degrees, 3u);
    // The same model without them.
    for (auto &row : rows) row = {row[0], row[2], row[3], row[6], row[8]};
    const CoxModel without =
        Table({{"duration", number}, {"x", number}, {"y", number}, {"two", category}, {"gone", number}}, rows).fit();
    EXPECT_NEAR(without.summary().log_likelihood, model.summary().log_likelihood, 1e-9);
    EXPECT_NEAR(*without.summary().proportional, *model.summary().proportional, 1e-7);
    const double all[] = {77, 3, 4, 1e9, 1, 2, 2}, few[] = {3, 4, 2};
    EXPECT_NEAR(*model.risk(all), *without.risk(few), 1e-9);
}

// Nobody of the third kind departs: its coefficient has no end, that of the others one.
TEST(Cox, InfiniteCoefficientsAreSaid) {
    std::vector<std::vector<double>> rows;
    for (int i = 0; i < 90; ++i)
        rows.push_back(
            {1.0 + i * 7 % 12, static_cast<double>(i * 5 % 7), 1.0 + i % 3, i % 3 < 2 && i % 5 > 0 ? 1.0 : 0});
    const Table table({{"duration", number}, {"x", number}, {"kind", category}, {"gone", number}}, rows);
    for (const CoxOptions &options : {CoxOptions{}, breslow()}) {
        const CoxModel model = table.fit(options);
        EXPECT_FALSE(model.converged());
        ASSERT_EQ(model.infinite_term(), 2u);
        EXPECT_EQ(model.term_name(2), "kind = v3");
        EXPECT_LT(model.terms()[2].estimate, -5);
        EXPECT_EQ(model.terms()[0].status, Status::estimated);
        EXPECT_EQ(model.terms()[1].status, Status::estimated);
        EXPECT_LT(model.iterations(), 30u);
        // What is left when that kind never departs.
        auto others = rows;
        std::erase_if(others, [](const auto &row) { return row[2] == 3; });
        const CoxModel rest =
            Table({{"duration", number}, {"x", number}, {"kind", category}, {"gone", number}}, others).fit(options);
        EXPECT_NEAR(model.terms()[0].estimate, rest.terms()[0].estimate, 1e-6);
        EXPECT_NEAR(model.summary().log_likelihood, rest.summary().log_likelihood, 1e-4);
    }
    CoxOptions penalised;
    penalised.l2 = 1;
    EXPECT_TRUE(table.fit(penalised).converged());
    CoxOptions hasty;
    hasty.max_iterations = 1;
    EXPECT_FALSE(table.fit(hasty).converged());
    const CoxModel given_up = table_of_r().fit(hasty);
    EXPECT_FALSE(given_up.converged());
    EXPECT_FALSE(given_up.infinite_term());
    EXPECT_EQ(given_up.iterations(), 1u);
}

// A likelihood that is flat from the first step on, because nothing matters, is not one that grows for ever.
TEST(Cox, WeakEffectsAreFinite) {
    Random random(9, 9);
    CoxOptions loose;
    loose.tolerance = 1e-2;
    for (int trial = 0; trial < 20; ++trial) {
        std::vector<std::vector<double>> rows;
        for (int i = 0; i < 300; ++i)
            rows.push_back({random.exponential(), random.normal(), i % 3 == 0 ? 1.0 : 0, i % 5 > 0 ? 1.0 : 0});
        const Table table({{"duration", number}, {"x", number}, {"third", number}, {"gone", number}}, rows);
        const CoxModel model = table.fit(loose), exact = table.fit();
        EXPECT_TRUE(model.converged());
        for (std::size_t j = 0; j < 2; ++j) EXPECT_NEAR(model.terms()[j].estimate, exact.terms()[j].estimate, 1e-9);
    }
}

// One who spends a thousand times as much as all others, and stays.
TEST(Cox, OutliersDoNotStopIt) {
    std::vector<std::vector<double>> rows;
    Random random(8, 8);
    for (int i = 0; i < 2000; ++i) {
        const double x = random.uniform();
        const double duration = random.exponential() * std::exp(x);
        rows.push_back({std::min(duration, 2.0), i == 7 ? 1000 : x, duration < 2 && i != 7 ? 1.0 : 0});
    }
    rows[7][0] = 2;
    const CoxModel model = Table({{"duration", number}, {"x", number}, {"gone", number}}, rows).fit();
    EXPECT_TRUE(model.converged());
    rows.erase(rows.begin() + 7);
    const CoxModel without = Table({{"duration", number}, {"x", number}, {"gone", number}}, rows).fit();
    EXPECT_NEAR(model.terms()[0].estimate, without.terms()[0].estimate, 1e-6);
}

TEST(Cox, LongCoursesAreThinnedOut) {
    std::vector<std::vector<double>> rows;
    Random random(6, 6);
    for (int i = 0; i < 20000; ++i) rows.push_back({random.exponential(), random.uniform(), 1});
    const CoxModel model = Table({{"duration", number}, {"x", number}, {"gone", number}}, rows).fit();
    EXPECT_LE(model.times().size(), CoxModel::max_times);
    EXPECT_GT(model.times().size(), CoxModel::max_times / 4);
    EXPECT_EQ(model.times().back(), (*std::max_element(rows.begin(), rows.end()))[0]);
    const double mean[] = {0.5};
    EXPECT_NEAR(*model.survival(mean, 1, 0), std::exp(-1), 0.02);
    const CoxModel again(bytes_of(model));
    EXPECT_EQ(bytes_of(again), bytes_of(model));
}

// The survival of a row is that of the mean customer to the power of its risk; what was survived already is given.
TEST(Cox, SurvivalOfARow) {
    const CoxModel model = table_of_r().fit({}, "entry");
    const double features[] = {12, 2};
    const double risk = *model.risk(features);
    EXPECT_NEAR(*model.survival(features, 6, 0), std::exp(-risk * model.hazards()[3]), 1e-14);
    EXPECT_NEAR(*model.survival(features, 6.9, 4), std::exp(-risk * (model.hazards()[3] - model.hazards()[1])), 1e-14);
    EXPECT_EQ(*model.survival(features, 2.9, 0), 1);
    EXPECT_TRUE(model.survival(features, 11, 0));
    EXPECT_FALSE(model.survival(features, 11.1, 0)) << "beyond the longest duration";
    EXPECT_EQ(refusal([] { check_horizon_since(2, 3); }), "22023 since must not be after horizon");
    const double absurd[] = {1e300, 2};
    EXPECT_EQ(refusal([&] { model.risk(absurd); }), "22003 the row has too large numbers for this model");
}

TEST(Cox, BytesComeBackAndOthersAreRefused) {
    const CoxModel model = table_of_r().fit({}, "entry");
    const std::vector<std::uint8_t> good = bytes_of(model);
    EXPECT_EQ(bytes_of(CoxModel(good)), good);
    const auto state = [](std::vector<std::uint8_t> bytes) {
        return refusal([&] { CoxModel{Bytes(bytes)}; }).substr(0, 5);
    };
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_EQ(state({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), "22P03") << size;
    auto changed = good;
    changed.push_back(0);
    EXPECT_EQ(state(changed), "22P03");
    changed = good;
    changed[1] = 2; // ties
    EXPECT_EQ(state(changed), "22P03");
    changed = good;
    changed[2] = 2; // converged
    EXPECT_EQ(state(changed), "22P03");
    changed = good;
    changed[changed.size() - 1] ^= 0x80; // the last hazard is negative
    EXPECT_EQ(state(changed), "22P03");
}

TEST(Cox, WhatCannotBeDoneIsSaid) {
    const std::vector<std::pair<const char *, Kind>> columns = {{"duration", number}, {"x", number}, {"gone", number}};
    const auto fit = [&columns](const std::vector<std::vector<double>> &rows) {
        return refusal([&] { Table(columns, rows).fit(); });
    };
    EXPECT_EQ(fit({}), "22023 the dataset has no rows");
    EXPECT_EQ(fit({{1, 2, 0}, {2, 3, 0}}), "22023 nobody departs");
    EXPECT_EQ(fit({{1, 2, 0.5}}), "22023 a label is neither true nor false");
    EXPECT_EQ(fit({{-1, 2, 1}}), "22023 duration must be a finite number and not negative");
    EXPECT_EQ(fit({{1, missing, 1}}), "22023 no row has a value in each column");
    EXPECT_EQ(fit({{1, 2, 1}}), "");
    EXPECT_EQ(refusal([&] {
                  Table(columns, {{1, 2, 1}}).fit({}, "since");
              }),
              "42703 the dataset has no column \"since\"");
    EXPECT_EQ(refusal([&] {
                  Table({{"duration", number}, {"x", number}, {"since", number}, {"gone", number}}, {{2, 5, 2, 1}})
                      .fit({}, "since");
              }),
              "22023 entry must be before the end of the duration");
    EXPECT_EQ(refusal([&] {
                  Table(columns, {{1, 2, 1}}).fit({}, "duration");
              }),
              "22023 duration and entry are the same column");
    EXPECT_EQ(refusal([&] {
                  Table({{"duration", category}, {"x", number}, {"gone", number}}, {{1, 2, 1}}).fit();
              }),
              "42804 column \"duration\" is no number");
    EXPECT_EQ(refusal([&] {
                  Table({{"duration", number}, {"gone", number}}, {{1, 1}}).fit();
              }),
              "22023 the dataset has no features");
    std::vector<std::vector<double>> many;
    for (int i = 1; i <= 502; ++i) many.push_back({1, static_cast<double>(i), 1});
    EXPECT_EQ(refusal([&] {
                  Table({{"duration", number}, {"id", category}, {"gone", number}}, many).fit();
              }),
              "54000 too many terms for cox_fit");
}
