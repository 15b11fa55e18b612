#include "learn/predictor.hpp"
#include "random_trees.hpp"
#include <bit>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::learn;
using cd::test::random_columns, cd::test::random_row, cd::test::random_tree;
using math::Random;

namespace {

// More rows than are scored plainly, and values at, between and beyond the thresholds.
void expect_same(const dataset::Columns &columns, const Ensemble &ensemble, Random &random, std::size_t limit) {
    Predictor predictor(columns, ensemble, {}, limit);
    for (std::size_t i = 0; i < 3 * Predictor::few_rows; ++i) {
        std::vector<double> row = random_row(columns, random);
        for (std::size_t f = 0; f < columns.size(); ++f)
            if (!columns[f].is_category() && random.bits() % 20 == 0) row[f] = random.bits() % 2 ? 1e308 : -1e308;
        const double quick = predictor.score(row.data()), plain = ensemble.score(columns, row.data());
        ASSERT_EQ(std::bit_cast<std::uint64_t>(quick), std::bit_cast<std::uint64_t>(plain)) << quick << " " << plain;
    }
}

} // namespace

TEST(Predictor, IsTheScoreToTheBit) {
    Random random(1, 0);
    for (const std::size_t leaves : {1, 2, 31, 32, 33, 64, 65, 400})
        for (const std::size_t features : {1, 2, 3, 8, 21})
            for (const std::size_t trees : {1, 7, 16, 37}) {
                const dataset::Columns columns = random_columns(features, leaves % 2 ? 5 : 150);
                Ensemble ensemble;
                ensemble.base = random.normal();
                ensemble.average = random.bits() & 1;
                for (std::size_t t = 0; t < trees; ++t) // of different sizes, and some of a leaf only
                    ensemble.trees.push_back(random_tree(columns, 1 + random.bits() % leaves, random, t % 5 == 4, 50));
                expect_same(columns, ensemble, random, Predictor::table_bytes);
                expect_same(columns, ensemble, random, 0);
            }
}

// The first leaf of a word of 32 or 64 bits, and the last.
TEST(Predictor, FullWordsAndLongestPaths) {
    Random random(2, 0);
    const dataset::Columns columns = random_columns(4);
    for (const std::size_t leaves : {32, 64})
        for (const bool chain : {false, true}) {
            Ensemble ensemble;
            for (int t = 0; t < 40; ++t) ensemble.trees.push_back(random_tree(columns, leaves, random, chain));
            expect_same(columns, ensemble, random, Predictor::table_bytes);
        }
}

TEST(Predictor, CanBeCancelled) {
    struct Cancelled {};
    Random random(3, 0);
    const dataset::Columns columns = random_columns(4);
    for (const std::size_t leaves : {10, 100}) {
        Ensemble ensemble;
        for (int t = 0; t < 20; ++t) ensemble.trees.push_back(random_tree(columns, leaves, random));
        Predictor predictor(columns, ensemble, Poll([] { throw Cancelled(); }));
        const std::vector<double> row = random_row(columns, random);
        for (std::size_t i = 0; i < Predictor::few_rows; ++i) predictor.score(row.data());
        EXPECT_THROW(predictor.score(row.data()), Cancelled);
    }
}
