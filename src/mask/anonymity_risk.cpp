// What is read out of the classes: k, l and t. Counts are added as integers, so that no order shows.
#include "mask/anonymity.hpp"
#include "math/elementary.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <charconv>
#include <numeric>

namespace cd::mask {

using Wide = unsigned __int128;

Distance distance_of(std::string_view name) {
    if (name == "equal") return Distance::equal;
    if (name == "number") return Distance::number;
    if (name == "text") return Distance::text;
    throw Error(sqlstate::invalid_parameter, "distance is not known", "distance is \"" + std::string(name) + "\".",
                "equal takes all sensitive values for equally different, number and text for ordered: as numbers, or "
                "as bytes.");
}

Diversity diversity_of(std::string_view name) {
    if (name == "distinct") return Diversity::distinct;
    if (name == "entropy") return Diversity::entropy;
    throw Error(sqlstate::invalid_parameter, "kind is not known", "kind is \"" + std::string(name) + "\".",
                "Kinds of l-diversity are distinct and entropy.");
}

// Places of values in their order, from 0; equal numbers have the same one. `reached` has the rows up to each place,
// and `summed` the sum of these before it.
struct Anonymity::Order {
    std::vector<std::uint32_t> place;
    std::vector<std::uint64_t> reached;
    std::vector<Wide> summed;
};

Anonymity::Order Anonymity::order(Distance distance) const {
    std::vector<double> numbers(distance == Distance::number ? values() : 0);
    std::vector<std::string_view> texts;
    texts.reserve(values());
    each_value([&](const Field &field) {
        if (!field)
            throw Error(sqlstate::invalid_parameter, "NULL has no place in an order",
                        "A sensitive value is NULL, and distance is not equal.",
                        "Leave such rows out with FILTER, or give them a value with coalesce.");
        if (distance == Distance::number) {
            double &number = numbers[texts.size()];
            const char *const end = field->data() + field->size();
            const auto [stop, error] = std::from_chars(field->data(), end, number);
            if (error != std::errc() || stop != end || !(number - number == 0))
                throw Error(sqlstate::invalid_parameter, "a sensitive value is no number",
                            "There are " + std::to_string(values()) + " values, and distance is number.",
                            "Use distance => 'text' for values whose text is in their order, else 'equal'.");
        }
        texts.push_back(*field);
    });

    const auto less = [&](std::uint32_t a, std::uint32_t b) {
        return numbers.empty() ? texts[a] < texts[b] : numbers[a] < numbers[b];
    };
    std::vector<std::uint32_t> sorted(values());
    std::iota(sorted.begin(), sorted.end(), 0u);
    math::polled(sorted.size(), poll_, less,
                 [&sorted](auto polled_less) { std::sort(sorted.begin(), sorted.end(), polled_less); });

    Order order;
    order.place.resize(values());
    order.summed.push_back(0);
    std::uint64_t reached = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        poll_.every(i);
        if (i == 0 || less(sorted[i - 1], sorted[i])) order.reached.push_back(0);
        order.place[sorted[i]] = static_cast<std::uint32_t>(order.reached.size() - 1);
        order.reached.back() = reached += value_rows_[sorted[i]];
    }
    for (const std::uint64_t rows : order.reached) order.summed.push_back(order.summed.back() + rows);
    return order;
}

// p - q = c / n - C / N, so n N (p - q) = c N - C n. What is above zero adds up to as much as what is below.
double Anonymity::t_equal(std::span<const Count> counts, std::uint64_t rows) const {
    Wide sum = 0;
    for (const Count &c : counts) {
        const Wide in_class = Wide{c.rows} * rows_, in_all = Wide{value_rows_[c.value]} * rows;
        if (in_class > in_all) sum += in_class - in_all;
    }
    return static_cast<double>(sum) / static_cast<double>(Wide{rows} * rows_);
}

// Between two values of the class P stays, while Q only rises: up to a place it is below P, and above from there on.
double Anonymity::t_ordered(std::span<Count> counts, std::uint64_t rows, const Order &order) const {
    const std::size_t places = order.reached.size();
    if (places == 1) return 0;
    std::sort(counts.begin(), counts.end(),
              [&order](const Count &a, const Count &b) { return order.place[a.value] < order.place[b.value]; });
    Wide sum = 0, in_class = 0; // in_class is n N P
    std::size_t from = 0;
    const auto pass = [&](std::size_t to) {
        const auto begin = order.reached.begin();
        const auto turn = static_cast<std::size_t>(
            std::partition_point(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to),
                                 [&](std::uint64_t reached) { return Wide{reached} * rows < in_class; }) -
            begin);
        sum += (turn - from) * in_class - rows * (order.summed[turn] - order.summed[from]);
        sum += rows * (order.summed[to] - order.summed[turn]) - (to - turn) * in_class;
        from = to;
    };
    for (const Count &c : counts) {
        pass(order.place[c.value]);
        in_class += Wide{c.rows} * rows_;
    }
    pass(places);
    return static_cast<double>(sum) / (static_cast<double>(Wide{rows} * rows_) * static_cast<double>(places - 1));
}

// exp(H) = n / exp(sum of c ln c / n). Added from the least to the largest, and exact where all are equal.
double Anonymity::entropy(std::span<Count> counts, std::uint64_t rows) {
    std::sort(counts.begin(), counts.end(), [](const Count &a, const Count &b) { return a.rows < b.rows; });
    const auto most = static_cast<double>(counts.size());
    if (counts.front().rows == counts.back().rows) return most;
    double sum = 0;
    for (const Count &c : counts) sum += static_cast<double>(c.rows) * math::log(static_cast<double>(c.rows));
    const auto n = static_cast<double>(rows);
    return std::clamp(math::exp(math::log(n) - sum / n), 1.0, most);
}

std::uint64_t Anonymity::unique_rows() const {
    return static_cast<std::uint64_t>(std::count(class_rows_.begin(), class_rows_.end(), 1u));
}

std::uint64_t Anonymity::k_anonymity() const { return *std::min_element(class_rows_.begin(), class_rows_.end()); }

double Anonymity::l_diversity(Diversity diversity) const {
    if (diversity == Diversity::distinct) return *std::min_element(class_values_.begin(), class_values_.end());
    Grouped grouped = group();
    double least = static_cast<double>(values());
    for (std::size_t i = 0; i < classes(); ++i) {
        poll_.every(i);
        least = std::min(least, entropy(grouped.of(i), class_rows_[i]));
    }
    return least;
}

double Anonymity::t_closeness(Distance distance) const {
    const Order in_order = distance == Distance::equal ? Order() : order(distance);
    Grouped grouped = group();
    double most = 0;
    for (std::size_t i = 0; i < classes(); ++i) {
        poll_.every(i);
        const std::span<Count> counts = grouped.of(i);
        most = std::max(most, distance == Distance::equal ? t_equal(counts, class_rows_[i])
                                                          : t_ordered(counts, class_rows_[i], in_order));
    }
    return most;
}

Anonymity::Risk Anonymity::risk() const {
    return {k_anonymity(), l_diversity(Diversity::distinct), l_diversity(Diversity::entropy),
            t_closeness(Distance::equal)};
}

std::vector<Class> Anonymity::smallest(std::size_t n, std::uint64_t at_most) const {
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t i = 0; i < classes(); ++i) {
        poll_.every(i);
        if (class_rows_[i] <= at_most) chosen.push_back(i);
    }
    n = std::min(n, chosen.size());
    const auto smaller = [this](std::uint32_t a, std::uint32_t b) {
        return class_rows_[a] != class_rows_[b] ? class_rows_[a] < class_rows_[b] : classes_[a] < classes_[b];
    };
    math::polled(chosen.size(), poll_, smaller, [&chosen, n](auto less) {
        std::partial_sort(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(n), chosen.end(), less);
    });
    if (n == 0) return {};
    Grouped grouped = group();
    std::vector<Class> result;
    for (std::size_t i = 0; i < n; ++i) {
        poll_.every(i);
        const std::uint32_t number = chosen[i];
        const std::span<Count> counts = grouped.of(number);
        result.push_back({number, class_rows_[number], class_values_[number], entropy(counts, class_rows_[number]),
                          t_equal(counts, class_rows_[number])});
    }
    return result;
}

} // namespace cd::mask
