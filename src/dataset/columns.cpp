#include "dataset/columns.hpp"
#include <algorithm>
#include <functional>

namespace cd::dataset {

std::size_t Levels::place(std::string_view value) const {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = std::hash<std::string_view>()(value) & mask;
    while (places_[at] != 0 && (*this)[places_[at]] != value) at = (at + 1) & mask;
    return at;
}

std::uint32_t Levels::find(std::string_view value) const { return places_.empty() ? 0 : places_[place(value)]; }

void Levels::rehash(std::size_t places) {
    places_.assign(places, 0);
    for (std::uint32_t code = 1; code <= size(); ++code) places_[place((*this)[code])] = code;
}

std::uint32_t Levels::add(std::string_view value) {
    if (2 * (ends_.size() + 1) > places_.size()) rehash(places_.empty() ? 16 : 2 * places_.size());
    std::uint32_t &code = places_[place(value)];
    if (code != 0) return code;
    if (ends_.size() == max_levels) throw Error(sqlstate::program_limit, "too many different values in a category");
    text_.insert(text_.end(), value.begin(), value.end());
    ends_.push_back(text_.size());
    return code = size();
}

namespace {

std::uint8_t *put_text(std::string_view text, std::uint8_t *to) {
    to = put_varint(to, text.size());
    return std::copy(text.begin(), text.end(), to);
}

std::string_view read_text(Reader &reader) {
    const Bytes text = reader.take(reader.varint(reader.left()));
    return {reinterpret_cast<const char *>(text.data()), text.size()};
}

} // namespace

std::size_t columns_room(const Columns &columns) {
    std::size_t room = max_varint;
    for (const Column &column : columns) {
        room += column.name.size() + 1 + 2 * max_varint;
        for (std::uint32_t code = 1; code <= column.levels.size(); ++code)
            room += column.levels[code].size() + max_varint;
    }
    return room;
}

std::uint8_t *put_columns(const Columns &columns, std::uint8_t *to) {
    to = put_varint(to, columns.size());
    for (const Column &column : columns) {
        to = put_text(column.name, to);
        *to++ = static_cast<std::uint8_t>(column.kind);
        if (!column.is_category()) continue;
        to = put_varint(to, column.levels.size());
        for (std::uint32_t code = 1; code <= column.levels.size(); ++code) to = put_text(column.levels[code], to);
    }
    return to;
}

void read_columns(Reader &reader, Columns &columns, Poll poll) {
    const std::uint64_t n = reader.varint(max_columns);
    columns.clear();
    Levels names(columns.get_allocator());
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::string_view name = read_text(reader);
        reader.require(!name.empty(), "A column has no name.");
        reader.require(names.add(name) == i + 1, "Two columns have one name.");
        const auto kind = reader.fixed<std::uint8_t>();
        reader.require(kind <= static_cast<std::uint8_t>(Kind::category), "The kind of a column is unknown.");
        Column &column = columns.emplace_back(name, static_cast<Kind>(kind));
        if (!column.is_category()) continue;
        const std::uint64_t levels = reader.varint(reader.left());
        for (std::uint64_t code = 1; code <= levels; ++code) {
            poll.every(code);
            reader.require(column.levels.add(read_text(reader)) == code, "A category has one value twice.");
        }
    }
}

} // namespace cd::dataset
