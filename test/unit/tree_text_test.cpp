#include "learn/tree_text.hpp"
#include "random_trees.hpp"
#include <cfloat>
#include <gtest/gtest.h>
#include <numeric>

using namespace cd;
using namespace cd::learn;
using cd::test::random_columns, cd::test::random_tree;

namespace {

dataset::Columns subscribers() {
    dataset::Columns columns;
    columns.emplace_back("tenure", dataset::Kind::number);
    columns.emplace_back("Contract", dataset::Kind::category);
    for (const char *level : {"Month-to-month", "One year", "Two year"}) columns[1].levels.add(level);
    columns.emplace_back("monthly charge", dataset::Kind::number);
    columns.emplace_back("odd \"name\"", dataset::Kind::category);
    for (const char *level : {"it's", "back\\slash"}) columns[3].levels.add(level);
    return columns;
}

// Built in preorder: split, what is left, what is right.
class Builder {
  public:
    Builder &number(std::uint32_t feature, double threshold, bool missing_left) {
        add({.feature = feature, .threshold = threshold, .missing_left = missing_left});
        return *this;
    }
    Builder &category(std::uint32_t feature, std::uint64_t set, bool missing_left) {
        add({.feature = feature, .set = static_cast<std::uint32_t>(tree_.sets.size()), .missing_left = missing_left});
        tree_.sets.push_back(set);
        return *this;
    }
    Builder &leaf(double value, double cover = 1) {
        add({.cover = cover, .value = value});
        return *this;
    }
    Tree tree() const { return tree_; }

  private:
    void add(const Node &node) {
        const auto at = static_cast<std::uint32_t>(tree_.nodes.size());
        if (!open_.empty()) {
            Node &parent = tree_.nodes[open_.back()];
            (parent.left == 0 ? parent.left : parent.right) = at;
            if (parent.right != 0) open_.pop_back();
        }
        tree_.nodes.push_back(node);
        if (!node.is_leaf()) open_.push_back(at);
    }
    Tree tree_;
    std::vector<std::uint32_t> open_; // nodes that wait for a child
};

std::vector<std::string> conditions(const Tree &tree) {
    std::vector<std::string> texts;
    for (const Rule &rule : tree_rules(tree, subscribers())) texts.push_back(rule.condition);
    return texts;
}
using Texts = std::vector<std::string>;

} // namespace

TEST(TreeText, Quotes) {
    EXPECT_EQ(quoted_name("tenure"), "\"tenure\"");
    EXPECT_EQ(quoted_name("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(quoted_text("it's"), "'it''s'");
    EXPECT_EQ(quoted_text("a\\'b"), "E'a\\\\''b'");
    EXPECT_EQ(quoted_text(""), "''");
}

TEST(TreeText, OneLeaf) {
    const Tree tree = Builder().leaf(0.25, 7).tree();
    const std::vector<Rule> rules = tree_rules(tree, subscribers());
    ASSERT_EQ(rules.size(), 1U);
    EXPECT_EQ(rules[0].condition, "true");
    EXPECT_EQ(rules[0].depth, 0U);
    EXPECT_EQ(rules[0].cover, 7);
    EXPECT_EQ(rules[0].value, 0.25);
    EXPECT_EQ(tree_sql(tree, subscribers()), "0.25::float8");
}

TEST(TreeText, HighestValueFirstAndConditionsMerged) {
    // Month-to-month ? tenure <= 20 ? tenure <= 5.5 ? 0.7 : 0.5 : 0.3 : 0.1
    const Tree tree = Builder()
                          .category(1, 0b0010, true)
                          .number(0, 20, true)
                          .number(0, 5.5, false)
                          .leaf(0.7, 10)
                          .leaf(0.5, 20)
                          .leaf(0.3, 30)
                          .leaf(0.1, 40)
                          .tree();
    const std::vector<Rule> rules = tree_rules(tree, subscribers());
    const std::string monthly = "(Contract NOT IN ('One year', 'Two year') OR Contract IS NULL)";
    ASSERT_EQ(rules.size(), 4U);
    EXPECT_EQ(rules[0].condition, monthly + " AND tenure <= 5.5");
    EXPECT_EQ(rules[1].condition, monthly + " AND (tenure > 5.5 AND tenure <= 20 OR tenure IS NULL)");
    EXPECT_EQ(rules[2].condition, monthly + " AND tenure > 20");
    EXPECT_EQ(rules[3].condition, "Contract IN ('One year', 'Two year')");
    EXPECT_EQ(rules[0].depth, 3U);
    EXPECT_EQ(rules[3].depth, 1U);
    EXPECT_EQ(rules[2].cover, 30);
}

TEST(TreeText, WhatIsMissingAndWhatNobodySaw) {
    // Missing alone goes right.
    EXPECT_EQ(conditions(Builder().number(2, DBL_MAX, false).leaf(2).leaf(1).tree()),
              (Texts{"\"monthly charge\" IS NOT NULL", "\"monthly charge\" IS NULL"}));
    EXPECT_EQ(conditions(Builder().category(1, 0b1110, false).leaf(2).leaf(1).tree()),
              (Texts{"Contract IN ('Month-to-month', 'One year', 'Two year')",
                     "(Contract NOT IN ('Month-to-month', 'One year', 'Two year') OR Contract IS NULL)"}));
    // One value, and all others.
    EXPECT_EQ(
        conditions(Builder().category(3, 0b010, false).leaf(2).leaf(1).tree()),
        (Texts{"\"odd \"\"name\"\"\" = 'it''s'", "(\"odd \"\"name\"\"\" <> 'it''s' OR \"odd \"\"name\"\"\" IS NULL)"}));
    // What was NULL has gone elsewhere above.
    EXPECT_EQ(conditions(Builder().number(0, 3, true).leaf(3).number(0, 7, true).leaf(2).leaf(1).tree()),
              (Texts{"(tenure <= 3 OR tenure IS NULL)", "tenure > 3 AND tenure <= 7", "tenure > 7"}));
    // Nothing can come to the leaf in the middle.
    EXPECT_EQ(conditions(Builder().number(0, 3, true).leaf(3).number(0, 2, true).leaf(2).leaf(1).tree()),
              (Texts{"(tenure <= 3 OR tenure IS NULL)", "false", "tenure > 3"}));
}

TEST(TreeText, SqlTakesNullWhereTheTreeDoes) {
    const Tree tree = Builder()
                          .category(1, 0b0010, false)
                          .number(0, 0.1, true)
                          .leaf(0.7)
                          .leaf(-1e-300)
                          .category(3, 0b010, true)
                          .leaf(0.3)
                          .number(2, DBL_MAX, false)
                          .leaf(0.2)
                          .leaf(0.1)
                          .tree();
    EXPECT_EQ(tree_sql(tree, subscribers()),
              "CASE\n"
              "  WHEN \"Contract\"::text COLLATE \"C\" IN ('Month-to-month') THEN CASE\n"
              "    WHEN \"tenure\"::float8 > 0.1::float8 THEN -1e-300::float8\n"
              "    ELSE 0.7::float8\n"
              "  END\n"
              "  ELSE CASE\n"
              "    WHEN \"odd \"\"name\"\"\"::text COLLATE \"C\" IN (E'back\\\\slash') THEN CASE\n"
              "      WHEN \"monthly charge\"::float8 IS NOT NULL THEN 0.2::float8\n"
              "      ELSE 0.1::float8\n"
              "    END\n"
              "    ELSE 0.3::float8\n"
              "  END\n"
              "END");
    const std::vector<std::string> expressions = {"months", "", "", ""};
    EXPECT_NE(tree_sql(tree, subscribers(), expressions).find("WHEN months > 0.1::float8"), std::string::npos);
    // No known value goes the other way.
    EXPECT_NE(
        tree_sql(Builder().category(1, 0b1110, true).leaf(2).leaf(1).tree(), subscribers()).find("WHEN false THEN 1"),
        std::string::npos);
}

TEST(TreeText, EveryLeafHasItsRule) {
    math::Random random(1, 0);
    const dataset::Columns columns = random_columns(6, 70);
    for (const bool chain : {false, true}) {
        const Tree tree = random_tree(columns, 400, random, chain);
        const std::vector<Rule> rules = tree_rules(tree, columns);
        ASSERT_EQ(rules.size(), 400U);
        double cover = 0;
        for (std::size_t i = 0; i < rules.size(); ++i) {
            cover += rules[i].cover;
            EXPECT_GE(rules[i == 0 ? 0 : i - 1].value, rules[i].value);
        }
        EXPECT_NEAR(cover, tree.nodes[0].cover, 1e-9 * cover);
        const std::string sql = tree_sql(tree, columns);
        std::size_t cases = 0;
        for (std::size_t at = 0; (at = sql.find("WHEN", at)) != sql.npos; ++at) ++cases;
        EXPECT_EQ(cases, 399U);
    }
}
