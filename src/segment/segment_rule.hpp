// Rules of segments: a tree with explicit parentheses, as marketing tools have it. This is its grammar, its words and
// its skeleton in SQL; what columns, events and types there are is known to the binding alone.
//
//   {"all": [rule, ...]}                       {"any": [rule, ...]}
//   {"not": rule}                              {"at_least": n, "of": [rule, ...]}
//   {"column": c, "is": "=", "value": v}       = <> < <= > >= "starts with" "contains"
//   {"column": c, "is": "in", "value": [...]}  "not in"; "between" with [low, high]
//   {"column": c, "is": "null"}                "not null"
//   {"did": event, "times": n, "at_most": m, "within": span, "since": time, "before": time}
//   {"in_segment": name}
//   {"within_km": r, "of": [latitude, longitude], "latitude": column, "longitude": column}
//   {"tag": t, "column": c}
//
// Two values of truth: a comparison with NULL is not fulfilled, and `not` is fulfilled wherever its rule is not, so
// that the counts of a rule and of its `not` add up to all.
#pragma once
#include "common/error.hpp"
#include "common/json.hpp"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cd::segment {

using Json = JsonValue;

enum class Comparison {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    not_in,
    between,
    null,
    not_null,
    starts_with,
    contains
};

struct Node;

struct Group {
    enum class Kind { all, any, negation, at_least } kind;
    std::uint32_t least; // of at_least
    std::vector<Node> children;
};
struct Compare {
    std::string column;
    Comparison is;
    std::vector<Json> values; // scalars, as many as the comparison takes
};
struct Did {
    std::string event;
    std::uint32_t times;
    std::optional<std::uint32_t> at_most;
    std::optional<std::string> within, since, before;
};
struct InSegment {
    std::string segment;
};
struct WithinKm {
    double km, latitude, longitude;
    std::string latitude_column, longitude_column;
};
struct Tag {
    std::string tag, column;
};

struct Node {
    std::string path; // as in "all[1].any[0]"; the root's is empty
    int depth;
    std::variant<Group, Compare, Did, InSegment, WithinKm, Tag> what;

    const Group *group() const { return std::get_if<Group>(&what); }
};

// Bounds that protect the stack of whoever walks a rule, and the number of columns of a preview.
inline constexpr int max_depth = 64;
inline constexpr std::size_t max_nodes = 1000;

// Throws what is wrong with the rule, naming the node.
Node parse(const Json &);

// "rule node all[1]: " or "rule: ", for messages.
std::string place(const Node &);
[[noreturn]] void refuse(const Node &, const std::string &what, const std::string &detail, const std::string &hint = {},
                         const char *state = sqlstate::invalid_parameter);

// All nodes, parents before children.
template <class Visit> void each_node(const Node &node, Visit &&visit) {
    visit(node);
    if (const Group *const group = node.group())
        for (const Node &child : group->children) each_node(child, visit);
}

// A node without its children, and a rule as indented lines.
std::string words(const Node &);
std::string explain(const Node &);

// What a leaf is in SQL: an expression that is true exactly where it is fulfilled, else false or NULL.
class LeafSql {
  public:
    virtual std::string sql(const Node &leaf) = 0;

  protected:
    ~LeafSql() = default;
};
// The same for a whole rule, on lines that are indented by so many spaces.
std::string condition(const Node &, LeafSql &, std::size_t indent);

// The latitudes that a circle reaches.
struct Band {
    double low, high;
};
Band latitudes(const WithinKm &);
// Which of now, today, tomorrow and yesterday is a word of this time; empty if none.
std::string_view moving_word(std::string_view time);
// The shortest text that reads as this number again.
std::string number_text(double);

} // namespace cd::segment
