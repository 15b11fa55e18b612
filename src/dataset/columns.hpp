// What the columns of a design matrix are called and hold. Datasets have them, and models remember them to read the
// rows of a query.
#pragma once
#include "common/bytes.hpp"
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace cd::dataset {

// The values of a category, numbered from 1 in the order of their appearance. 0 is the missing value.
class Levels {
  public:
    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit Levels(allocator_type memory) : text_(memory), ends_(memory), places_(memory) {}
    Levels(const Levels &other, allocator_type memory)
        : text_(other.text_, memory), ends_(other.ends_, memory), places_(other.places_, memory) {}

    std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size()); }
    std::string_view operator[](std::uint32_t code) const {
        const std::size_t begin = code == 1 ? 0 : ends_[code - 2];
        return {text_.data() + begin, ends_[code - 1] - begin};
    }
    std::uint32_t find(std::string_view value) const; // 0 if there is none
    std::uint32_t add(std::string_view value);        // finds it, too

  private:
    std::size_t place(std::string_view value) const;
    void rehash(std::size_t places);

    std::pmr::vector<char> text_;            // all values, one after the other
    std::pmr::vector<std::size_t> ends_;     // of the value of code i + 1
    std::pmr::vector<std::uint32_t> places_; // open addressing, 0 is free; a power of two, at most half full
};

enum class Kind : std::uint8_t { number, category };

struct Column {
    using allocator_type = std::pmr::polymorphic_allocator<>;
    std::pmr::string name;
    Kind kind = Kind::number;
    Levels levels; // of a category

    explicit Column(allocator_type memory) : name(memory), levels(memory) {}
    Column(std::string_view n, Kind k, allocator_type memory) : name(n, memory), kind(k), levels(memory) {}
    Column(const Column &other, allocator_type memory)
        : name(other.name, memory), kind(other.kind), levels(other.levels, memory) {}
    Column(const Column &) = default;
    Column(Column &&) = default;
    Column &operator=(const Column &) = default;
    Column &operator=(Column &&) = default;
    Column(Column &&other, allocator_type memory) : Column(static_cast<const Column &>(other), memory) {}
    bool is_category() const { return kind == Kind::category; }
};
using Columns = std::pmr::vector<Column>;

// As many as a table can have.
inline constexpr std::size_t max_columns = 1600;
inline constexpr std::size_t max_levels = UINT32_MAX - 1;

// The stored form. Its reader takes what the writer writes and nothing else; text is not checked for its encoding.
std::size_t columns_room(const Columns &columns);
std::uint8_t *put_columns(const Columns &columns, std::uint8_t *to);
void read_columns(Reader &reader, Columns &columns, Poll poll = {});

} // namespace cd::dataset
