#include "learn/tree_text.hpp"
#include <algorithm>
#include <cfloat>
#include <cmath>

namespace cd::learn {

namespace {

constexpr std::size_t deepest = 40;         // what is deeper is not indented further
constexpr std::size_t max_text = 512 << 20; // what a value of PostgreSQL holds, with room for what is made from it

void check_size(const std::string &text) {
    if (text.size() > max_text)
        throw Error(sqlstate::program_limit, "the tree is too large to be written as text",
                    "It takes more than 512 MB.", "Fit a smaller tree, or leave out categories of many values.");
}

// "a", "b": every code for which chosen(code).
template <class Chosen> std::string list_of(const dataset::Column &column, std::size_t &n, Chosen &&chosen) {
    std::string list;
    n = 0;
    for (std::uint32_t code = 1; code <= column.levels.size(); ++code) {
        if (!chosen(code)) continue;
        if (n++ > 0) list += ", ";
        list += quoted_text(column.levels[code]);
    }
    return list;
}

bool plain(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return letter(name[0]) && std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// What a path asks of one feature.
struct Asked {
    std::uint32_t feature;
    double above = -INFINITY, up_to = DBL_MAX; // of a number
    std::vector<std::uint64_t> levels = {};    // of a category: codes, as in Tree::sets
    bool missing = true;
};

void ask(const Tree &tree, const Node &node, const dataset::Column &column, bool left, std::vector<Asked> &path) {
    auto asked = std::ranges::find(path, node.feature, &Asked::feature);
    if (asked == path.end()) {
        path.push_back({node.feature});
        asked = path.end() - 1;
        if (column.is_category()) asked->levels.assign(set_words(column), UINT64_MAX);
    }
    asked->missing &= node.missing_left == left;
    if (column.is_category()) {
        for (std::uint32_t word = 0; word < set_words(column); ++word)
            asked->levels[word] &= left ? tree.sets[node.set + word] : ~tree.sets[node.set + word];
    } else if (left) {
        asked->up_to = std::min(asked->up_to, node.threshold);
    } else {
        asked->above = std::max(asked->above, node.threshold);
    }
}

std::string condition(const Asked &asked, const dataset::Column &column) {
    const std::string name = plain(column.name) ? std::string(column.name) : quoted_name(column.name);
    const std::string null = name + " IS NULL";
    std::string known;
    if (column.is_category()) {
        std::size_t n;
        const std::string list = list_of(column, n, [&](std::uint32_t code) {
            return (asked.levels[code / 64] >> (code % 64) & 1) != asked.missing;
        });
        if (n == 0) return asked.missing ? "" : "false";
        known = name + (n == 1 ? (asked.missing ? " <> " : " = ") + list
                               : (asked.missing ? " NOT IN (" : " IN (") + list + ")");
        return asked.missing ? "(" + known + " OR " + null + ")" : known;
    }
    const bool from = asked.above > -INFINITY, to = asked.up_to < DBL_MAX;
    if (asked.above >= asked.up_to) return asked.missing ? null : "false"; // no number is there
    if (!from && !to) return asked.missing ? "" : name + " IS NOT NULL";
    if (from) known = name + " > " + digits(asked.above);
    if (to) known += (from ? " AND " : "") + name + " <= " + digits(asked.up_to);
    return asked.missing ? "(" + known + " OR " + null + ")" : known;
}

} // namespace

std::string quoted_name(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"') quoted += c;
        quoted += c;
    }
    return quoted + '"';
}

std::string quoted_text(std::string_view value) {
    std::string quoted = value.find('\\') == value.npos ? "'" : "E'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') quoted += c;
        quoted += c;
    }
    return quoted + '\'';
}

std::vector<Rule> tree_rules(const Tree &tree, const dataset::Columns &columns, Poll poll) {
    std::vector<std::uint32_t> parent(tree.nodes.size());
    std::vector<std::uint32_t> ahead = {0}, path;
    std::vector<Rule> rules;
    while (!ahead.empty()) {
        poll();
        std::uint32_t at = ahead.back();
        ahead.pop_back();
        const Node &node = tree.nodes[at];
        if (!node.is_leaf()) {
            parent[node.left] = parent[node.right] = at;
            ahead.push_back(node.right);
            ahead.push_back(node.left);
            continue;
        }
        path.clear();
        for (; at != 0; at = parent[at]) path.push_back(at);
        std::vector<Asked> asked;
        for (std::size_t i = path.size(); i-- > 0;) {
            poll.every(i);
            const Node &split = tree.nodes[parent[path[i]]];
            ask(tree, split, columns[split.feature], split.left == path[i], asked);
        }
        Rule rule{{}, path.size(), node.cover, node.value};
        for (const Asked &one : asked) {
            const std::string text = condition(one, columns[one.feature]);
            if (!rule.condition.empty() && !text.empty()) rule.condition += " AND ";
            rule.condition += text;
            check_size(rule.condition);
        }
        if (rule.condition.empty()) rule.condition = "true";
        rules.push_back(std::move(rule));
    }
    std::ranges::stable_sort(rules, std::ranges::greater(), &Rule::value);
    return rules;
}

// WHEN is false for NULL, so it asks for the side where what is missing does not go, and ELSE takes that, too.
std::string tree_sql(const Tree &tree, const dataset::Columns &columns, std::span<const std::string> expressions,
                     Poll poll) {
    std::string sql;
    struct Piece {
        std::uint32_t node;
        std::size_t depth;
        const char *text; // instead of a node
    };
    std::vector<Piece> ahead = {{0, 0, nullptr}};
    while (!ahead.empty()) {
        poll();
        check_size(sql);
        const auto [at, depth, text] = ahead.back();
        ahead.pop_back();
        const auto line = [&sql, depth = depth](const char *word) {
            sql += '\n';
            sql.append(2 * std::min(depth, deepest), ' ');
            sql += word;
        };
        if (text != nullptr) {
            line(text);
            continue;
        }
        const Node &node = tree.nodes[at];
        if (node.is_leaf()) {
            (sql += digits(node.value)) += "::float8";
            continue;
        }
        const dataset::Column &column = columns[node.feature];
        const bool category = column.is_category();
        std::string when = expressions.empty() ? "" : expressions[node.feature];
        if (when.empty()) when = quoted_name(column.name) + (category ? "::text" : "::float8");
        if (category) {
            std::size_t n;
            const std::string list =
                list_of(column, n, [&](std::uint32_t code) { return tree.in_set(node, code) != node.missing_left; });
            when = n == 0 ? "false" : when + " COLLATE \"C\" IN (" + list + ")";
        } else if (node.threshold == DBL_MAX) {
            when = node.missing_left ? "false" : when + " IS NOT NULL";
        } else {
            when += (node.missing_left ? " > " : " <= ") + digits(node.threshold) + "::float8";
        }
        sql += "CASE";
        line("  WHEN ");
        sql += when + " THEN ";
        ahead.push_back({0, depth, "END"});
        ahead.push_back({node.missing_left ? node.left : node.right, depth + 1, nullptr});
        ahead.push_back({0, depth, "  ELSE "});
        ahead.push_back({node.missing_left ? node.right : node.left, depth + 1, nullptr});
    }
    return sql;
}

} // namespace cd::learn
