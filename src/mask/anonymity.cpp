#include "mask/anonymity.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <numeric>

namespace cd::mask {

namespace {

constexpr std::uint8_t version = 1;

// In the order of their bytes; most texts differ in the first eight of them.
std::vector<std::uint32_t> sorted_numbers(const Interned &texts, Poll poll) {
    struct Item {
        std::uint64_t prefix;
        std::uint32_t number;
    };
    std::vector<Item> items(texts.size());
    for (std::uint32_t i = 0; i < items.size(); ++i) {
        poll.every(i);
        std::uint64_t prefix = 0;
        const std::string_view text = texts[i];
        for (std::size_t b = 0; b < 8; ++b)
            prefix = prefix << 8 | (b < text.size() ? static_cast<std::uint8_t>(text[b]) : 0u);
        items[i] = {prefix, i};
    }
    const auto by_bytes = [&texts](const Item &a, const Item &b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : texts[a.number] < texts[b.number];
    };
    math::polled(items.size(), poll, by_bytes, [&items](auto less) { std::sort(items.begin(), items.end(), less); });
    std::vector<std::uint32_t> numbers;
    numbers.reserve(items.size());
    for (const Item &item : items) numbers.push_back(item.number);
    return numbers;
}

} // namespace

Field Anonymity::get(Reader &in) {
    const std::uint64_t length = in.varint(std::uint64_t{in.left()} + 1);
    if (length == 0) return {};
    const Bytes text = in.take(length - 1);
    return std::string_view(reinterpret_cast<const char *>(text.data()), text.size());
}

void Anonymity::put(const Field &field) {
    std::uint8_t length[max_varint];
    const auto digits = static_cast<std::size_t>(put_varint(length, field ? field->size() + 1 : 0) - length);
    const std::size_t size = key_.size() + digits + (field ? field->size() : 0);
    if (const std::size_t most = std::min(limit_, max_key); size > most) refuse_size(type, size, most);
    key_.insert(key_.end(), length, length + digits);
    if (field) key_.insert(key_.end(), field->begin(), field->end());
}

void Anonymity::set_columns(std::size_t columns) {
    if (columns == columns_ && columns > 0) [[likely]]
        return;
    if (columns == 0 || columns > max_columns)
        throw Error(sqlstate::invalid_parameter, "there must be between 1 and 1600 quasi-identifiers",
                    "There are " + std::to_string(columns) + ".",
                    "They are the columns that somebody could know of a person, for instance postcode, birth year and "
                    "sex.");
    if (columns_ != 0)
        throw Error(sqlstate::invalid_parameter, "all rows must have the same quasi-identifiers",
                    "Some have " + std::to_string(columns_) + " of them, others " + std::to_string(columns) + ".",
                    "Give the same columns for all rows, and NULL for what is not known.");
    columns_ = columns;
}

std::uint64_t Anonymity::checked_rows(std::uint64_t more, std::uint64_t before) {
    if (more > max_rows - before)
        throw Error(sqlstate::out_of_range, "number of rows is out of range",
                    "There are more than " + std::to_string(max_rows) + ".",
                    "Look for a summary that was merged with itself.");
    return before + more;
}

std::uint32_t Anonymity::class_number(std::string_view key) {
    const std::uint32_t number = classes_.number(key);
    if (number == class_rows_.size()) {
        class_rows_.push_back(0);
        class_values_.push_back(0);
        check_size();
    }
    return number;
}
std::uint32_t Anonymity::value_number(std::string_view key) {
    const std::uint32_t number = values_.number(key);
    if (number == value_rows_.size()) {
        value_rows_.push_back(0);
        check_size();
    }
    return number;
}

void Anonymity::count(std::uint32_t class_number, std::uint32_t value, std::uint64_t rows) {
    rows_ = checked_rows(rows, rows_);
    class_rows_[class_number] += rows;
    value_rows_[value] += rows;
    if (!pairs_.add(class_number, value, rows)) return;
    ++class_values_[class_number];
    if (pairs_.size() % 1024 == 0) check_size();
}

// Before the tables are full, at a size that the stored form cannot be below.
void Anonymity::check_size() const {
    const std::size_t least = classes_.bytes() + classes_.size() + values_.bytes() + 2 * pairs_.size();
    if (least > limit_) refuse_size(type, least, limit_);
    // Texts of a few bytes have tables around them that are many times as large.
    const std::size_t memory = classes_.memory() + values_.memory() + pairs_.memory() +
                               (class_rows_.capacity() + value_rows_.capacity()) * sizeof(std::uint64_t) +
                               class_values_.capacity() * sizeof(std::uint32_t);
    if (memory / memory_factor > limit_ && memory > least_memory)
        throw Error(sqlstate::program_limit, std::string(type) + " takes too much memory",
                    "It takes " + std::to_string(memory / 1024) + " kB with " + std::to_string(classes_.size()) +
                        " classes; the limit is " + std::to_string(memory_factor) + " times " +
                        std::to_string(limit_ / 1024) + " kB.",
                    "Raise customer_data.max_book_memory, or make several, for instance one per country.");
    if (std::max(classes_.size(), values_.size()) >= max_values)
        throw Error(sqlstate::program_limit, "anonymity_summary has too many classes or values",
                    "There are " + std::to_string(max_values) + ".", "Make several, for instance one per country.");
}

void Anonymity::begin_row(std::size_t quasi_identifiers) {
    set_columns(quasi_identifiers);
    key_.clear();
}

void Anonymity::end_row(const Field &sensitive) {
    const std::uint32_t number = class_number(key());
    key_.clear();
    put(sensitive);
    count(number, value_number(key()), 1);
}

void Anonymity::merge(Bytes flat) {
    if (flat.size() > limit_) refuse_size(type, flat.size(), limit_); // the sum is no smaller
    Reader in(flat, type);
    in.version(version);
    const auto columns = static_cast<std::size_t>(in.varint(max_columns));
    if (columns == 0) return in.end();
    set_columns(columns);
    // What stands from a place to where the reader is.
    const auto text_from = [&in](const std::uint8_t *start) {
        return std::string_view(reinterpret_cast<const char *>(start), static_cast<std::size_t>(in.position() - start));
    };
    std::string_view before;
    const auto ascending = [&in, &before](std::string_view text, bool first) {
        in.require(first || before < text, "Its entries do not ascend.");
        before = text;
    };

    std::vector<std::uint32_t> numbers(in.varint(in.left()));
    in.require(!numbers.empty(), "It has no values.");
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        poll_.every(i);
        const std::uint8_t *const start = in.position();
        get(in);
        ascending(text_from(start), i == 0);
        numbers[i] = value_number(before);
    }
    std::vector<bool> used(numbers.size());
    const std::uint64_t classes = in.varint(in.left());
    in.require(classes > 0, "It has no classes.");
    for (std::uint64_t i = 0; i < classes; ++i) {
        poll_.every(i);
        const std::uint8_t *const start = in.position();
        for (std::size_t c = 0; c < columns; ++c) get(in);
        ascending(text_from(start), i == 0);
        const std::uint32_t number = class_number(before);
        const std::uint64_t values = in.varint(numbers.size());
        in.require(values > 0, "A class has no rows.");
        std::uint64_t value = 0;
        for (std::uint64_t v = 0; v < values; ++v) {
            poll_.every(v);
            const std::uint64_t step = in.varint(numbers.size() - 1 - value);
            in.require(v == 0 || step > 0, "The values of a class do not ascend.");
            value += step;
            const std::uint64_t rows = in.varint(max_rows);
            in.require(rows > 0, "A count is zero.");
            count(number, numbers[value], rows);
            used[value] = true;
        }
    }
    in.end();
    in.require(std::find(used.begin(), used.end(), false) == used.end(), "A value has no rows.");
    check_size();
}

Anonymity::Grouped Anonymity::group() const {
    Grouped grouped;
    grouped.start.resize(classes() + 1);
    for (std::size_t i = 0; i < classes(); ++i) grouped.start[i + 1] = grouped.start[i] + class_values_[i];
    grouped.counts.resize(pairs_.size());
    std::vector<std::uint64_t> next(grouped.start.begin(), grouped.start.end());
    pairs_.each([&](std::uint32_t number, std::uint32_t value, std::uint64_t rows) {
        grouped.counts[next[number]++] = {value, rows};
    });
    return grouped;
}

Anonymity::Sorted Anonymity::sort() const {
    Sorted sorted{sorted_numbers(classes_, poll_), sorted_numbers(values_, poll_), group()};
    std::vector<std::uint32_t> place(values());
    for (std::uint32_t i = 0; i < place.size(); ++i) place[sorted.values[i]] = i;
    for (std::size_t i = 0; i < sorted.grouped.counts.size(); ++i) {
        poll_.every(i);
        std::uint32_t &value = sorted.grouped.counts[i].value;
        value = place[value];
    }
    const auto by_value = [](const Count &a, const Count &b) { return a.value < b.value; };
    for (std::size_t i = 0; i < classes(); ++i) {
        poll_.every(i);
        const std::span<Count> counts = sorted.grouped.of(i);
        math::polled(counts.size(), {}, by_value,
                     [&counts](auto less) { std::sort(counts.begin(), counts.end(), less); });
    }
    return sorted;
}

template <class Out> void Anonymity::write(Out &out, const Sorted &sorted) const {
    out.bytes(&version, 1);
    out.integer(columns_);
    if (columns_ == 0) return;
    out.integer(values());
    for (std::size_t i = 0; i < values(); ++i) {
        poll_.every(i);
        const std::string_view value = values_[sorted.values[i]];
        out.bytes(value.data(), value.size());
    }
    out.integer(classes());
    for (std::size_t i = 0; i < classes(); ++i) {
        poll_.every(i);
        const std::string_view fields = classes_[sorted.classes[i]];
        out.bytes(fields.data(), fields.size());
        const std::span<const Count> counts = sorted.grouped.of(sorted.classes[i]);
        out.integer(counts.size());
        std::uint32_t value = 0;
        for (std::size_t c = 0; c < counts.size(); ++c) {
            poll_.every(c);
            out.integer(counts[c].value - value);
            out.integer(counts[c].rows);
            value = counts[c].value;
        }
    }
}
template void Anonymity::write(Measure &, const Sorted &) const;
template void Anonymity::write(Put &, const Sorted &) const;

} // namespace cd::mask
