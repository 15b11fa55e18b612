#include "learn/bins.hpp"
#include "math/random.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace cd::learn {

using dataset::View;

namespace {

constexpr std::size_t value_bins = max_bins - 1;

// Numbers as integers of the same order. Both zeros are one.
template <class Key> struct Ordered {
    using Number = std::conditional_t<sizeof(Key) == 4, float, double>;
    static constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
    static Key of(double value) {
        const auto bits = std::bit_cast<Key>(static_cast<Number>(value + 0.0));
        return bits & sign ? ~bits : bits | sign;
    }
    static double value(Key key) {
        return static_cast<double>(
            std::bit_cast<Number>(key & sign ? static_cast<Key>(key & ~sign) : static_cast<Key>(~key)));
    }
};

// A value, and its weight if rows have one.
template <class K> struct Plain {
    using Key = K;
    Key key;
    static constexpr std::uint32_t weight = 1;
    static Plain of(double value, std::uint32_t) { return {Ordered<Key>::of(value)}; }
};
struct Weighted {
    using Key = std::uint64_t;
    Key key;
    std::uint32_t weight;
    static Weighted of(double value, std::uint32_t w) { return {Ordered<Key>::of(value), w}; }
};

// Sorts by key: by the leading 33 bits in which keys differ digit by digit, then what is left within equal ones.
template <class Item> void radix_sort(LargeVector<Item> &items, Poll poll) {
    constexpr int digit = 11, leading = 3 * digit;
    constexpr std::size_t places = std::size_t{1} << digit;
    using Key = typename Item::Key;
    Key least = std::numeric_limits<Key>::max(), most = 0;
    for (const Item &item : items) {
        least = std::min(least, item.key);
        most = std::max(most, item.key);
    }
    const int width = static_cast<int>(std::bit_width(most - least)), low = std::max(0, width - leading);
    std::vector<std::size_t> begin(places);
    LargeVector<Item> sorted(items.size());
    for (int shift = low; shift < width; shift += digit) {
        const auto place = [least, shift](const Item &item) { return (item.key - least) >> shift & (places - 1); };
        std::ranges::fill(begin, 0);
        for (const Item &item : items) ++begin[place(item)];
        std::exclusive_scan(begin.begin(), begin.end(), begin.begin(), std::size_t{0});
        for (std::size_t i = 0; i < items.size(); ++i) {
            poll.every(i);
            sorted[begin[place(items[i])]++] = items[i];
        }
        items.swap(sorted);
    }
    if (low == 0) return;
    for (std::size_t i = 0, end; i < items.size(); i = end) {
        poll.every(i);
        bool in_order = true;
        for (end = i + 1; end < items.size() && (items[end].key - least) >> low == (items[i].key - least) >> low; ++end)
            in_order &= items[end - 1].key <= items[end].key;
        if (in_order) continue;
        const auto less = [](const Item &a, const Item &b) { return a.key < b.key; };
        math::polled(end - i, poll, less, [&](auto order) { std::sort(&items[i], &items[i] + (end - i), order); });
    }
}

// Halfway between two neighbouring values, where `value <= cut` tells them apart.
double cut_between(double low, double high) {
    const double middle = low / 2 + high / 2;
    return middle >= low && middle < high ? middle : low;
}

// Calls visit(key, weight of all items that have it) in the order of sorted items.
template <class Item, class Visit> void each_value(const LargeVector<Item> &items, Poll poll, Visit &&visit) {
    for (std::size_t i = 0; i < items.size();) {
        std::uint64_t weight = 0;
        const auto key = items[i].key;
        for (; i < items.size() && items[i].key == key; ++i) {
            weight += items[i].weight;
            poll.every(i);
        }
        visit(key, weight);
    }
}

// At most value_bins bins: a value as heavy as a bin is one by itself, the others share the rest evenly.
template <class Item> std::vector<double> quantile_cuts(LargeVector<Item> items, Poll poll) {
    radix_sort(items, poll);
    std::uint64_t total = 0, light = 0;
    for (const Item &item : items) total += item.weight;
    const double fair = static_cast<double>(total) / value_bins;
    double bins = value_bins; // that are left to light values
    using Key = typename Item::Key;
    each_value(items, poll, [&](Key, std::uint64_t weight) {
        if (static_cast<double>(weight) >= fair)
            --bins;
        else
            light += weight;
    });
    std::vector<double> cuts;
    Key before = 0;           // the last one
    std::uint64_t filled = 0; // weight in the bin that is being filled
    bool single = false;      // it holds a heavy value
    each_value(items, poll, [&](Key key, std::uint64_t weight) {
        const bool heavy = static_cast<double>(weight) >= fair;
        const double target = static_cast<double>(light) / std::max(1.0, bins);
        const bool full = static_cast<double>(filled) + static_cast<double>(weight) / 2 > target;
        if (filled > 0 && (heavy || single || full) && cuts.size() + 1 < value_bins) {
            cuts.push_back(cut_between(Ordered<Key>::value(before), Ordered<Key>::value(key)));
            if (!single) {
                light -= filled;
                --bins;
            }
            filled = 0;
        }
        single = heavy;
        filled += weight;
        before = key;
    });
    return cuts;
}

// The different values, ascending, if they are at most value_bins; else nothing.
std::vector<double> few_values(const std::vector<double> &column, Poll poll) {
    constexpr std::size_t places = 1024;
    std::vector<std::uint64_t> found, table(places); // 0 is free: no finite number has that key
    for (std::size_t row = 0; row < column.size(); ++row) {
        poll.every(row);
        if (dataset::is_missing(column[row])) continue;
        const std::uint64_t key = Ordered<std::uint64_t>::of(column[row]);
        std::size_t place = math::mix(key) % places;
        while (table[place] != 0 && table[place] != key) place = (place + 1) % places;
        if (table[place] == key) continue;
        if (found.size() == value_bins) return {};
        found.push_back(table[place] = key);
    }
    std::ranges::sort(found);
    std::vector<double> values;
    for (const std::uint64_t key : found) values.push_back(Ordered<std::uint64_t>::value(key));
    return values;
}

// Takes the column, so that it is gone when its values are sorted.
template <class Item> std::vector<double> cuts_of(std::vector<double> column, const FixedWeights &weights, Poll poll) {
    LargeVector<Item> items;
    items.reserve(column.size());
    for (std::size_t row = 0; row < column.size(); ++row) {
        poll.every(row);
        if (!dataset::is_missing(column[row])) items.push_back(Item::of(column[row], weights[row]));
    }
    std::vector<double>().swap(column);
    return quantile_cuts(std::move(items), poll);
}

bool all_floats(const std::vector<double> &column) {
    return std::ranges::all_of(
        column, [](double v) { return dataset::is_missing(v) || static_cast<double>(static_cast<float>(v)) == v; });
}

void bin_numbers(Bins::Feature &feature, std::vector<double> column, const FixedWeights &weights, Poll poll) {
    const std::vector<double> values = few_values(column, poll);
    if (!values.empty())
        for (std::size_t i = 1; i < values.size(); ++i) feature.cuts.push_back(cut_between(values[i - 1], values[i]));
    else if (std::ranges::all_of(column, dataset::is_missing))
        return;
    else if (!weights.of.empty())
        feature.cuts = cuts_of<Weighted>(std::move(column), weights, poll);
    else if (all_floats(column))
        feature.cuts = cuts_of<Plain<std::uint32_t>>(std::move(column), weights, poll);
    else
        feature.cuts = cuts_of<Plain<std::uint64_t>>(std::move(column), weights, poll);
    feature.bins = static_cast<std::uint32_t>(feature.cuts.size()) + 2;
}

void bin_levels(Bins::Feature &feature, const std::vector<std::uint32_t> &codes, std::uint32_t levels,
                const FixedWeights &weights, Poll poll) {
    std::vector<std::uint64_t> weight(levels + 1U);
    for (std::size_t row = 0; row < codes.size(); ++row) {
        poll.every(row);
        weight[codes[row]] += weights[row];
    }
    std::vector<std::uint32_t> order;
    for (std::uint32_t code = 1; code <= levels; ++code)
        if (weight[code] > 0) order.push_back(code);
    std::ranges::stable_sort(order, std::greater<>(), [&weight](std::uint32_t code) { return weight[code]; });
    feature.of_level.assign(levels + 1U, 0);
    for (std::size_t i = 0; i < order.size(); ++i)
        feature.of_level[order[i]] = static_cast<std::uint8_t>(std::min(i + 1, value_bins));
    feature.bins = static_cast<std::uint32_t>(std::min(order.size(), value_bins)) + 1;
}

// The cuts of a number, filled up so that every search takes eight steps.
struct Search {
    std::array<double, value_bins> cuts;
    explicit Search(const Bins::Feature &feature) {
        cuts.fill(HUGE_VAL);
        std::ranges::copy(feature.cuts, cuts.begin());
    }
    std::uint8_t operator()(double value) const {
        std::size_t below = 0; // cuts that are less than the value
        for (std::size_t half = 128; half > 0; half /= 2) below += (cuts[below + half - 1] < value) * half;
        return static_cast<std::uint8_t>(dataset::is_missing(value) ? 0 : below + 1);
    }
};

// How many equal hashes stand before each. In parts, so that the table of one stays in the cache.
std::vector<std::uint32_t> occurrences(const std::vector<std::uint64_t> &hash, Poll poll) {
    struct Place {
        std::uint64_t hash = 0;
        std::uint32_t seen = 0;
    };
    std::vector<std::uint32_t> before(hash.size());
    const std::size_t parts = std::bit_ceil(hash.size() / (1 << 17) + 1);
    const int bits = std::countr_zero(parts);
    std::vector<Place> table(std::bit_ceil(hash.size() / parts + 1) * 4);
    for (std::size_t part = 0; part < parts; ++part) {
        std::ranges::fill(table, Place());
        for (std::size_t row = 0; row < hash.size(); ++row) {
            poll.every(row);
            if ((hash[row] & (parts - 1)) != part) continue;
            std::size_t place = hash[row] >> bits & (table.size() - 1);
            while (table[place].seen != 0 && table[place].hash != hash[row]) place = (place + 1) & (table.size() - 1);
            table[place].hash = hash[row];
            before[row] = table[place].seen++;
        }
    }
    return before;
}

} // namespace

FixedWeights::FixedWeights(const Target &target) {
    if (target.weight.empty()) return;
    int exponent;
    std::frexp(*std::ranges::max_element(target.weight), &exponent);
    unit = std::ldexp(1.0, exponent - 30);
    of.reserve(target.weight.size());
    for (const double weight : target.weight)
        of.push_back(static_cast<std::uint32_t>(std::max(1LL, std::llround(weight / unit))));
}

Bins make_bins(const View &view, const Inputs &inputs, const Target &target, Workers &workers) {
    Bins bins;
    bins.rows = view.rows();
    const std::size_t features = inputs.columns.size();
    bins.features.resize(features);
    const FixedWeights weights(target);
    workers.run(features, [&](std::size_t f, Poll poll) {
        Bins::Feature &feature = bins.features[f];
        feature.category = inputs.columns[f].is_category();
        if (feature.category)
            bin_levels(feature, inputs.categories(view, f, poll), inputs.columns[f].levels.size(), weights, poll);
        else
            bin_numbers(feature, inputs.numbers(view, f, poll), weights, poll);
    });
    bins.of.resize(bins.rows * features);
    bins.by_column.resize(bins.rows * features);
    std::vector<Search> search;
    for (const Bins::Feature &feature : bins.features) search.emplace_back(feature);
    workers.run(view.chunks(), [&](std::size_t c, Poll poll) {
        poll();
        const View::Chunk chunk = view.chunk(c);
        const std::size_t first = c * dataset::chunk_rows;
        std::uint8_t *const to = bins.of.data() + first * features;
        std::array<double, dataset::chunk_rows> values;
        for (std::size_t f = 0; f < features; ++f) {
            chunk.read(f, values.data());
            std::uint8_t *const column = bins.by_column.data() + f * bins.rows + first;
            if (bins.features[f].category) {
                const std::vector<std::uint8_t> &of_level = bins.features[f].of_level;
                const std::vector<std::uint32_t> &code = inputs.codes[f];
                for (std::size_t i = 0; i < chunk.rows(); ++i)
                    column[i] = of_level[code[static_cast<std::size_t>(values[i])]];
            } else {
                for (std::size_t i = 0; i < chunk.rows(); ++i) column[i] = search[f](values[i]);
            }
            for (std::size_t i = 0; i < chunk.rows(); ++i) to[i * features + f] = column[i];
        }
    });
    return bins;
}

std::vector<std::uint64_t> row_keys(const Bins &bins, const Target &target, std::uint64_t seed, Workers &workers) {
    std::vector<std::uint64_t> keys(bins.rows);
    constexpr std::size_t block = 1 << 14;
    workers.run((bins.rows + block - 1) / block, [&](std::size_t b, Poll poll) {
        poll();
        for (std::size_t row = b * block; row < std::min(bins.rows, (b + 1) * block); ++row) {
            const auto weight = std::bit_cast<std::uint64_t>(target.weight_of(row));
            std::uint64_t start = math::mix(math::mix(seed + target.label[row] + 1) + weight);
            if (!target.customer.empty()) start = math::mix(start + target.customer[row]);
            keys[row] = math::hash({bins.row(row), bins.features.size()}, start);
        }
    });
    const std::vector<std::uint32_t> before = occurrences(keys, workers.poll());
    for (std::size_t row = 0; row < bins.rows; ++row)
        keys[row] = math::mix(keys[row] + before[row] * 0x9e3779b97f4a7c15);
    return keys;
}

} // namespace cd::learn
