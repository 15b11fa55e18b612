// A tree in words: what leads to each leaf, and the whole tree as an expression of SQL.
#pragma once
#include "common/error.hpp"
#include "learn/tree.hpp"
#include <span>
#include <string>

namespace cd::learn {

// "name", and 'value' as SQL reads it whatever standard_conforming_strings is.
std::string quoted_name(std::string_view name);
std::string quoted_text(std::string_view value);

struct Rule {
    std::string condition; // of SQL; true of all rows if the tree is one leaf
    std::size_t depth;     // splits on the way
    double cover, value;   // of the leaf
};

// One for each leaf, highest value first, then from left to right. A feature stands once in a condition, as a range or
// a list of values, in the order in which the tree asks. A value that no row of the fit had is in the same leaf as
// NULL, so that leaf's list says what it is not. Names stand as a user would write them.
std::vector<Rule> tree_rules(const Tree &tree, const dataset::Columns &columns, Poll poll = {});

// Nested CASE with the values of the leaves. `expressions` say how a feature's column is read; empty ones mean
// "name"::float8 for a number and "name"::text for a category. A dataset has numbers for booleans, dates, times and
// intervals too, so for such a column somebody who knows its type has to write the same number.
// All comparisons are of float8 and of text by its bytes, so the result is that of the walk.
std::string tree_sql(const Tree &tree, const dataset::Columns &columns, std::span<const std::string> expressions = {},
                     Poll poll = {});

} // namespace cd::learn
